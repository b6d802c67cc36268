"""Notes every record that a trial writes, before and after the write, and removes them all again.

Removes only records with a receipt. Where the write's response was lost, it searches for the record by what only the
trial's own records have.
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
from integrations.planfix.records.removal import delete_comment, delete_file, delete_tag_entry, mark_contact_deleted
from integrations.services.trial.client import RequestsSpent
from integrations.services.trial.content import DAYS_BACK
from integrations.services.trial.report import Leftover

LAST_DIGITS = 7
UNFINDABLE_FILE = "Planfix did not confirm the copy, and its API cannot search for files."
NO_REQUESTS_LEFT = "The trial's limit of requests is reached."


class TrialReceipts:
    """The receipts of one trial."""

    def __init__(self, job: BackgroundJob, customer: Customer) -> None:
        self._job = job
        self._customer = customer

    def write(self, kind: TrialRecordKind, send: Callable[[], int], **columns: Any) -> int:
        """Sends one write. Its receipt is stored before; the ID is added after it. Raises PlanfixError.

        `columns`: of TrialReceipt, by which the record is found when the response is lost.
        """
        receipt = TrialReceipt.objects.create(
            customer=self._customer, job=self._job, account=self._customer.planfix_account, kind=kind, **columns
        )
        try:
            record_id = send()
        except PlanfixError as error:
            if not (isinstance(error, PlanfixUnavailable) and error.may_have_written):
                receipt.delete()
            raise
        except RequestsSpent:
            receipt.delete()
            raise
        TrialReceipt.objects.filter(pk=receipt.pk).update(planfix_id=record_id)
        return record_id

    @property
    def rows(self) -> QuerySet[TrialReceipt]:
        return receipts_of(self._customer).filter(job=self._job)


def receipts_of(customer: Customer) -> QuerySet[TrialReceipt]:
    """Of the account that the customer has now: in another one the IDs mean other records."""
    return TrialReceipt.objects.filter(customer=customer, account=customer.planfix_account)


def abandoned_receipts(customer: Customer) -> QuerySet[TrialReceipt]:
    """The receipts of trials that no worker runs or will run."""
    return receipts_of(customer).exclude(job__in=BackgroundJob.objects.filter(customer=customer, finished_at=None))


def leftovers(rows: QuerySet[TrialReceipt]) -> Iterator[Leftover]:
    """What has a receipt, in the order of its removal."""
    for receipt in _in_order(rows):
        is_contact, is_comment = receipt.kind == TrialRecordKind.CONTACT, receipt.kind == TrialRecordKind.COMMENT
        yield Leftover(
            kind=receipt.kind,
            id=receipt.planfix_id,
            contact_id=receipt.planfix_id if is_contact else receipt.contact_id,
            comment_id=receipt.planfix_id if is_comment else receipt.comment_id,
            name=receipt.name,
            why=receipt.problem,
        )


def _in_order(rows: QuerySet[TrialReceipt]) -> list[TrialReceipt]:
    return sorted(rows, key=lambda receipt: (TrialRecordKind.values.index(receipt.kind), receipt.pk))


def remove(client: Planfix, rows: QuerySet[TrialReceipt]) -> list[PlanfixError]:
    """Removes every record that has a receipt, and the receipt with it. A record that stays has the reason in its
    receipt. Returns the errors. May be killed at any time and started again.
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
        REMOVERS[TrialRecordKind(receipt.kind)](client, record_id)
    receipt.delete()


def _note(receipt: TrialReceipt, problem: str) -> None:
    TrialReceipt.objects.filter(pk=receipt.pk).update(problem=problem)


REMOVERS: Mapping[TrialRecordKind, Callable[[Planfix, int], None]] = {
    TrialRecordKind.TAG_ENTRY: delete_tag_entry,
    TrialRecordKind.COMMENT: delete_comment,
    TrialRecordKind.FILE: delete_file,
    TrialRecordKind.CONTACT: mark_contact_deleted,
}


# Records whose response was lost


def _find_contact(client: Planfix, receipt: TrialReceipt) -> int | None:
    """By its name, which no other record has; else by the end of its number, which every format contains."""
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
    return find_comment(
        client,
        Target(kind="contact", id=receipt.contact_id),
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


FINDERS: Mapping[TrialRecordKind, Callable[[Planfix, TrialReceipt], int | None]] = {
    TrialRecordKind.TAG_ENTRY: _find_tag_entry,
    TrialRecordKind.COMMENT: _find_comment,
    TrialRecordKind.CONTACT: _find_contact,
}
