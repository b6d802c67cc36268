"""Forgets a customer's Planfix data when the account changes: its IDs mean something else in another account."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from integrations.models import CallState, Customer, Delivery, DeliveryLease
from integrations.services.account_traits import forget
from integrations.services.callback_tasks.notes import forget_tasks_of_account
from integrations.services.database import database_time

TAGS = ("call_tag_id", "missed_call_tag_id")
TRAITS_OF_TOKEN = ("honours_employee_author", "honours_contact_author")
"""They depend on the employee that the token acts for."""
TRAITS_OF_TAGS = ("takes_call_tag", "takes_missed_call_tag", "keeps_call_fields", "keeps_missed_call_fields")
CHOSEN_THERE = (*TAGS, "contact_template_id")
"""IDs of the account that a specialist chooses."""


def follow_change(customer: Customer, *, given: Collection[str]) -> None:
    """Call it for a changed customer before saving, in the same transaction.

    `given`: the columns that were filled in together with the change. Their values belong to the new account.
    """
    before = Customer.objects.filter(pk=customer.pk).first()
    if before is None:
        return
    if customer.planfix_account != before.planfix_account:
        _leave_account(customer, given)
        return
    if not customer.planfix_token.is_same_as(before.planfix_token):
        forget(customer, *TRAITS_OF_TOKEN)
    if any(getattr(customer, column) != getattr(before, column) for column in TAGS):
        customer.planfix_tags = None
        forget(customer, *TRAITS_OF_TAGS)


def _leave_account(customer: Customer, given: Collection[str]) -> None:
    customer.planfix_tags = customer.planfix_contact_fields = None
    for column in CHOSEN_THERE:
        if column not in given:
            setattr(customer, column, None)
    # A worker that is delivering a call stops: it has lost its lease, and the row for its receipts is gone.
    DeliveryLease.objects.filter(customer=customer).update(holder=uuid.uuid4())
    Delivery.objects.filter(call__customer=customer).exclude(call__state=CallState.DELIVERED).delete()
    customer.remembered_contacts.all().delete()
    forget_tasks_of_account(customer)
    customer.employees.update(planfix_user_id=None)
    customer.account_since = database_time()


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """The names of other customers, in order. A customer is in one of the lists only."""

    same_both: tuple[str, ...] = ()
    """With the same Planfix account and the same Ringostat project: each call may be written twice."""
    same_project: tuple[str, ...] = ()
    same_account: tuple[str, ...] = ()


def overlap_of(customer: Customer) -> Overlap:
    found: dict[tuple[bool, bool], list[str]] = defaultdict(list)
    for other in Customer.objects.exclude(pk=customer.pk).order_by("name"):
        project = customer.ringostat_project_id
        is_same_project = bool(project) and other.ringostat_project_id == project
        found[other.planfix_account == customer.planfix_account, is_same_project].append(other.name)
    return Overlap(
        same_both=tuple(found[True, True]),
        same_account=tuple(found[True, False]),
        same_project=tuple(found[False, True]),
    )
