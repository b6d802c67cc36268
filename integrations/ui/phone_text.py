"""Formats phone numbers for people: digits in groups, as the number's country writes them."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

PAIRED_COUNTRY_CODES = frozenset({7, 375, 380})
"""Belarus, Kazakhstan, Russia and Ukraine write the last four digits as two pairs."""

_LAST_FOUR = re.compile(r" (\d\d)(\d\d)$")


@lru_cache(4096)  # Formatting a number takes longer than rendering its row.
def grouped(number: str) -> str:
    """Formats "+380671234567" as "+380 67 123 45 67". Leaves a text that is no full number as it is."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return number
    text = phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL).replace("-", " ")
    return _LAST_FOUR.sub(r" \1 \2", text) if parsed.country_code in PAIRED_COUNTRY_CODES else text
