"""Makes phone numbers for trials that no client can have: from ranges for fiction, or ranges that nobody owns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from integrations.domain.phones import search_pieces

FICTION = {
    # Numbers kept for films and books: NANPA 555-01XX, Ofcom's drama numbers, Arcep's numéros fictifs.
    "US": "+120255501",
    "CA": "+141655501",
    "GB": "+447700900",
    "FR": "+3319900",
}
"""Beginnings of full numbers, by region."""

FALLBACK_REGION = "US"


def unassigned_number(region: str, seed: int) -> str:
    """Makes a full number of the region's usual length that is assigned to nobody. `seed` gives its last digits.

    `region`: ISO 3166 letters ("UA").
    """
    start, length = _range_of(region)
    digits = length - len(start)
    return start + str(seed % 10**digits).rjust(digits, "0")


def pieces_of_unassigned(number: str, region: str) -> tuple[str, ...]:
    """The groups of digits that a search would use for an assigned number of this length; see search_pieces().

    It groups the digits like the country's example number: phonenumbers has no format for an unassigned number.
    """
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is None:
        return search_pieces(number)
    national = phonenumbers.national_significant_number(phonenumbers.parse(number))
    pieces = search_pieces(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    ends = list(accumulate(map(len, pieces)))
    if not ends or ends[-1] != len(national):
        return search_pieces(number)
    return tuple(national[end - len(piece) : end] for piece, end in zip(pieces, ends, strict=True))


@lru_cache(64)
def _range_of(region: str) -> tuple[str, int]:
    """The beginning of the region's unassigned numbers, and their length with the plus."""
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is None:
        return _range_of(FALLBACK_REGION)
    length = len(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    if region in FICTION:
        return FICTION[region], length
    national = len(phonenumbers.national_significant_number(example))
    for start in _starts():
        if _is_unassigned(example.country_code or 0, start, national):
            return f"+{example.country_code}{start}", length
    return _range_of(FALLBACK_REGION)


def _starts() -> Iterator[str]:
    """Pairs of digits that a national number may begin with. None begins with 0, which would be the national prefix."""
    return (f"{number:02d}" for number in range(10, 100))


def _is_unassigned(country_code: int, start: str, length: int) -> bool:
    """Tells whether no number with this beginning is valid. Tries every next digit, because numbering plans assign
    ranges by their first digits.
    """
    numbers = (
        PhoneNumber(country_code=country_code, national_number=int(start + digit * (length - len(start))))
        for digit in "0123456789"
    )
    return all(
        phonenumbers.is_possible_number(number) and not phonenumbers.is_valid_number(number) for number in numbers
    )
