"""Whose number is it: a customer's contacts and companies in Planfix, by the spelling that the customer wants
matched.
"""

from __future__ import annotations

from collections.abc import Iterable

from integrations.domain.phones import same_number, search_pieces
from integrations.models import PhoneMatching
from integrations.planfix.http.client import Planfix
from integrations.planfix.records.contacts import FoundContact, find_contacts, first_candidates


def find(planfix: Planfix, number: str, *, matching: str, region: str) -> list[FoundContact]:
    """Contacts that have this full number, else companies; the full format first, then the lowest id.

    `matching` is a PhoneMatching, `region` the country of numbers written without one. FULL costs two requests at
    the most, ANY_FORMAT four. Raises PlanfixError.
    """
    if contacts := find_contacts(planfix, number):
        return contacts
    if matching == PhoneMatching.ANY_FORMAT:
        return _in_any_format(planfix, number, region)
    return find_contacts(planfix, number, companies=True)


def _in_any_format(planfix: Planfix, number: str, region: str) -> list[FoundContact]:
    """Contacts, else companies, that have the number in any spelling.

    Planfix finds what contains a text, as typed: 45 is in 123-45-67 but not in 123-4-567. So the wide question asks
    for the little that no spelling breaks, all at once: among 10 000 numbers some twenty have it. A full page of
    answers means an account so large that there would be many more: then, instead of turning pages, and for the
    companies too, the narrow question asks for the usual groups, and only a rarely grouped number can be missed.
    Both questions find the full format as well, and whatever they find is compared as a whole number.
    """
    parts, narrow = unbroken_parts(number), search_pieces(number)
    for companies in (False, True):
        candidates, are_all = first_candidates(planfix, parts, companies=companies)
        if not are_all and parts != narrow:
            parts = narrow
            more, _ = first_candidates(planfix, parts, companies=companies)
            candidates += more
        if matches := _matches(candidates, number, region):
            return matches
    return []


def unbroken_parts(number: str) -> tuple[str, ...]:
    """What stands unbroken in every spelling of a full number: how its area code begins, its last two digits, and
    each other digit for itself.
    """
    groups = search_pieces(number)
    digits = "".join(groups)
    ends = (groups[0][:2], digits[-2:])
    return tuple(dict.fromkeys([*ends, *(digit for digit in digits if digit not in "".join(ends))]))


def _matches(candidates: Iterable[FoundContact], number: str, region: str) -> list[FoundContact]:
    same = {c for c in candidates if any(same_number(phone, number, region) for phone in c.phones)}
    return sorted(same, key=lambda contact: (number not in contact.phones, contact.id))
