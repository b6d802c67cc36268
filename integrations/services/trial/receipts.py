"""Keeps a receipt of every record that a trial writes, before and after the write, and removes the records.

Removes only records with a receipt. If the response to a write was lost, it searches for the record by a name or ID
that only the trial's own records have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from integrations.models import BackgroundJob, Customer, TrialReceipt, TrialRecordKind
from integrations.planfix.call_tags.entries import find_tag_key
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixError, PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.comments import Target, find_comment
from integrations.planfix.records.read_back import StoredContact, contacts_by_name, contacts_by_phone
from integrations.planfix.records.removal import (
    TaskEnd,
    delete_comment,
    delete_file,
    delete_tag_entry,
    mark_contact_deleted,
    remove_task,
)
from integrations.planfix.records.tasks import find_task
from integrations.services.trial.content import DAYS_BACK
from integrations.services.trial.counting_client import RequestsSpent, TrialClient
from integrations.services.trial.report import CLOSED_TASK, NO_REQUESTS_LEFT, OPEN_TASK, UNFINDABLE_FILE, Leftover

LAST_DIGITS = 7


class TrialReceipts:
    """The receipts of one trial. Reserves requests of `client` for the removal of each record."""

    def __init__(self, job: BackgroundJob, customer: Customer, client: TrialClient) -> None:
        self._job = job
        self._customer = customer
        self._client = client

    def write(self, kind: TrialRecordKind, send: Callable[[], int], **columns: Any) -> int:
        """Stores a receipt, sends one write, and adds the record's ID to the receipt. Raises PlanfixError.

        `columns`: columns of TrialReceipt that find the record if the response is lost.
        """
        receipt = TrialReceipt.objects.create(
            customer=self._customer, job=self._job, account=self._customer.planfix_account, kind=kind, **columns
        )
        self._client.reserved += REQUESTS_TO_REMOVE[kind]
        try:
            record_id = send()
        except (PlanfixError, RequestsSpent) as error:
            if not (isinstance(error, PlanfixUnavailable) and error.may_have_written):
                self._client.reserved -= REQUESTS_TO_REMOVE[kind]
                receipt.delete()
            raise
        TrialReceipt.objects.filter(pk=receipt.pk).update(planfix_id=record_id)
        return record_id

    @property
    def rows(self) -> QuerySet[TrialReceipt]:
        return receipts_of(self._customer).filter(job=self._job)


def receipts_of(customer: Customer) -> QuerySet[TrialReceipt]:
    """The customer's receipts in its current account: in another account the same IDs mean other records."""
    return TrialReceipt.objects.filter(customer=customer, account=customer.planfix_account)


def abandoned_receipts(customer: Customer) -> QuerySet[TrialReceipt]:
    """The receipts of trials that no worker runs or will run."""
    return receipts_of(customer).exclude(job__in=BackgroundJob.objects.filter(customer=customer, finished_at=None))


def leftovers(rows: QuerySet[TrialReceipt]) -> Iterator[Leftover]:
    """Lists the records that still have a receipt, in the order of their removal."""
    for receipt in _in_order(rows):
        own = {receipt.kind: receipt.planfix_id}
        yield Leftover(
            kind=receipt.kind,
            id=receipt.planfix_id,
            contact_id=own.get(TrialRecordKind.CONTACT, receipt.contact_id),
            comment_id=own.get(TrialRecordKind.COMMENT, receipt.comment_id),
            task_id=own.get(TrialRecordKind.TASK, receipt.task_id),
            name=receipt.name,
            why=receipt.problem,
        )


def _in_order(rows: QuerySet[TrialReceipt]) -> list[TrialReceipt]:
    return sorted(rows, key=lambda receipt: (TrialRecordKind.values.index(receipt.kind), receipt.pk))


def remove(client: Planfix, rows: QuerySet[TrialReceipt]) -> list[PlanfixError]:
    """Removes every record that has a receipt, and then the receipt. If a record stays, its receipt gets the reason.

    Returns the errors. May be killed at any time and started again.
    """
    errors: list[PlanfixError] = []
    for receipt in _in_order(rows):
        try:
            _remove_one(client, receipt)
        except PlanfixError as error:
            _note(receipt, str(error))
            errors.append(error)
        except RequestsSpent:
            _note(receipt, NO_REQUESTS_LEFT)
    return errors


