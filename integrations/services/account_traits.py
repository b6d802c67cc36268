"""What is known of a Planfix account: learnt by the trial and from daily work, shared by all customers of the account.

Sends no requests. A trait that is not known stays None; callers then do what is safe in every account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import phonenumbers
from django.db.models.functions import Now

from integrations.domain.phones import normalize, search_pieces
from integrations.models import AccountTrait, Customer
from integrations.services.database import run_prepared

EVIDENCE_LENGTH = 1000


class NumberStorage(StrEnum):
    """How the account stores a phone number that was written in full format, +380671234567."""

    AS_WRITTEN = "as_written"
    DIGITS = "digits"
    """Without the plus: 380671234567."""
    FORMATTED = "formatted"
    """The same digits with other signs between them."""
    NATIONAL = "national"
    """The same number without its country code: 0671234567."""
    CHANGED = "changed"
    """With other digits, or not at all."""


class NumberFormat(StrEnum):
    """A format in which to write a full number in the phone filter."""

    FULL = "full"
    DIGITS = "digits"
    NATIONAL = "national"
    LAST_SEVEN = "last_seven"
    PIECES = "pieces"
    """Its usual groups of digits, all at once: finds a formatted number where the filter compares texts."""


SEARCHED_TEXTS: Mapping[NumberFormat, Callable[[str], tuple[str, ...]]] = {
    NumberFormat.FULL: lambda number: (number,),
    NumberFormat.DIGITS: lambda number: (number.removeprefix("+"),),
    NumberFormat.LAST_SEVEN: lambda number: (number[-7:],),
    NumberFormat.PIECES: search_pieces,
}
"""How to write a full number in the phone filter, by format; the best format first."""


class FilesOnUpdate(StrEnum):
    """What happens to a comment's files when it is updated with another file."""

    ADDED = "added"
    REPLACED = "replaced"
    IGNORED = "ignored"


@dataclass(frozen=True, kw_only=True)
class AccountTraits:
    """The traits of one Planfix account. None: not known yet."""

    number_storage: NumberStorage | None = None
    found_by: frozenset[NumberFormat] | None = None
    """The formats in which the phone filter finds a contact that was created with the full number."""
    finds_parts: bool | None = None
    """The phone filter finds a part of a number, without which only one format is found."""
    combines_filters: bool | None = None
    """A contact must pass all filters of a request."""
    separates_companies: bool | None = None
    hides_deleted_contacts: bool | None = None
    honours_employee_author: bool | None = None
    honours_contact_author: bool | None = None
    keeps_comment_time: bool | None = None
    keeps_html: bool | None = None
    takes_emoji: bool | None = None
    shows_source_id: bool | None = None
    """The sourceObjectId of a comment can be read."""
    lists_newest_first: bool | None = None
    """The list of comments follows the order that the request names."""
    files_on_update: FilesOnUpdate | None = None
    copies_recordings: bool | None = None
    takes_call_tag: bool | None = None
    takes_missed_call_tag: bool | None = None
    keeps_call_fields: bool | None = None
    """Every field of the call tag reads as it was written."""
    keeps_missed_call_fields: bool | None = None
    filters_tasks: bool | None = None
    """The filter by counterparty finds a contact's tasks and no others."""
    shows_active_tasks: bool | None = None
    """The rows of the task list show whether a task is active and when it was created."""
    names_wait: bool | None = None
    """Planfix refuses requests that come too fast with the time to wait (`timeToReset` or Retry-After)."""
    has_required_fields: bool | None = None
    """The contact template requires fields that Ringofix does not fill in."""


Value = bool | StrEnum | frozenset[NumberFormat]

WORDS: Mapping[str, bool] = {"yes": True, "no": False}


def _formats(text: str) -> frozenset[NumberFormat]:
    return frozenset(map(NumberFormat, filter(None, text.split(","))))


READERS: Mapping[str, Callable[[str], Value]] = {
    "number_storage": NumberStorage,
    "found_by": _formats,
    "files_on_update": FilesOnUpdate,
}
"""How a stored value is read, by trait. All other traits are yes or no."""

