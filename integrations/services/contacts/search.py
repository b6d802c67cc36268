"""Finds a number's contacts and companies, in the number formats that the customer wants matched: remembered, in the
account's directory if it has one, else in Planfix.

People may have given the number to another contact since. So a contact that is known without a search is proven only if
Planfix has shown it with this number since the call began; otherwise one read of the contact proves it.
An empty list counts only where the account's search is proved to find contacts that exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.domain.phones import search_pieces
from integrations.domain.phones_in_text import has_number
from integrations.models import Customer, PhoneMatching, RememberedContact
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixSearchBlind
from integrations.planfix.records.contacts import (
    FoundContact,
    digits_of,
    find_contacts,
    find_created_contacts,
    first_candidates,
)
from integrations.services.account_traits import SEARCHED_TEXTS, AccountTraits, NumberFormat, NumberStorage, traits_of
from integrations.services.contacts.search_proof import learn_format, prove_search
from integrations.services.contacts.sql import REMEMBERED_CONTACT
from integrations.services.database import run_prepared
from integrations.services.directory.accounts import is_read_since
from integrations.services.directory.look_up import DirectoryMatch, contacts_of

PROOF_LASTS = timedelta(minutes=1)
"""A proof may be so much older than the call. What a search proves may be as old when the comment is written."""
NUMBERS_REWRITTEN = (
    "This Planfix account stores numbers in another way than they are written, and its contact search is not known to "
    "find them. The call waits, and no contact is created: run a trial on the customer's page, and follow its steps."
)
FILTERS_NOT_COMBINED = (
    "The contact search of this Planfix account lists contacts that do not pass all filters of a request, so it cannot "
    "find a number in any format. The call waits, and no contact is created: choose the full format for phone matching "
    "in the customer's settings."
)


@dataclass(frozen=True, kw_only=True)
class KnownContact:
    """`found`: how many contacts of the directory have the number. `is_remembered`: an earlier call went to it."""

    contact_id: int
    is_proven: bool
    is_remembered: bool
    name: str = ""
    found: int = 0


def known_contact(customer: Customer, number: str, *, call_began: datetime, in_directory: bool) -> KnownContact | None:
    """`in_directory`: also searches the directory. Sends no request."""
    since = call_began - PROOF_LASTS
    if remembered := _remembered_contact(customer, number, since):
        return remembered
    found = known_client(customer, number) if in_directory else []
    if not found:
        return None
    return KnownContact(
        contact_id=found[0].contact_id,
        is_proven=is_read_since(customer, since),
        is_remembered=False,
        name=found[0].name,
        found=len(found),
    )


def _remembered_contact(customer: Customer, number: str, since: datetime) -> KnownContact | None:
    """The contact of the number's last call. It is proven if Planfix has shown it with this number since that time."""
    parameters: dict[str, Any] = {
        "customer": customer.pk,
        "number": number,
        "since": since,
        "directory": customer.directory,
        "account": customer.planfix_account,
    }
    rows = run_prepared(REMEMBERED_CONTACT, parameters)
    return KnownContact(contact_id=rows[0][0], is_proven=rows[0][1], is_remembered=True) if rows else None


def forget_contact(customer: Customer, number: str) -> None:
    """Forgets the contact of the number's last call. The next call searches for its contact again."""
    RememberedContact.objects.filter(customer=customer, number=number).delete()


def still_has_number(contact: FoundContact, number: str, region: str) -> bool:
    """Whether the contact, as Planfix shows it now, has this full number in any spelling."""
    return contact.has_digits_of(number) or _has_in_any_format(contact, number, region)


def _has_in_any_format(contact: FoundContact, number: str, region: str) -> bool:
    return any(has_number(phone, number, region) for phone in contact.phones)


def known_client(customer: Customer, number: str) -> list[DirectoryMatch]:
    """Looks up the contacts of a number in the account's directory, the best first. Sends no request.

    `number` is in full format. Empty without a directory and while the directory is unreliable: search Planfix then.
    Chooses as find() does.
    """
    if not customer.directory:
        return []
    found = contacts_of(customer, number, only_trusted=True)
    return best_matches(found, number, any_format=customer.phone_matching == PhoneMatching.ANY_FORMAT)


def best_matches(found: Iterable[DirectoryMatch], number: str, *, any_format: bool) -> list[DirectoryMatch]:
    """People before companies, and those in full format before other formats, which count only with `any_format`."""
    people: list[DirectoryMatch] = []
    companies: list[DirectoryMatch] = []
    for match in found:
        (companies if match.is_company else people).append(match)
    full_people, other_people = _by_format(people, number)
    full_companies, other_companies = _by_format(companies, number)
    if not any_format:
        return full_people or full_companies
    return full_people or other_people or [*full_companies, *other_companies]


