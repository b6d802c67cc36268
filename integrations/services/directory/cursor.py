"""The place in a list of contacts that is read page by page, and the next one. Pure.

Planfix lists contacts by ascending id and gives no total. A contact that is deleted during the reading moves all later
ones up by one place. So each page but the first begins with the last contact of the page before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from integrations.planfix.http.client import PAGE_SIZE
from integrations.planfix.records.contact_list import ListedContact


class Part(StrEnum):
    """What is read, in this order. The values are stored: never change one."""

    PEOPLE = "people"
    COMPANIES = "companies"
    MISSING = "missing"
    """One by one, the known contacts that a full round did not list."""


NEXT_PART: Mapping[Part, Part] = {Part.PEOPLE: Part.COMPANIES, Part.COMPANIES: Part.MISSING}


class DoubtfulList(Exception):
    """A list lacks a contact that was in it a moment ago. What else it lacks proves nothing."""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """`newest_at`, `newest_id`: the latest change so far, by Planfix's clock. `is_proven`: the list has the contact
    that it must have. `listed`: rows so far. `alive`: contacts that a round did not list and that exist.
    """

    began_at: datetime
    part: Part = Part.PEOPLE
    offset: int = 0
    last_id: int | None = None
    went_back: bool = False
    newest_at: datetime | None = None
    newest_id: int | None = None
    is_proven: bool = False
    listed: int = 0
    alive: int = 0

    def to_json(self) -> dict[str, Any]:
        return {key: value.isoformat() if key in TIMES and value else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Cursor:
        """Ignores keys that this release does not know."""
        values = {key: value for key, value in stored.items() if key in NAMES}
        times = {key: datetime.fromisoformat(values[key]) for key in TIMES if values.get(key)}
        return cls(**{**values, **times, "part": Part(values["part"])})


TIMES = ("began_at", "newest_at")
NAMES = frozenset(field.name for field in fields(Cursor))


def after_page(cursor: Cursor, page: Sequence[ListedContact], *, short_page_ends: bool) -> Cursor:
    """The cursor after this page. Raises DoubtfulList.

    `short_page_ends`: a page that is not full is the last one of its part. Otherwise the last page must be one that
    lists the last contact again and nothing else, so that a list that is cut short is noticed.
    """
    ids = [contact.id for contact in page]
    seen = replace(_with_newest(cursor, page), listed=cursor.listed + len(page))
    is_joined = cursor.last_id is None or cursor.last_id in ids
    if not is_joined and not cursor.went_back:
        return replace(seen, offset=max(cursor.offset - PAGE_SIZE, 0), went_back=True)
    if not ids and cursor.last_id is not None:
        raise DoubtfulList
    is_last = not set(ids) - {cursor.last_id} or (short_page_ends and len(ids) < PAGE_SIZE)
    if is_last:
        return replace(seen, part=NEXT_PART[cursor.part], offset=0, last_id=None, went_back=False)
    return replace(seen, offset=cursor.offset + len(ids) - 1, last_id=ids[-1], went_back=False)


def proven_by(cursor: Cursor, page: Collection[ListedContact], proof_id: int | None) -> Cursor:
    """The cursor, marked as proven if the page lists the contact `proof_id`, or if no contact can prove the list
    (None).
    """
    is_proven = proof_id is None or any(contact.id == proof_id for contact in page)
    return replace(cursor, is_proven=cursor.is_proven or is_proven)


def _with_newest(cursor: Cursor, page: Sequence[ListedContact]) -> Cursor:
    changes = [(contact.changed_at, contact.id) for contact in page if contact.changed_at and not contact.is_deleted]
    if cursor.newest_at is not None and cursor.newest_id is not None:
        changes.append((cursor.newest_at, cursor.newest_id))
    if not changes:
        return cursor
    newest_at, newest_id = max(changes)
    return replace(cursor, newest_at=newest_at, newest_id=newest_id)
