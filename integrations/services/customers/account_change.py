"""A customer's calls are to go elsewhere in Planfix: what was read there, and what was written, means nothing here.

Numbers of one account name somebody else in another one. So whatever holds them is forgotten, or stays where it was
written.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from integrations.models import CallState, Customer, Delivery, DeliveryLease
from integrations.services.database import database_time

TAGS = ("call_tag_id", "missed_call_tag_id")
CHOSEN_THERE = (*TAGS, "contact_template_id")
"""Numbers of an account that somebody chooses."""


def follow_change(customer: Customer, *, given: Collection[str]) -> None:
    """For a customer that is changed and not saved yet, within the transaction that saves it. `given`: the columns that
    were filled in together with the change, for the account that is named now.
    """
    before = Customer.objects.filter(pk=customer.pk).first()
    if before is None:
        return
    if customer.planfix_account != before.planfix_account:
        _leave_account(customer, given)
    elif any(getattr(customer, column) != getattr(before, column) for column in TAGS):
        customer.planfix_tags = None


def _leave_account(customer: Customer, given: Collection[str]) -> None:
    customer.planfix_tags = customer.planfix_contact_fields = None
    for column in CHOSEN_THERE:
        if column not in given:
            setattr(customer, column, None)
    # A worker in the midst of a call ends it there: it has lost its turn, and its receipts have no row any more.
    DeliveryLease.objects.filter(customer=customer).update(holder=uuid.uuid4())
    Delivery.objects.filter(call__customer=customer).exclude(call__state=CallState.DELIVERED).delete()
    customer.remembered_contacts.all().delete()
    customer.employees.update(planfix_user_id=None)
    customer.account_since = database_time()


def customers_alike(customer: Customer) -> list[str]:
    """The names of other customers with the same Planfix account and Ringostat project, in order."""
    if not customer.ringostat_project_id:
        return []
    others = Customer.objects.filter(ringostat_project_id=customer.ringostat_project_id).exclude(pk=customer.pk)
    return [other.name for other in others.order_by("name") if other.planfix_account == customer.planfix_account]
