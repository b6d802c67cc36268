"""What a customer's Planfix account must tell us before its calls can be written: the data tags, a contact template,
the fields of contacts.
"""

from __future__ import annotations

from collections.abc import Callable

from integrations.models import Customer
from integrations.planfix.call_tags.discovery import discover_call_tags
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Planfix
from integrations.planfix.records.contacts import contact_templates, contact_text_fields
from integrations.services.clients.planfix import logged_client, save_account_data, save_default_template


def call_tags_of(customer: Customer, *, acquire_slot: Callable[[float], None] | None = None) -> CallTags:
    """The customer's call tags as discovered before, or discovered now. Raises PlanfixError."""
    if customer.planfix_tags and (customer.planfix_contact_fields is not None or not _fills_contact_fields(customer)):
        return CallTags.from_json(customer.planfix_tags)
    return discover(customer, acquire_slot=acquire_slot)


def discover(customer: Customer, *, acquire_slot: Callable[[float], None] | None = None) -> CallTags:
    """Reads the account's call tags, and the fields of contacts if any are to be filled, and keeps them. At the
    account's pace, by the turn's slots if there is a turn. Raises PlanfixError with what to do in Planfix.
    """
    client = logged_client(customer, acquire_slot=acquire_slot)
    tags = discover_call_tags(client, call_tag_id=customer.call_tag_id, missed_call_tag_id=customer.missed_call_tag_id)
    is_template_wanted = customer.create_contacts and customer.contact_template_id is None
    template_id = _first_template(client) if is_template_wanted else None
    fields = {"planfix_contact_fields": contact_text_fields(client)} if _fills_contact_fields(customer) else {}
    save_account_data(customer, planfix_tags=tags.to_json(), **fields)
    if template_id is not None:
        save_default_template(customer, template_id)
    return tags


def _first_template(client: Planfix) -> int | None:
    """The oldest template, which every account has from its start, for a customer who named none."""
    return min((template_id for template_id, __ in contact_templates(client)), default=None)


def _fills_contact_fields(customer: Customer) -> bool:
    return any(utm.contact_field for utm in customer.utm_fields.all())
