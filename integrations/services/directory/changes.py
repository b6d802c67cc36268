"""Reads the contacts that changed since the last reading, and proves that Planfix lists them.

Planfix answers a filter that it does not understand with success and an empty list, and reads the filter's time in a
time zone that the API does not show. So each reading begins at a change that is known: its contact must be listed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from integrations.planfix.http.client import PAGE_SIZE
from integrations.planfix.records.contact_list import ListedContact, list_contacts, read_listed_contact
from integrations.services.directory.cursor import Cursor, Part, after_page, proven_by
from integrations.services.directory.full_round import CLOCK_SKEW
from integrations.services.directory.source import CannotProve, Outcome, Source

EVERY = timedelta(minutes=5)
SHIFTS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 26)
"""Hours that the time zone of the token's employee may be behind the account's."""
MINUTE = timedelta(minutes=1)
"""The filter's precision."""
SURELY_BEFORE = timedelta(hours=36)
"""A change so long before the asked time is not listed in any time zone."""

BLIND = "Planfix does not list a contact that changed, so only full readings find changes."
IGNORES_TIME = "Planfix lists contacts that did not change, so only full readings find changes."


def read_changes(source: Source, now: datetime) -> Outcome:
    """Reads the next page of changes. One request; up to two more in doubt. Raises PlanfixError, DoubtfulList,
    CannotProve.
    """
    account, read_until = source.account, source.account.read_until
    assert read_until is not None
    cursor = Cursor.from_json(account.changes_cursor) if account.changes_cursor else Cursor(began_at=now)
    since = read_until - MINUTE - timedelta(hours=account.shift_hours)
    page = list_contacts(
        source.client,
        companies=cursor.part is Part.COMPANIES,
        offset=cursor.offset,
        changed_since=since.astimezone(source.zone),
    )
    _check_times(page, since)
    following = proven_by(after_page(cursor, page, short_page_ends=True), page, account.proof_contact_id)
    if following.part is not Part.MISSING:
        return Outcome(contacts=page, columns={"changes_cursor": following.to_json()})
    if not following.is_proven:
        return _doubted(source, page)
    return Outcome(contacts=page, columns=_finished(source, following, read_until, now))


def _check_times(page: Iterable[ListedContact], since: datetime) -> None:
    if any(contact.changed_at and contact.changed_at < since - SURELY_BEFORE for contact in page):
        raise CannotProve(IGNORES_TIME)


def _finished(source: Source, cursor: Cursor, read_until: datetime, now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "changes_cursor": None,
        "changes_read_at": cursor.began_at,
        "changes_due_at": now + EVERY,
        "error": "",
        "error_since": None,
    }
    if cursor.newest_at is None or cursor.newest_at < read_until:
        return columns
    # A contact on an early page may have changed while later pages were read.
    safely_read = cursor.began_at - CLOCK_SKEW
    newly_read = max(read_until, min(cursor.newest_at, safely_read))
    if newly_read == read_until and cursor.listed > PAGE_SIZE:
        # A large import, and no change since. The filter has just been proved: the next change proves it again.
        return columns | {"read_until": max(read_until, safely_read), "proof_contact_id": None}
    return columns | {"read_until": newly_read, "proof_contact_id": cursor.newest_id}


def _doubted(source: Source, page: list[ListedContact]) -> Outcome:
    """The list lacks the contact that it must have: that contact is gone, or the filter's time is another."""
    account = source.account
    proof = read_listed_contact(source.client, account.proof_contact_id or 0)
    if proof is None or proof.changed_at is None:
        return _with_another_proof(source)
    shift = next((hours for hours in SHIFTS if hours > account.shift_hours), None)
    if shift is None:
        raise CannotProve(BLIND)
    return Outcome(contacts=page, columns={"changes_cursor": None, "shift_hours": shift})


def _with_another_proof(source: Source) -> Outcome:
    """Takes the newest other contact, and reads the changes since its last one."""
    account = source.account
    others = account.contacts.filter(deleted=False).exclude(contact_id=account.proof_contact_id or 0)
    other = others.order_by("-contact_id").values_list("contact_id", flat=True).first()
    if other is None:
        raise CannotProve(BLIND)
    contact = read_listed_contact(source.client, other)
    changed_at = contact.changed_at if contact else None
    return Outcome(
        contacts=[ListedContact.gone(account.proof_contact_id)] if account.proof_contact_id else [],
        columns={
            "changes_cursor": None,
            "proof_contact_id": other,
            "read_until": min(filter(None, [account.read_until, changed_at])),
        },
    )
