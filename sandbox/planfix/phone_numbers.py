"""Phone numbers in a Planfix account: how they are stored and shown, and what the phone filter compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.planfix.world import PhoneFilter, StoredNumber

Accepts = Callable[[str], bool]
"""True if the filter finds this stored number."""


def only_digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def masked(number: str) -> str:
    """Formats a Ukrainian number by the usual mask. Other numbers stay unchanged."""
    digits = only_digits(number)
    if not digits.startswith("380") or len(digits) != 12:
        return number
    return f"+{digits[:2]} ({digits[2:5]}) {digits[5:8]}-{digits[8:10]}-{digits[10:]}"


STORED: Mapping[StoredNumber, Callable[[str], str]] = {
    StoredNumber.AS_GIVEN: lambda number: number,
    StoredNumber.DIGITS: lambda number: only_digits(number) or number,
    StoredNumber.MASKED: masked,
}


def _contains(sought: str) -> Accepts:
    part = sought.lower()
    return lambda number: part in number.lower()


def _equals(sought: str) -> Accepts:
    return lambda number: number.lower() == sought.lower()


def _digits(sought: str) -> Accepts:
    digits = only_digits(sought)
    return lambda number: digits in only_digits(number)


def _with_plus(sought: str) -> Accepts:
    digits = only_digits(sought)
    return lambda number: sought.startswith("+") and only_digits(number) == digits


def _nothing(_: str) -> Accepts:
    return lambda number: False


FILTERS: Mapping[PhoneFilter, Callable[[str], Accepts]] = {
    PhoneFilter.CONTAINS: _contains,
    PhoneFilter.EQUALS: _equals,
    PhoneFilter.DIGITS: _digits,
    PhoneFilter.WITH_PLUS: _with_plus,
    PhoneFilter.NOTHING: _nothing,
}