def _by_format(found: Iterable[DirectoryMatch], number: str) -> tuple[list[DirectoryMatch], list[DirectoryMatch]]:
    full: list[DirectoryMatch] = []
    others: list[DirectoryMatch] = []
    for match in found:
        is_full = any(digits_of(text) == digits_of(number) for text in match.written)
        (full if is_full else others).append(match)
    return full, others


def find_client(
    planfix: Planfix,
    customer: Customer,
    number: str,
    *,
    may_be_created: bool = False,
    traits: AccountTraits | None = None,
) -> list[FoundContact]:
    """The contacts of a number in full format, the best first. An empty list means that there is none.

    `may_be_created`: an earlier attempt may have created the contact. Then it is searched for by its name as well.
    `traits`: of the account, if the caller has read them. Raises PlanfixSearchBlind while the account's search finds
    nothing in any format, and other PlanfixErrors.
    """
    traits = traits or traits_of(customer)
    proven = _proven_format(customer, traits)
    matching, region = _matching(customer, traits), customer.region
    asked_in = proven or NumberFormat.FULL
    found = find(planfix, number, matching=matching, region=region, asked_in=asked_in)
    if found and proven is None and matching == PhoneMatching.FULL:
        learn_format(customer, asked_in)
    if not found and proven is None:
        proven = prove_search(planfix, customer, like=number)
        if proven not in (None, asked_in):
            found = find(planfix, number, matching=matching, region=region, asked_in=proven)
    if not found and may_be_created:
        found = find_created_contacts(planfix, number)
    if not found and _hides_numbers(traits):
        raise PlanfixSearchBlind(NUMBERS_REWRITTEN)
    return found


def _matching(customer: Customer, traits: AccountTraits) -> str:
    """If the account removes the country code, a search in full format alone finds no contact."""
    is_national = traits.number_storage is NumberStorage.NATIONAL
    return PhoneMatching.ANY_FORMAT if is_national else customer.phone_matching


def _hides_numbers(traits: AccountTraits) -> bool:
    """Does the account store other digits than were written, so that an empty list says nothing?

    In any format a number is found by its parts, if the filter finds parts.
    """
    if traits.number_storage is NumberStorage.NATIONAL:
        return traits.finds_parts is not True
    return traits.number_storage is NumberStorage.CHANGED


def _proven_format(customer: Customer, traits: AccountTraits) -> NumberFormat | None:
    """The format in which the account's search finds numbers; None while it is unknown."""
    if customer.search_is_blind:
        return None
    found_by = traits.found_by or frozenset()
    return next((form for form in SEARCHED_TEXTS if form in found_by), None)


def find(
    planfix: Planfix, number: str, *, matching: str, region: str, asked_in: NumberFormat = NumberFormat.FULL
) -> list[FoundContact]:
    """Contacts with this number, else companies with it. Numbers in full format come first, then the lower id.

    `number` is in full format, `matching` a PhoneMatching, `region` the country of numbers without a country code,
    `asked_in` the format in which the account's phone filter finds numbers. FULL takes at most two requests, ANY_FORMAT
    four. Raises PlanfixError.
    """
    asked = SEARCHED_TEXTS[asked_in](number)
    if contacts := find_contacts(planfix, number, asked=asked):
        return contacts
    if matching == PhoneMatching.ANY_FORMAT:
        return _find_any_format(planfix, number, region)
    return find_contacts(planfix, number, asked=asked, companies=True)


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
            more, are_all = first_candidates(planfix, pieces, companies=companies)
            candidates += more
        if matches := _matches(candidates, number, region):
            return matches
        if not are_all and not all(_has_all(contact, narrow) for contact in candidates):
            raise PlanfixSearchBlind(FILTERS_NOT_COMBINED)
    return []


def _has_all(contact: FoundContact, pieces: Iterable[str]) -> bool:
    digits = " ".join(map(digits_of, contact.phones))
    return all(piece in digits for piece in pieces)


def unbroken_pieces(number: str) -> tuple[str, ...]:
    """Pieces that stay together in every format of a number: the start of its area code, its last two digits, and each
    other digit by itself.
    """
    groups = search_pieces(number)
    digits = "".join(groups)
    ends = (groups[0][:2], digits[-2:])
    return tuple(dict.fromkeys([*ends, *(digit for digit in digits if digit not in "".join(ends))]))


def _matches(candidates: Iterable[FoundContact], number: str, region: str) -> list[FoundContact]:
    same = {contact for contact in candidates if _has_in_any_format(contact, number, region)}
    return sorted(same, key=lambda contact: (contact.is_company, not contact.has_digits_of(number), contact.id))
