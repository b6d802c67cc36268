"""The phone numbers in the phone fields of contacts, and how they are written. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from integrations.domain.phones_in_text import numbers_in
from integrations.models import DirectoryNumber, Spelling

WRITTEN_LENGTH = DirectoryNumber._meta.get_field("written").max_length or 0


class WrittenNumber(NamedTuple):
    """`number`: in full format; "" for a field without a number. `written`: the field."""

    number: str
    written: str

    @property
    def spelling(self) -> Spelling:
        return spelling_of(self.written, self.number)


def numbers_of(phones: Iterable[str], regions: Collection[str]) -> frozenset[WrittenNumber]:
    """Every number of a contact's phone fields. A number without country code is one of each of these countries."""
    return frozenset(number for phone in phones for number in _of_field(phone, regions))


def _of_field(phone: str, regions: Collection[str]) -> Iterator[WrittenNumber]:
    written = phone[:WRITTEN_LENGTH]
    numbers = {number for region in regions for number in numbers_in(written, region)}
    for number in numbers or {""}:
        yield WrittenNumber(number, written)


def spelling_of(written: str, number: str) -> Spelling:
    """How a phone field writes its full number. `number`: "" if it has none."""
    if not number:
        return Spelling.UNREADABLE
    if written == number:
        return Spelling.FULL
    digits, full_digits = re.sub(r"\D", "", written), number.removeprefix("+")
    if written == full_digits:
        return Spelling.DIGITS
    if any(character.isalpha() for character in written) or len(digits) > len(full_digits) + 2:
        return Spelling.TEXT
    return Spelling.FORMATTED if digits == full_digits else Spelling.LOCAL
