"""Reports on an account's contacts: how their numbers are written, and which numbers several contacts share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Max, Min

from integrations.models import Customer, DirectoryAccount, DirectoryNumber, Spelling
from integrations.services.directory.accounts import directory_of

SHOWN_DIGITS = 3
"""Of an example's number; the others are masked."""

MISSED_IN_FULL = (Spelling.LOCAL, Spelling.TEXT)
"""Spellings that are not found, or not always, by the digits of the full format."""


@dataclass(frozen=True, kw_only=True)
class SpellingCount:
    """`examples`: phone fields without letters and without most digits."""

    spelling: Spelling
    count: int
    percent: float
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SpellingReport:
    """`numbers`: all that can be read. `missed`: those that a search in full format misses, so a call would create a
    second contact.
    """

    numbers: int
    not_full: int
    missed: int
    counts: tuple[SpellingCount, ...]

    @property
    def percent_not_full(self) -> float:
        return 100 * self.not_full / self.numbers if self.numbers else 0


@dataclass(frozen=True, kw_only=True)
class SharedNumber:
    """A number that several contacts have, each with its id, name, and whether it is a company."""

    number: str
    contacts: tuple[tuple[int, str, bool], ...]


def spelling_report(customer: Customer) -> SpellingReport | None:
    """None until all contacts of the account were read once. One query over all its numbers."""
    account = _read_account(customer)
    if account is None:
        return None
    rows = (
        DirectoryNumber.objects.filter(account=account)
        .order_by()
        .values_list("spelling")
        .annotate(count=Count("pk"), first=Min("written"), last=Max("written"))
    )
    found = {Spelling(spelling): (count, first, last) for spelling, count, first, last in rows}
    total = sum(count for count, _first, _last in found.values())
    numbers = total - found.get(Spelling.UNREADABLE, (0, "", ""))[0]
    counts = tuple(
        SpellingCount(
            spelling=spelling,
            count=count,
            percent=100 * count / total,
            examples=tuple(dict.fromkeys([masked_example(first), masked_example(last)])),
        )
        for spelling in Spelling
        if spelling in found
        for count, first, last in [found[spelling]]
    )
    return SpellingReport(
        numbers=numbers,
        not_full=numbers - sum(count.count for count in counts if count.spelling is Spelling.FULL),
        missed=sum(count.count for count in counts if count.spelling in MISSED_IN_FULL),
        counts=counts,
    )


def masked_example(written: str) -> str:
    """The field's format with few of its digits and none of its words: 067 •••-••-•• …"""
    kept = 0

    def masked(match: re.Match[str]) -> str:
        nonlocal kept
        if not match[0].isdigit():
            return "…"
        kept += 1
        return match[0] if kept <= SHOWN_DIGITS else "•"

    return re.sub(r"\d|[^\W\d_]+", masked, written)[:60]


SHARED = """
    SELECT number.number, array_agg(DISTINCT contact.contact_id)
      FROM integrations_directorynumber AS number
      JOIN integrations_directorycontact AS contact ON contact.id = number.contact_id
     WHERE number.account_id = %(account)s AND number.number <> ''
     GROUP BY number.number
    HAVING count(DISTINCT contact.contact_id) > 1
     ORDER BY number.number
"""
"""Deleted contacts have no numbers."""


def shared_numbers(customer: Customer) -> list[tuple[str, list[int]]]:
    """The numbers of several contacts, each with the contacts' ids. One query over all numbers."""
    account = _read_account(customer)
    if account is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SHARED, {"account": account.pk})
        rows: list[tuple[str, list[int]]] = cursor.fetchall()
    return rows


def with_names(customer: Customer, shared: list[tuple[str, list[int]]]) -> Iterator[SharedNumber]:
    """The numbers with the names of their contacts. One query for each thousand numbers."""
    for start in range(0, len(shared), NAMED_AT_ONCE):
        some = shared[start : start + NAMED_AT_ONCE]
        ids = {contact_id for _number, contact_ids in some for contact_id in contact_ids}
        for account in directory_of(customer):
            rows = account.contacts.filter(contact_id__in=ids).values_list("contact_id", "name", "is_company")
            known = {row[0]: row for row in rows}
            for number, contact_ids in some:
                yield SharedNumber(number=number, contacts=tuple(known[key] for key in contact_ids if key in known))


NAMED_AT_ONCE = 1000


def _read_account(customer: Customer) -> DirectoryAccount | None:
    return directory_of(customer).filter(first_read_at__isnull=False).first()
