"""Reads what a delivery needs of a customer's Planfix account: the data tags, a contact template, the contact fields.

Delivery does not read them itself. It asks for the job discover_waiting_account(), and its calls wait meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from integrations.models import Customer
from integrations.planfix.call_tags.discovery import discover_call_tags
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixError
from integrations.planfix.records.contacts import contact_templates, contact_text_fields
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import (
    fills_contact_fields,
    logged_client,
    save_account_data,
    save_default_template,
    stored_call_tags,
)
from integrations.services.delivery.pause import stay_paused
from integrations.services.delivery.retry import postpone_or_pause
from integrations.services.queue.defer import CHECK_ACCESS, deliver_soon, one_job_each

log = structlog.get_logger(__name__)


def discover_waiting_account(customer_id: int) -> None:
    """Discovers the account of a customer whose calls wait for that, then lets them continue.

    A failure postpones or pauses the customer as a failed delivery does; a paused customer stays paused. If this job
    dies, the next run of the customer's calls or the next access check asks for another. Safe to call at any time.
    """
    customers = Customer.objects.prefetch_related("employees", "utm_fields").filter(paused_by_hand=False)
    customer = customers.filter(pk=customer_id).first()
    if customer is None:
        return
    if stored_call_tags(customer) is None and not _discover_under_lease(customer):
        return
    if customer.paused_reason:
        one_job_each(CHECK_ACCESS, [customer.pk])
    else:
        deliver_soon(customer.pk)


def _discover_under_lease(customer: Customer) -> bool:
    """Returns whether it succeeded."""
    lease = HeldLease(customer)
    if not lease.acquire():
        return False
    try:
        discover(customer, acquire_slot=lease.acquire_slot)
    except PlanfixError as error:
        _save_failure(customer, lease, error)
        return False
    except LeaseLost:
        log.warning("lease lost", customer_id=customer.pk)
        return False
    finally:
        lease.release()
    return True


def _save_failure(customer: Customer, lease: HeldLease, error: PlanfixError) -> None:
    if customer.paused_reason:
        stay_paused(customer, error)
        return
    lease.count_failure()
    postpone_or_pause(customer, lease, error)


def call_tags_of(customer: Customer) -> CallTags:
    """The stored call tags, or else the account's. Raises PlanfixError."""
    return stored_call_tags(customer) or discover(customer)


def discover(customer: Customer, *, acquire_slot: Callable[[float], None] | None = None) -> CallTags:
    """Reads and stores the account's call tags, its first contact template if the customer has chosen none, and its
    contact fields if the customer maps parameters to any.

    `acquire_slot`: of the delivery lease, if there is one. Raises PlanfixError, which says what to do in Planfix.
    """
    client = logged_client(customer, acquire_slot=acquire_slot)
    tags = discover_call_tags(client, call_tag_id=customer.call_tag_id, missed_call_tag_id=customer.missed_call_tag_id)
    is_template_wanted = customer.create_contacts and customer.contact_template_id is None
    template_id = _first_template(client) if is_template_wanted else None
    fields = {"planfix_contact_fields": contact_text_fields(client)} if fills_contact_fields(customer) else {}
    save_account_data(customer, planfix_tags=tags.to_json(), **fields)
    if template_id is not None:
        save_default_template(customer, template_id)
    return tags


def _first_template(client: Planfix) -> int | None:
    """The oldest template. Every account has it from its start."""
    return min((template_id for template_id, __ in contact_templates(client)), default=None)
