"""Phone numbers and SIP logins as telephony spells them. Knows nothing of calls."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from integrations.domain.hidden_numbers import is_hidden_word, is_keypad_word
from integrations.domain.numbering_plans import is_dialable, without_disused_prefix

LONGEST_SPELLING = 250
"""Characters of a field that are read; a phone number with all its ornaments is far shorter."""

SHORTEST_WITH_COUNTRY_CODE = 11
"""Digits. A bare number this long is read with its country code first: in Germany and Italy a foreign number
would otherwise pass for a long national one. A shorter one is read as national first."""

SHORTEST_OF_NEW_RANGE = 10
"""Digits, including the national prefix. Fewer digits are not read as a number of an unknown range."""

_TAG = re.compile(r"</?(?:a|b|br|div|i|p|span|strong|u)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BRACKETED = re.compile(r"<([^<>]*\w[^<>]*)>\s*$")
_SCHEME = re.compile(r"^(?:sips?|tel|callto|whatsapp):", re.IGNORECASE)
_CHANNEL = re.compile(r"^(?:pj)?sip/(?:[\w.]+/)?(.+?)(?:-[0-9a-f]{6,8})?$", re.IGNORECASE)
"""How Asterisk names a line: SIP/trunk/380671234567, PJSIP/acmecom_iryna-0000a1b2."""
_HIDES_OWN_NUMBER = re.compile(r"^[*#]31#(?=\+?\d)")
"""Dialled before a number to hide one's own (3GPP TS 22.030)."""
_FRACTION = re.compile(r"^(\+?\d{9,15})[.,]0+$")
"""How spreadsheets write a number: 380671234567.0."""
_ALL_DIGITS = re.compile(r"\d(?:[.,]\d{1,15})?e\+?\d\d", re.IGNORECASE)
"""3.80671234567E+11"""
_HOST = re.compile(r"[@;].*$", re.DOTALL)
_EXTENSION = re.compile(
    # After a comma or #, after the pause signs p and w that telephones keep, or after a word.
    r"^([+\d\s()./-]*\d[\s).]*)(?:[,#*].*|[pw][\d,pw#*\s-]*"
    r"|\(?(?:ext(?:ension|n)?|x|до[бдп]\w*|вн\w*|внутр\w*|wewn?\w*|dw|durchwahl)[.:=\s№#]*\d+\W*)$",
    re.IGNORECASE | re.DOTALL,
)
_EXTENSION_APART = re.compile(r"^((?:[+\s()./-]*\d){11,})(?:\s*\(\d{1,5}\)|\s[-–—]\s*\d{1,5})$")
"""In parentheses or behind a dash, after as many digits as a number with its country code has."""
_LOGIN = re.compile(r"(?!\+)(?=.*[a-z])[\w.+-]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, kw_only=True)
class FullNumber:
    number: str
    """In full format, `+380671234567`."""
    is_dialable: bool
    """False for a number of the right length that cannot exist, such as +380000000000. Contacts are searched for with
    it, but none is created.
    """


@lru_cache(4096)  # each number of a call is read many times
def read_number(raw: str, region: str) -> FullNumber | None:
    """The number that a text spells, or None for a text that is no number. Never raises.

    `region` is the country of numbers written without one, as ISO 3166 letters ("UA"). If a number states its country,
    the right length is enough: the numbering plan may not know its range yet.
    """
    address = _address(raw)
    if any(c.isalnum() and c not in "0123456789" for c in address):
        return None
    digits, states_country = _digits(address)
    if is_keypad_word(digits, states_country=states_country):
        return None
    number = _best_reading(digits, region, states_country=states_country)
    if number is None:
        return None
    full = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return FullNumber(number=full, is_dialable=is_dialable(number))


def normalize(raw: str, region: str) -> str | None:
    """The number in full format, `+380671234567`; None when it cannot even be searched for. Never raises."""
    read = read_number(raw, region)
    return read.number if read else None


def is_hidden(raw: str) -> bool:
    """True for an empty text, and for what networks send in place of a hidden number."""
    return _is_hidden(_address(raw))


def sip_login(raw: str) -> str:
    """The login in `"Iryna" <acmecom_iryna>`, `sip:acmecom_iryna@host` or `acmecom_iryna`; else ""."""
    address = _address(raw)
    is_login = _LOGIN.fullmatch(address) and not _ALL_DIGITS.fullmatch(address) and not is_hidden_word(address)
    return address if is_login else ""


def same_number(one: str, other: str, region: str) -> bool:
    """True when both are usable spellings of one phone number."""
    number = normalize(one, region)
    return number is not None and number == normalize(other, region)


def search_pieces(number: str) -> tuple[str, ...]:
    """Groups of digits of a full number that stand unbroken in every usual spelling of it.

    A search that can only test "contains" asks for all pieces at once, and so finds `067 123-45-67` and `380671234567`
    alike. Compare its results by `same_number`.
    """
    spelled = phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    groups = re.findall(r"\d+", spelled)[1:]
    return tuple(piece for group in groups for piece in _short(group))


def _short(group: str) -> list[str]:
    half = len(group) // 2
    return [group] if len(group) < 4 else [*_short(group[:half]), *_short(group[half:])]


def _address(raw: str) -> str:
    """The number or login without display name, HTML, scheme, host and extension."""
    text = unicodedata.normalize("NFKC", html.unescape(raw[:LONGEST_SPELLING]))
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    text = _TAG.sub(" ", text)
    bracketed = _BRACKETED.search(text)
    text = (bracketed[1] if bracketed else text).strip(" \t\r\n\"'")
    text = _HOST.sub("", _SCHEME.sub("", text))
    text = _HIDES_OWN_NUMBER.sub("", _CHANNEL.sub(r"\1", text))
    text = _FRACTION.sub(r"\1", _with_all_digits(text))
    return _EXTENSION_APART.sub(r"\1", _EXTENSION.sub(r"\1", text)).strip(" (")


def _with_all_digits(text: str) -> str:
    """`3.80671234567E+11` as 380671234567. A number whose last digits are not written stays as it came."""
    if not _ALL_DIGITS.fullmatch(text):
        return text
    decimal = Decimal(text.replace(",", "."))
    return f"{decimal:f}" if decimal.as_tuple().exponent == 0 else text


def _digits(address: str) -> tuple[str, bool]:
    """The bare digits, and whether they are known to begin with a country code."""
    digits = re.sub(r"[^0-9]", "", address)
    if digits.startswith("00"):
        return digits[2:], True
    # "+067…" is a national number after all: no country code begins with 0.
    return digits, re.match(r"[^0-9]*\+", address) is not None and not digits.startswith("0")


def _is_hidden(address: str) -> bool:
    digits, states_country = _digits(address)
    is_number = not any(char.isalpha() for char in address)
    return is_hidden_word(address) or (is_number and is_keypad_word(digits, states_country=states_country))


def _best_reading(digits: str, region: str, *, states_country: bool) -> PhoneNumber | None:
    """The first reading that is a number according to the numbering plan, else a number of a range that it does not
    know.
    """
    spellings = ["+" + digits] if states_country else _likely_first(digits, region)
    spellings += without_disused_prefix(digits, region, states_country=states_country)
    readings = [number for spelling in spellings if (number := _parsed(spelling, region))]
    number = next(filter(phonenumbers.is_valid_number, readings), None)
    number = number or _of_unknown_range(digits, region, states_country=states_country)
    if number:
        return number
    return _national_after_all(digits, region) if states_country else _of_new_national_range(digits, region)


def _national_after_all(digits: str, region: str) -> PhoneNumber | None:
    """Reads +8 029 123-45-67 as Belarusian: no country code fits, and the digits begin as national numbers do."""
    return next(filter(phonenumbers.is_valid_number, _national_readings(digits, region)), None)


def _national_readings(digits: str, region: str) -> Iterator[PhoneNumber]:
    """Readings of digits that begin with the national prefix, or with one that the country has abolished."""
    trunk = phonenumbers.ndd_prefix_for_region(region, True)
    own = [digits] if trunk and digits.startswith(trunk) else []
    for spelling in [*own, *without_disused_prefix(digits, region, states_country=False)]:
        if number := _parsed(spelling, region):
            yield number


def _likely_first(digits: str, region: str) -> list[str]:
    """The ways to read digits that do not say whether a country code is among them."""
    spellings = [digits, "+" + digits]
    trunk = phonenumbers.ndd_prefix_for_region(region, True)
    if len(digits) >= SHORTEST_WITH_COUNTRY_CODE and not (trunk and digits.startswith(trunk)):
        spellings.reverse()
    return spellings


def _of_unknown_range(digits: str, region: str, *, states_country: bool) -> PhoneNumber | None:
    """A full number of the right length, in a range that the numbering plan does not know. Extra zeros do not count."""
    number = _parsed("+" + digits, region)
    if number is None or phonenumbers.format_number(number, PhoneNumberFormat.E164) != "+" + digits:
        return None
    if not states_country and number.country_code != phonenumbers.country_code_for_region(region):
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    return number if reason == ValidationResult.IS_POSSIBLE else None


def _of_new_national_range(digits: str, region: str) -> PhoneNumber | None:
    """Reads 070 123-45-67 if its range is too new for the numbering plan: it must look like numbers of known ranges."""
    if len(digits) < SHORTEST_OF_NEW_RANGE:
        return None
    return next(filter(is_dialable, _national_readings(digits, region)), None)


def _parsed(spelling: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(spelling, region)
    except NumberParseException:
        return None
