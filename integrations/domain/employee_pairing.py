"""Pairs the people of two systems by e-mail, extension and name. Knows neither system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Protocol

from integrations.domain.employees import is_shorter_form, name_words


class Person(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def extension(self) -> str: ...


class PairedBy(StrEnum):
    EMAIL = "email"
    EXTENSION = "extension"
    NAME = "name"


@dataclass(frozen=True, kw_only=True)
class EmployeePair:
    """One person in two lists, by the positions of the two entries."""

    left: int
    right: int
    by: PairedBy
    against: tuple[PairedBy, ...] = ()
    """Clues that point to another person on either side. A specialist should check the pair."""


def _same_text(left: str, right: str) -> bool:
    return bool(left.strip()) and left.strip().casefold() == right.strip().casefold()


def _same_name(left: str, right: str) -> bool:
    one, other = name_words(left), name_words(right)
    return bool(one) and one == other


def _same_shorter_name(left: str, right: str) -> bool:
    return is_shorter_form(name_words(left), name_words(right))


Likeness = Callable[[Person, Person], bool]

CLUES: tuple[tuple[PairedBy, Likeness], ...] = (
    (PairedBy.EMAIL, lambda left, right: _same_text(left.email, right.email)),
    (PairedBy.EXTENSION, lambda left, right: _same_text(left.extension, right.extension)),
    (PairedBy.NAME, lambda left, right: _same_name(left.name, right.name)),
    (PairedBy.NAME, lambda left, right: _same_shorter_name(left.name, right.name)),
)
"""The most reliable first: an extension may be inherited, and two people may have one name."""


def pair_people(left: Sequence[Person], right: Sequence[Person]) -> list[EmployeePair]:
    """Pairs people clue by clue. Each person is in one pair at most, and the order of the lists does not matter.

    A clue pairs two people who are not paired yet when it fits no other of them. When it fits several, the next clue
    decides.
    """
    alike = {place: _alike(left, right, likeness) for place, (_, likeness) in enumerate(CLUES)}
    found: list[EmployeePair] = []
    for place, (by, _) in enumerate(CLUES):
        taken = ({pair.left for pair in found}, {pair.right for pair in found})
        free = [(one, other) for one, other in alike[place] if one not in taken[0] and other not in taken[1]]
        found += [
            EmployeePair(left=one, right=other, by=by, against=_against(one, other, alike))
            for one, other in _only_ones(free)
        ]
    return sorted(found, key=lambda pair: pair.left)


def _alike(left: Sequence[Person], right: Sequence[Person], likeness: Likeness) -> list[tuple[int, int]]:
    return [
        (one, other) for one, other in product(range(len(left)), range(len(right))) if likeness(left[one], right[other])
    ]


def _only_ones(joined: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    lefts, rights = Counter(one for one, _ in joined), Counter(other for _, other in joined)
    return ((one, other) for one, other in joined if lefts[one] == rights[other] == 1)


def _against(one: int, other: int, alike: Mapping[int, Sequence[tuple[int, int]]]) -> tuple[PairedBy, ...]:
    """The clues against this pair: each fits one of the two and a different person."""
    doubts = (
        CLUES[place][0]
        for place, joined in alike.items()
        if (one, other) not in joined and any(one == left or other == right for left, right in joined)
    )
    return tuple(dict.fromkeys(doubts))