def _remove_one(client: Planfix, receipt: TrialReceipt) -> None:
    record_id = receipt.planfix_id
    if record_id is None:
        if receipt.kind == TrialRecordKind.FILE:
            _note(receipt, UNFINDABLE_FILE)
            return
        record_id = FINDERS[TrialRecordKind(receipt.kind)](client, receipt)
    if record_id is not None:
        TrialReceipt.objects.filter(pk=receipt.pk).update(planfix_id=record_id)
        if why := REMOVERS[TrialRecordKind(receipt.kind)](client, record_id):
            _note(receipt, why)
            return
    receipt.delete()


def _note(receipt: TrialReceipt, problem: str) -> None:
    TrialReceipt.objects.filter(pk=receipt.pk).update(problem=problem)


def _remove_task(client: Planfix, task_id: int) -> str:
    return {TaskEnd.GONE: "", TaskEnd.CLOSED: CLOSED_TASK, TaskEnd.OPEN: OPEN_TASK}[remove_task(client, task_id)]


REMOVERS: Mapping[TrialRecordKind, Callable[[Planfix, int], str | None]] = {
    TrialRecordKind.TAG_ENTRY: delete_tag_entry,
    TrialRecordKind.COMMENT: delete_comment,
    TrialRecordKind.FILE: delete_file,
    TrialRecordKind.TASK: _remove_task,
    TrialRecordKind.CONTACT: mark_contact_deleted,
}
"""Each returns the reason why the record stays, or nothing if it is gone."""
REQUESTS_TO_REMOVE: Mapping[TrialRecordKind, int] = dict.fromkeys(TrialRecordKind, 1) | {TrialRecordKind.TASK: 4}


# Records whose response was lost


def _find_contact(client: Planfix, receipt: TrialReceipt) -> int | None:
    """Searches by the contact's name, which no other record has, then by the last digits of its number, which every
    format contains.
    """
    named = contacts_by_name(client, receipt.name)
    found = [contact for contact in named if _is_ours(contact, receipt)]
    if not found:
        numbered = contacts_by_phone(client, [receipt.number[-LAST_DIGITS:]])
        found = [contact for contact in numbered if _is_ours(contact, receipt)]
    return found[0].id if found else None


def _is_ours(contact: StoredContact, receipt: TrialReceipt) -> bool:
    if contact.source_object_id:
        return contact.source_object_id == str(receipt.source_object_id)
    return contact.name == receipt.name


def _find_comment(client: Planfix, receipt: TrialReceipt) -> int | None:
    if receipt.contact_id is None or receipt.source_object_id is None:
        return None
    in_task = Target(kind="task", id=receipt.task_id) if receipt.task_id else None
    return find_comment(
        client,
        in_task or Target(kind="contact", id=receipt.contact_id),
        source_object_id=receipt.source_object_id,
        marker=receipt.name,
        since=receipt.written_at - DAYS_BACK - timedelta(days=1),
    )


def _find_tag_entry(client: Planfix, receipt: TrialReceipt) -> int | None:
    """Any entry of the tag on the trial's own comment is the trial's."""
    if receipt.comment_id is None or receipt.tag_id is None:
        return None
    try:
        return find_tag_key(client, receipt.comment_id, receipt.tag_id)
    except PlanfixRefused as error:
        if error.is_missing_comment:
            return None
        raise


def _find_task(client: Planfix, receipt: TrialReceipt) -> int | None:
    if receipt.source_object_id is None:
        return None
    return find_task(
        client,
        contact_id=receipt.contact_id,
        name_part=receipt.name,
        source_object_id=receipt.source_object_id,
        marker=receipt.name,
    )


FINDERS: Mapping[TrialRecordKind, Callable[[Planfix, TrialReceipt], int | None]] = {
    TrialRecordKind.TAG_ENTRY: _find_tag_entry,
    TrialRecordKind.COMMENT: _find_comment,
    TrialRecordKind.TASK: _find_task,
    TrialRecordKind.CONTACT: _find_contact,
}
