"""Reads all contacts of an account, one page at a time. A later round finds the contacts that were deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.records.contact_list import ListedContact, list_contacts, read_listed_contact
from integrations.services.directory.cursor import Cursor, DoubtfulList, Part, after_page
from integrations.services.directory.source import CannotProve, Outcome, Source
from integrations.services.directory.store import missing_contact

EVERY = timedelta(days=1)
CLOCK_SKEW = timedelta(minutes=5)
"""Planfix's clock may differ from ours by so much."""
MOST_ALIVE = 20
"""Contacts that exist although a round did not list them. More of them mean that its list was not complete."""

NO_CONTACTS = "Planfix lists no contacts for this API token."
NO_TIMES = "Planfix does not show when contacts changed, so only full readings find changes."


def read_round(source: Source, now: datetime) -> Outcome:
    """Reads the next page. One request. Raises PlanfixError, DoubtfulList, CannotProve."""
    account = source.account
    cursor = Cursor.from_json(account.round_cursor) if account.round_cursor else Cursor(began_at=now)
    if cursor.part is Part.MISSING:
        return _confirm_missing(source, cursor, now)
    page = list_contacts(source.client, companies=cursor.part is Part.COMPANIES, offset=cursor.offset)
    following = after_page(cursor, page, short_page_ends=False)
    new = 0 if following.went_back else sum(contact.id != cursor.last_id for contact in page)
    count = (account.contacts_read if account.round_cursor else 0) + new
    return Outcome(contacts=page, columns={"round_cursor": following.to_json(), "contacts_read": count})


def _confirm_missing(source: Source, cursor: Cursor, now: datetime) -> Outcome:
    """Asks for one contact that the round did not list: an incomplete list must not delete what exists."""
    contact_id = missing_contact(source.account, cursor.began_at)
    if contact_id is None:
        return Outcome(columns=_finished(source, cursor, now))
    try:
        contact = read_listed_contact(source.client, contact_id)
    except PlanfixRefused:
        contact = None  # The token may not see it: calls cannot reach it either.
    if contact is None:
        return Outcome(contacts=[ListedContact.gone(contact_id)], columns={"round_cursor": cursor.to_json()})
    if cursor.alive >= MOST_ALIVE:
        raise DoubtfulList
    counted = replace(cursor, alive=cursor.alive + 1)
    return Outcome(contacts=[contact], columns={"round_cursor": counted.to_json()})


def _finished(source: Source, cursor: Cursor, now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {"round_cursor": None, "round_at": now, "round_due_at": now + EVERY}
    if source.account.first_read_at is not None:
        return columns
    if not source.account.contacts_read:
        raise CannotProve(NO_CONTACTS)
    columns |= {"first_read_at": now, "error": "", "error_since": None}
    if cursor.newest_at is None:
        return columns | {"error": NO_TIMES, "error_since": now}
    # Contacts may have changed while others were read.
    read_until = min(cursor.newest_at, cursor.began_at - CLOCK_SKEW)
    return columns | {"read_until": read_until, "proof_contact_id": cursor.newest_id, "changes_due_at": now}
