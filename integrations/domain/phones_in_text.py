"""Every phone number in a text that people typed: `067 123-45-67 Viber`, `Ivan +380 67 123 45 67`, two numbers in one
field. Knows no calls: what a webhook sends is one number, and phones.py reads it strictly.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from integrations.domain.phones import normalize, read_number

LONGEST_TEXT = 500
"""Characters that are read: a field with a dozen numbers is shorter."""
MOST_GROUPS = 40
"""Groups of digits in one run; a longer run is no list of numbers."""

_EXTENSION = re.compile(r"(?i)(?:ext(?:ension)?|доб\w*|дод\w*|вн\w*|внутр\w*|wewn?\w*|x|#)[.:=\s]*\d{1,6}\b")
_LIST_MARKER = re.compile(r"(?<![\d(])\d\)|(?<!\S)\d\.(?=\s)")
_RUN = re.compile(r"\+?[\s(]*\d[\d\s()./+–—-]*")
_BETWEEN_NUMBERS = re.compile(r"[/+]|\s{2,}|\s[-–—]\s|\n")
_GROUP = re.compile(r"\+?\d+")


@lru_cache(4096)  # a company's fields are compared with each of its callers
def numbers_in(text: str, region: str) -> tuple[str, ...]:
    """The full numbers in a text, in their order. Never raises.

    `region` is the country of numbers written without one, as ISO 3166 letters ("UA").
    """
    one = normalize(text, region)
    plain = _EXTENSION.sub(" , ", unicodedata.normalize("NFKC", text[:LONGEST_TEXT]))
    plain = _LIST_MARKER.sub(" , ", plain)
    several = [number for run in _RUN.findall(plain) for number in _in_run(run, region)]
    return tuple(dict.fromkeys([one, *several] if one else several))


def has_number(text: str, number: str, region: str) -> bool:
    """True when one of the text's numbers is this full number."""
    return number in numbers_in(text, region)


def _in_run(run: str, region: str) -> Iterator[str]:
    """The numbers of a run of digits, blanks and punctuation: its parts, else all of it, else groups."""
    parts = _split(run)
    of_parts = [number for part in parts for number in _in_run(part, region)] if len(parts) > 1 else []
    if of_parts:
        yield from of_parts
    elif number := normalize(run, region):
        yield number
    else:
        yield from _in_groups(_GROUP.findall(run), region)


def _split(run: str) -> list[str]:
    """Splits a run where one number ends and the next begins. A + begins a number and stays with it."""
    pieces = _BETWEEN_NUMBERS.split(re.sub(r"(?<=.)\+", "\n+", run, flags=re.DOTALL).replace("\n+", "\x00"))
    parts = [part for piece in pieces for part in _with_plus(piece)]
    return [part for part in parts if re.search(r"\d", part)]


def _with_plus(piece: str) -> list[str]:
    first, *others = piece.split("\x00")
    return [first, *(f"+{other}" for other in others)]


def _in_groups(groups: list[str], region: str) -> Iterator[str]:
    """Reads numbers that only spaces separate. From each group on, takes the longest row that is a dialable number."""
    place = 0
    while place < len(groups) <= MOST_GROUPS:
        ends = range(len(groups), place, -1)
        found = next((end for end in ends if _is_number(groups[place:end], region)), None)
        if found:
            yield normalize(" ".join(groups[place:found]), region) or ""
        elif groups[place].startswith("+"):
            return  # it states a country: what follows it is no national number
        place = found or place + 1


def _is_number(groups: list[str], region: str) -> bool:
    read = read_number(" ".join(groups), region)
    return read is not None and read.is_dialable
