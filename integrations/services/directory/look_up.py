"""Looks contacts up by their number, in the database only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from integrations.domain.phones_in_text import has_number
from integrations.models import Customer, DirectoryAccount, DirectoryNumber
from integrations.services.directory.accounts import trusted_directory


@dataclass(frozen=True, kw_only=True)
class DirectoryMatch:
    """A contact or company with the number. `written`: its phone fields with the number, as they are in Planfix.

    `responsible_ids`: Planfix user IDs, in Planfix's order.
    """

    contact_id: int
    is_company: bool
    name: str
    responsible_ids: tuple[int, ...]
    written: tuple[str, ...] = ()


def contacts_of(customer: Customer, number: str, *, only_trusted: bool = False) -> list[DirectoryMatch]:
    """The contacts that have this full number in any spelling: people before companies, then by id. One indexed query.

    Empty for a number that the directory does not know, and for an account without a directory. The directory may be
    behind Planfix: minutes, or longer while it cannot be read. `only_trusted`: empty in the second case.
    """
    accounts = DirectoryAccount.objects.filter(account=customer.planfix_account)
    if only_trusted:
        accounts = trusted_directory(customer)
    rows = (
        DirectoryNumber.objects.filter(account__in=accounts, number=number, contact__deleted=False)
        .select_related("contact")
        .order_by("contact__is_company", "contact__contact_id", "pk")
    )
    # Customers of one account may have several countries: 067 123 45 67 is another number in each of them.
    return list(_matches(row for row in rows if has_number(row.written, number, customer.region)))


def _matches(rows: Iterator[DirectoryNumber]) -> Iterator[DirectoryMatch]:
    for contact, group in groupby(rows, key=attrgetter("contact")):
        yield DirectoryMatch(
            contact_id=contact.contact_id,
            is_company=contact.is_company,
            name=contact.name,
            responsible_ids=tuple(contact.responsible_ids),
            written=tuple(row.written for row in group),
        )
