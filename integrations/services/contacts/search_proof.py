"""Proves that the account's contact search finds contacts that exist, and learns in which format it finds them.

Planfix answers a filter that it does not know with success and an empty list. It may also change a number's format when
it stores the number, so that its filter no longer finds it.
"""

from __future__ import annotations

from collections import Counter

from integrations.domain.phones import normalize
from integrations.models import Customer, RememberedContact
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixSearchBlind
from integrations.planfix.records.contacts import (
    FoundContact,
    digits_of,
    find_contacts,
    first_contacts,
    read_contact,
)
from integrations.services.account_traits import SEARCHED_TEXTS, NumberFormat, learn, traits_of
from integrations.services.clients.planfix import with_this_access

BLIND = (
    "The contact search of this Planfix account does not find a contact that exists. The call waits, and no contact is "
    "created until it does: run the connection check, and ask Planfix's support if it fails again."
)


def prove_search(planfix: Planfix, customer: Customer, *, like: str = "") -> NumberFormat | None:
    """Searches for a contact that exists, format by format. Returns the first format that finds it.

    `like`: a full number. The format is remembered when the contact's number has the same country and length: an
    account may format some countries' numbers and not others. Without it, the most frequent kind of number counts.
    None when the account has no contact with a full number. Two requests, and one more for each format that finds
    nothing. Raises PlanfixSearchBlind when no format finds a contact; that is remembered too.
    """
    sample = _existing_number(planfix, customer, like)
    if sample is None:
        return None
    for form in _possible_formats(customer):
        if find_contacts(planfix, sample, asked=SEARCHED_TEXTS[form](sample)):
            if not like or _kind(sample) == _kind(like):
                learn_format(customer, form)
            return form
    _note_blind(customer, True)
    raise PlanfixSearchBlind(BLIND)


def _possible_formats(customer: Customer) -> list[NumberFormat]:
    """Where the account is known not to find a new contact in any usual format, an old contact proves nothing."""
    nothing_finds = traits_of(customer).found_by == frozenset()
    return [NumberFormat.PIECES] if nothing_finds else list(SEARCHED_TEXTS)


def _existing_number(planfix: Planfix, customer: Customer, like: str) -> str | None:
    """A full number of one of the account's first contacts, else of one that a call was delivered to.

    One of the same kind as `like` if there is any. Of those rather one without blanks and brackets: people may have
    typed them, which says nothing about the account.
    """
    listed = [(number, one) for one in first_contacts(planfix) if (number := _full_number(one, customer))]
    if listed:
        kinds = Counter(_kind(number) for number, _ in listed)
        kind = _kind(like) if like else kinds.most_common(1)[0][0]
        return max(listed, key=lambda sample: (_kind(sample[0]) == kind, _is_plain(*sample)))[0]
    remembered = RememberedContact.objects.filter(customer=customer).order_by("-id").first()
    contact = read_contact(planfix, remembered.contact_id) if remembered else None
    return _full_number(contact, customer) if contact else None


def _kind(number: str) -> tuple[str, int]:
    """The first digits and the length of a full number: numbers of one country mostly share both."""
    return number[:3], len(number)


def _full_number(contact: FoundContact, customer: Customer) -> str | None:
    """A number of the contact that is stored with its country code, in full format."""
    numbers = ((phone, normalize(phone, customer.region)) for phone in contact.phones)
    return next((number for phone, number in numbers if number and digits_of(phone) == digits_of(number)), None)


def _is_plain(number: str, contact: FoundContact) -> bool:
    return number in contact.phones or digits_of(number) in contact.phones


def learn_format(customer: Customer, form: NumberFormat) -> None:
    """Remembers that the account's search finds numbers in this format."""
    learn(customer, evidence=f"A search finds the number of an existing contact: {form}.", found_by=frozenset({form}))
    _note_blind(customer, False)


def _note_blind(customer: Customer, is_blind: bool) -> None:
    if customer.search_is_blind != is_blind:
        with_this_access(customer).update(search_is_blind=is_blind)
        customer.search_is_blind = is_blind