TRAITS = "SELECT name, value FROM integrations_accounttrait WHERE account = %(account)s"

NAMES = frozenset(field.name for field in fields(AccountTraits))


def traits_of(customer: Customer) -> AccountTraits:
    """The traits of the customer's Planfix account. One query."""
    return traits_from(dict(run_prepared(TRAITS, {"account": customer.planfix_account})))


def traits_from(stored: Mapping[str, str]) -> AccountTraits:
    """The traits from their stored values by name. Ignores what this release does not know."""
    read = {name: _read(name, value) for name, value in stored.items() if name in NAMES}
    return AccountTraits(**{name: value for name, value in read.items() if value is not None})


def _read(name: str, stored: str) -> Any:
    if reader := READERS.get(name):
        try:
            return reader(stored)
        except ValueError:
            return None
    return WORDS.get(stored)


def learn(customer: Customer, *, evidence: str, **traits: Value) -> None:
    """Stores traits of the customer's account by their names in AccountTraits, in place of what was known before.

    `evidence`: what was seen, without personal data; see shape_of().
    """
    learn_each(customer, {name: (value, evidence) for name, value in traits.items()})


def learn_each(customer: Customer, learnt: Mapping[str, tuple[Value, str]]) -> None:
    """As learn(), with the evidence of each trait. One query."""
    assert learnt.keys() <= NAMES, learnt
    account = customer.planfix_account
    rows = [
        AccountTrait(
            account=account, name=name, value=_stored(value), evidence=evidence[:EVIDENCE_LENGTH], learnt_at=Now()
        )
        for name, (value, evidence) in learnt.items()
    ]
    AccountTrait.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "name"],
        update_fields=["value", "evidence", "learnt_at"],
    )


def _stored(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)


def number_storage(written: str, stored: list[str] | tuple[str, ...], region: str) -> NumberStorage:
    """How a number that was written in full format is stored. `stored`: the numbers of the contact as read back.

    `region`: the country of numbers without a country code.
    """
    if written in stored:
        return NumberStorage.AS_WRITTEN
    if written.removeprefix("+") in stored:
        return NumberStorage.DIGITS
    if any(_digits(number) == _digits(written) for number in stored):
        return NumberStorage.FORMATTED
    is_national = any(_is_national(number, written, region) for number in stored)
    return NumberStorage.NATIONAL if is_national else NumberStorage.CHANGED


def _is_national(stored: str, written: str, region: str) -> bool:
    """Is the number stored whole, with a beginning that the region's numbers have in place of their country code?

    A trial's number is assigned to nobody, so that it cannot be read without its country code. An example is read
    instead.
    """
    number = phonenumbers.parse(written)
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    digits, national = _digits(stored), phonenumbers.national_significant_number(number)
    if example is None or example.country_code != number.country_code or not digits.endswith(national):
        return False
    beginning = digits.removesuffix(national)
    full = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    return normalize(beginning + phonenumbers.national_significant_number(example), region) == full


def learn_number_storage(customer: Customer, *, written: str, stored: list[str] | tuple[str, ...]) -> NumberStorage:
    """Learns from a contact that was just created and read back. Returns how its number is stored."""
    found = number_storage(written, stored, customer.region)
    shapes = ", ".join(map(shape_of, stored)) or "nothing"
    learn(customer, evidence=f"{shape_of(written)} is stored as {shapes}", number_storage=found)
    return found


def shape_of(text: str) -> str:
    """The text with every digit as 0 and every letter as x: shows a number's format and not the number."""
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", text))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def forget(customer: Customer, *names: str) -> None:
    """Makes these traits of the customer's account unknown."""
    AccountTrait.objects.filter(account=customer.planfix_account, name__in=names).delete()


def forget_unused_traits() -> None:
    """Deletes the traits of accounts that no customer uses."""
    used = {customer.planfix_account for customer in Customer.objects.only("planfix_url")}
    AccountTrait.objects.exclude(account__in=used).delete()
