"""National habits that the phonenumbers library does not know, which numbers can exist, and the library's age."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, ValidationResult

LIBRARY_DATES = {"9.0.43": date(2026, 11, 6)}
"""Release of phonenumbers → the day of its build. To raise the pinned version, add its day."""

DISUSED_PREFIXES = {
    # Prefixes that a country has abolished and people still dial (ITU-T E.164 national numbering plans,
    # https://www.itu.int/oth/T0202.aspx). The library knows the prefixes in use, such as Lithuania's 0 and 8.
    30: ("0",),  # Greece, until 2003
    48: ("0",),  # Poland, until 2009
    351: ("0",),  # Portugal, until 1999
    371: ("8",),  # Latvia, until 2005
    372: ("8", "0"),  # Estonia, until 2004
    374: ("8",),  # Armenia
    380: ("80",),  # Ukraine, until 2009: 8 067 123 45 67
    420: ("0",),  # Czechia, until 2002
    992: ("8",),  # Tajikistan
    994: ("8",),  # Azerbaijan
    995: ("8",),  # Georgia, until 2011
    996: ("8",),  # Kyrgyzstan
    998: ("8", "0"),  # Uzbekistan
}
DISUSED_INTERNATIONAL = {"UA": "810"}
"""The prefix for calls abroad that a country has abolished: Ukraine's 8 10, until 2009."""

SHAPES = {
    # National Numbering Plan of Ukraine: areas 3x to 6x, mobile networks 39, 5x, 6x, 7x, 89 and 9x.
    380: r"(?:[3-7]\d|89|9[1-9])\d{7}",
    # North American Numbering Plan: neither area nor exchange begins with 0 or 1, no area has 9 as its second digit.
    1: r"[2-9][0-8]\d[2-9]\d{6}",
}
"""Stricter than the library's general pattern of a country; by country code."""


def is_dialable(number: PhoneNumber) -> bool:
    """True for numbers that exist according to the library, and for well-formed ones of a range that it does not know
    yet.
    """
    if phonenumbers.is_valid_number(number):
        return True
    national = phonenumbers.national_significant_number(number)
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE or len(set(national)) == 1:
        return False
    shape = SHAPES.get(number.country_code or 0) or _general_pattern(number.country_code or 0)
    return re.fullmatch(shape, national) is not None


def without_disused_prefix(digits: str, region: str, *, states_country: bool) -> Iterator[str]:
    """The digits as full numbers without an abolished prefix, which may follow the country code too."""
    for code, prefixes in DISUSED_PREFIXES.items():
        starts = [f"{code}{prefix}" for prefix in prefixes]
        if not states_country and code == phonenumbers.country_code_for_region(region):
            starts += prefixes
        for start in starts:
            if digits.startswith(start):
                yield f"+{code}{digits.removeprefix(start)}"
    abroad = DISUSED_INTERNATIONAL.get(region)
    if abroad and not states_country and digits.startswith(abroad):
        yield "+" + digits.removeprefix(abroad)


def library_date() -> date | None:
    """The build date of the installed phonenumbers library; None for an unknown release."""
    return LIBRARY_DATES.get(phonenumbers.__version__)


def _general_pattern(country_code: int) -> str:
    region = phonenumbers.region_code_for_country_code(country_code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    pattern = metadata.general_desc.national_number_pattern if metadata and metadata.general_desc else None
    return pattern or "(?!)"
