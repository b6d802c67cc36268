"""What a customer's Planfix account must tell us before its calls can be written: the data tags, a contact template."""

from __future__ import annotations

from collections.abc import Callable

from integrations.models import Customer, PlanfixRequest
from integrations.planfix.client import PlanfixClient
from integrations.planfix.contacts import contact_templates
from integrations.planfix.discovery import discover_call_tags
from integrations.planfix.tags import CallTags
from integrations.services.planfix_access import logged, planfix_client


def call_tags_of(customer: Customer, *, wait_for_slot: Callable[[], None]) -> CallTags:
    """The customer's call tags as discovered before, or discovered now. Raises PlanfixError."""
    if customer.planfix_tags:
        return CallTags.from_json(customer.planfix_tags)
    return discover(customer, wait_for_slot=wait_for_slot)


def discover(customer: Customer, *, wait_for_slot: Callable[[], None] = lambda: None) -> CallTags:
    """Reads the account's call tags and keeps them. Raises PlanfixError with what to do in Planfix."""
    exchanges: list[PlanfixRequest] = []
    client = planfix_client(
        customer,
        pace=wait_for_slot,
        observe=lambda exchange: exchanges.append(logged(exchange, customer=customer, call=None)),
    )
    try:
        tags = discover_call_tags(
            client, call_tag_id=customer.call_tag_id, missed_call_tag_id=customer.missed_call_tag_id
        )
        if customer.create_contacts and customer.contact_template_id is None:
            customer.contact_template_id = _first_template(client)
    finally:
        PlanfixRequest.objects.bulk_create(exchanges)
    customer.planfix_tags = tags.to_json()
    customer.save(update_fields=["planfix_tags", "contact_template_id"])
    return tags


def _first_template(client: PlanfixClient) -> int | None:
    """The oldest template, which every account has from its start, for a customer who named none."""
    return min((template_id for template_id, _ in contact_templates(client)), default=None)
