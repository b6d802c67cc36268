"""Replacements of single words and numbers: the same input gives the same output within one file, of the same shape.

Keyed by a random salt that is not stored: without it nobody can try out which number a replacement stands for.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException

from integrations.domain.numbering_plans import is_dialable
from integrations.domain.phones import is_hidden, normalize

ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщьюяєії", "ąćęłńóśźż")
SHORTEST_AVOIDED = 3
ATTEMPTS = 200
PART_OF_NUMBER = 4
"""So many digits of a client's number count as a part of it, such as the last seven of a search."""
OPEN_DIGITS = 7
"""The last digits of a national number are replaced. The digits before them name the operator or the town."""

Make = Callable[[str, random.Random], str]


class Pseudonyms:
    def __init__(self, salt: bytes, region: str, avoid: Iterable[str] = ()) -> None:
        """`region`: the country of numbers without a country code. `avoid`: texts that no replacement contains."""
        self._salt = salt
        self._region = region
        self._avoid = {text.lower() for text in avoid if len(text) >= SHORTEST_AVOIDED}
        self._known: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()
        self.numbers: dict[str, str] = {}
        """The replacements of the numbers so far, both in full format."""
        self._parts: dict[str, str] = {}
        """The replacements of national numbers, whose parts are replaced alike."""

    def word(self, word: str) -> str:
        """Letters of the same alphabet and case."""
        lower = word.lower() if len(word.lower()) == len(word) else word
        letters = zip(word, self._once("word", lower, _other_letters), strict=True)
        return "".join(new.upper() if old.isupper() and len(new.upper()) == 1 else new for old, new in letters)

    def identifier(self, digits: str) -> str:
        """Digits of the same length. Zero stays zero."""
        return self._once("digits", digits, _other_digits) if digits.strip("0") else digits

    def digits(self, digits: str) -> str:
        """As identifier(). Of a known phone number's part the same part, and one or two digits stay: they count."""
        return self.number_part(digits, PART_OF_NUMBER) or (self.identifier(digits) if len(digits) > 2 else digits)

    def number_part(self, digits: str, shortest: int) -> str | None:
        """The part of a known number's replacement; None if no known number contains these digits."""
        for number, replaced in self._parts.items():
            if len(digits) >= shortest and digits in number:
                start = number.index(digits)
                return replaced[start : start + len(digits)]
        return None

    def phone(self, written: str) -> str | None:
        """The number in the same spelling with other digits, of the same country and length. None: not a number."""
        if is_hidden(written):
            return written
        number = normalize(written, self._region)
        national = _national(number or "")
        digits = re.sub(r"\D", "", written)
        if number is None or not national or not digits.endswith(national):
            return None
        changed = iter(digits[: -len(national)] + self._national_for(number, national))
        return re.sub(r"\d", lambda _digit: next(changed), written)

    def uuid(self, text: str) -> str:
        return self._once("uuid", text.lower(), _other_hexadecimals)

    def octet(self, digits: str) -> str:
        """A part of an IP address, of the same length."""
        return self._once("octet", digits, _other_octet)

    def _national_for(self, number: str, national: str) -> str:
        country = number.removesuffix(national)

        def other(_number: str, chance: random.Random) -> str:
            """Keeps what makes a number valid and dialable, if it can."""
            for _attempt in range(ATTEMPTS):
                new = _other_end(national, chance)
                if _kind(country + new) == _kind(number):
                    return new
            return _other_end(national, chance)

        replaced = self._once("number", number, other)
        self._parts[national] = replaced
        self.numbers[number] = country + replaced
        return replaced

    def _once(self, kind: str, original: str, make: Make) -> str:
        if (kind, original) not in self._known:
            self._known[kind, original] = self._new(kind, original, make)
        return self._known[kind, original]

    def _new(self, kind: str, original: str, make: Make) -> str:
        """A replacement that no other input has. With one or two letters there may be none left."""
        for attempt in range(ATTEMPTS):
            seed = hashlib.blake2b(f"{kind} {attempt} {original}".encode("utf-8", "replace"), key=self._salt).digest()
            candidate = make(original, random.Random(seed))  # noqa: S311 - the seed is keyed
            is_free = (kind, candidate) not in self._taken and candidate != original
            if is_free and not any(text in candidate for text in self._avoid):
                break
        self._taken.add((kind, candidate))
        return candidate


def _other_letters(word: str, chance: random.Random) -> str:
    return "".join(chance.choice(_alphabet_of(letter)) for letter in word)


def _other_digits(digits: str, chance: random.Random) -> str:
    zeros = len(digits) - len(digits.lstrip("0"))
    rest = len(digits) - zeros - 1
    return "0" * zeros + chance.choice("123456789") + "".join(chance.choices("0123456789", k=rest))


def _other_octet(digits: str, chance: random.Random) -> str:
    return str(chance.randrange(10 ** (len(digits) - 1), min(10 ** len(digits), 255)))


def _other_hexadecimals(text: str, chance: random.Random) -> str:
    return re.sub("[0-9a-f]", lambda _digit: chance.choice("0123456789abcdef"), text)


def _other_end(national: str, chance: random.Random) -> str:
    kept = max(len(national) - OPEN_DIGITS, min(2, len(national) - 1))
    return national[:kept] + "".join(chance.choices("0123456789", k=len(national) - kept))


@lru_cache(1024)
def _alphabet_of(letter: str) -> str:
    """Its alphabet, or the small letters near it in Unicode."""
    for alphabet in ALPHABETS:
        if letter in alphabet:
            return alphabet
    first = ord(letter) // 64 * 64
    near = (chr(code) for code in range(first, first + 64))
    return "".join(one for one in near if one.isalpha() and one.lower() == one) or "x"


def _national(number: str) -> str:
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(number))
    except NumberParseException:
        return ""


def _kind(number: str) -> tuple[bool, bool, bool]:
    """A number that is like another in this is found, created and shown like it."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return False, False, False
    is_whole = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
    return phonenumbers.is_valid_number(parsed), is_dialable(parsed), is_whole
