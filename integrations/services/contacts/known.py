"""The contact of a number that is known without a search: remembered, or in the account's directory.

Planfix may have given the number to another contact since. So what is known is proven only if Planfix showed the
contact with this number after the call began; otherwise one read of the contact proves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.domain.phone_fields import has_number
from integrations.models import Customer
from integrations.planfix.records.contacts import FoundContact
from integrations.services.contacts.remembered import remembered_contact
from integrations.services.contacts.search import known_client
from integrations.services.directory.accounts import is_read_since


@dataclass(frozen=True, kw_only=True)
class KnownContact:
    """`found`: how many contacts of the directory have the number. `is_remembered`: an earlier call went to it."""

    contact_id: int
    is_proven: bool
    is_remembered: bool
    name: str = ""
    found: int = 0


def known_contact(customer: Customer, number: str, *, call_began: datetime, in_directory: bool) -> KnownContact | None:
    """`in_directory`: whether the directory is looked into. Sends no request."""
    remembered = remembered_contact(customer, number, since=call_began)
    if remembered:
        return KnownContact(contact_id=remembered.contact_id, is_proven=remembered.is_proven, is_remembered=True)
    found = known_client(customer, number) if in_directory else []
    if not found:
        return None
    return KnownContact(
        contact_id=found[0].contact_id,
        is_proven=is_read_since(customer, call_began),
        is_remembered=False,
        name=found[0].name,
        found=len(found),
    )


def still_has_number(contact: FoundContact, number: str, region: str) -> bool:
    """Whether the contact, as Planfix shows it now, has this full number in any spelling."""
    return contact.has_digits_of(number) or any(has_number(phone, number, region) for phone in contact.phones)
