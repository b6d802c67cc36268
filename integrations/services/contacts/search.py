"""Finds a number's contacts and companies in Planfix, in the number formats that the customer wants matched."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.domain.phone_fields import has_number
from integrations.domain.phones import search_pieces
from integrations.models import PhoneMatching
from integrations.planfix.http.client import Planfix
from integrations.planfix.records.contacts import FoundContact, find_contacts, first_candidates


def find(planfix: Planfix, number: str, *, matching: str, region: str) -> list[FoundContact]:
    """Contacts with this number, else companies with it; those in full format first, then by id.

    `number` is in full format, `matching` a PhoneMatching, `region` the country of numbers without a country code.
    FULL takes at most two requests, ANY_FORMAT four. Raises PlanfixError.
    """
    if contacts := find_contacts(planfix, number):
        return contacts
    if matching == PhoneMatching.ANY_FORMAT:
        return _find_any_format(planfix, number, region)
    return find_contacts(planfix, number, companies=True)


def _find_any_format(planfix: Planfix, number: str, region: str) -> list[FoundContact]:
    """Contacts with the number in any format, else companies with it.

    Planfix compares texts as typed: 45 matches 123-45-67, but not 123-4-567. So the wide search asks only for pieces
    that no format breaks; some twenty of 10,000 numbers contain all of them. A full page means a large account, where
    many pages would follow. Then the narrow search asks for the usual groups instead, of contacts and of companies, and
    can miss only a number with unusual groups. Both searches find the full format too, and every candidate is compared
    as a whole number.
    """
    pieces, narrow = unbroken_pieces(number), search_pieces(number)
    for companies in (False, True):
        candidates, are_all = first_candidates(planfix, pieces, companies=companies)
        if not are_all and pieces != narrow:
            pieces = narrow
            more, _ = first_candidates(planfix, pieces, companies=companies)
            candidates += more
        if matches := _matches(candidates, number, region):
            return matches
    return []


def unbroken_pieces(number: str) -> tuple[str, ...]:
    """Pieces that stay together in every format of a number: the start of its area code, its last two digits, and each
    other digit by itself.
    """
    groups = search_pieces(number)
    digits = "".join(groups)
    ends = (groups[0][:2], digits[-2:])
    return tuple(dict.fromkeys([*ends, *(digit for digit in digits if digit not in "".join(ends))]))


def _matches(candidates: Iterable[FoundContact], number: str, region: str) -> list[FoundContact]:
    same = {c for c in candidates if any(has_number(phone, number, region) for phone in c.phones)}
    return sorted(same, key=lambda contact: (number not in contact.phones, contact.id))
