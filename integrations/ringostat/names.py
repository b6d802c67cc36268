"""Which fact a parameter's name means, however it is spelled. Knows nothing of values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from integrations.ringostat.name_words import plain_letters, rule_for, without_prefixes
from integrations.ringostat.vocabulary import (
    ANALYSIS,
    DOUBTFUL,
    EVENT_NAMES,
    NOT_CALLS,
    NUMBERED_ACTION,
    PARAMETERS,
    RATING,
    SCARCE_IDS,
    SURE_IDS,
    UNMISTAKABLE,
    UTM,
    WRAPPERS,
)

MAX_NAME = 64

_SEPARATORS = re.compile(r"[\s_-]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[^\W_]+")
_ACTION = re.compile(NUMBERED_ACTION)


class Slot(NamedTuple):
    """What a name means: a fact, and the name's rank among the names of that fact. Rank 0 is the most trusted.

    `is_doubtful`: the name is a common word; it means the fact only if its value can be nothing else.
    """

    fact: str
    rank: int
    is_doubtful: bool = False


def folded(name: str) -> str:
    """Letters and digits in lower case: `callType`, `Call type`, `{{call_type}}` and `CALL-TYPE` are one name."""
    return _NO_LETTERS.sub("", plain_letters(name).lower())


def plain_name(name: str) -> str:
    """Lower case with underscores, without the braces that names with spaces are typed in: {{Call type}}."""
    if name.isalpha() and name.islower():
        return name
    return _SEPARATORS.sub("_", name.strip("{} ").lower())


BEHIND_PREFIX, BY_WORDS, DOUBTED = 100, 200, 1000
"""Added to a name's rank: a name that the vocabulary lists comes before one that only its words explain."""


def _slots() -> dict[str, Slot]:
    slots: dict[str, Slot] = {}
    for table, is_doubtful in ((PARAMETERS, False), (ANALYSIS, False), (RATING, False), (DOUBTFUL, True)):
        for fact, names in table.items():
            for rank, name in enumerate(names):
                slots.setdefault(folded(name), Slot(fact, rank + DOUBTED * is_doubtful, is_doubtful))
    return slots


SLOTS = _slots()
_UTM = {folded(name): name for name in UTM}
EVENT_KEYS = [folded(name) for name in EVENT_NAMES]
"""The folded names of parameters whose values may name the event, the most trusted first."""
_SURE_IDS, _SCARCE_IDS, _UNMISTAKABLE, _WRAPPERS = (
    frozenset(map(folded, names)) for names in (SURE_IDS, SCARCE_IDS, UNMISTAKABLE, WRAPPERS)
)


def _slot_of(name: str) -> Slot | None:
    if slot := SLOTS.get(folded(name)):
        return slot
    if action := _ACTION.fullmatch(plain_name(name)):
        return Slot(f"action_{int(action[1])}", 0)
    if folded(name) in EVENT_KEYS:
        return None
    return _slot_behind_prefix(name) or _slot_by_words(name)


def _slot_behind_prefix(name: str) -> Slot | None:
    """The slot of a name with a prefix, such as `data__call_id` or `ringostat_billsec`. A common word behind a prefix
    is doubtful: `data_type`, `body.date`."""
    for key in map(folded, without_prefixes(plain_letters(name))):
        if slot := SLOTS.get(key):
            is_doubtful = slot.is_doubtful or key not in _UNMISTAKABLE | _SURE_IDS
            rank = slot.rank + BEHIND_PREFIX + DOUBTED * (is_doubtful and not slot.is_doubtful)
            return Slot(slot.fact, rank, is_doubtful)
    return None


def _slot_by_words(name: str) -> Slot | None:
    rule = rule_for(plain_letters(name))
    return Slot(rule.fact, BY_WORDS + DOUBTED * rule.is_doubtful, rule.is_doubtful) if rule else None


class Name(NamedTuple):
    """What a parameter's name alone says. `event`: the folded name, if the parameter's value may name the event."""

    slot: Slot | None
    event: str
    is_sure_id: bool
    """True for a name of the call's ID: an object that has it is a call, whatever the object is called."""
    own: str
    """The stored name of a parameter that the customer invented."""


@lru_cache(maxsize=4096)
def read_short_name(name: str) -> Name:
    """Reads a name of at most MAX_NAME characters. Remembers it: every webhook of a customer has the same names."""
    key = folded(name)
    slot = _slot_of(name)
    is_sure_id = slot is not None and slot.fact == "ringostat_id" and not slot.is_doubtful and key not in _SCARCE_IDS
    return Name(slot, key if key in EVENT_KEYS else "", is_sure_id, own_name(name))


def read_long_name(name: str) -> Name:
    """A longer name means no fact, and is not remembered."""
    return Name(None, "", False, own_name(name))


def own_name(name: str) -> str:
    """The stored name of a parameter without a fact: `utm_source`, also for `data__UTM source`."""
    utm_names = (found for found in (plain_name(name), *without_prefixes(name)) if found.startswith("utm_"))
    return (_UTM.get(folded(name)) or next(utm_names, name.strip("{} ")))[:MAX_NAME]


def slot_of(name: str) -> Slot | None:
    """What the name means; None for a parameter of the customer's own."""
    return read_short_name(name).slot if len(name) <= MAX_NAME else None


def is_not_a_call(name: str) -> bool:
    """True for the name of an event, or of an object, that is about something else."""
    return not NOT_CALLS.isdisjoint(_WORDS.findall(plain_name(name)))


def is_wrapper(name: str) -> bool:
    """True for the name of an object that only wraps others: its parameters keep their own names."""
    return folded(name) in _WRAPPERS


def holds_call_id(outer: str, names: Iterable[str]) -> bool:
    """True for an object that is the call itself, whatever its name is."""
    return not is_not_a_call(outer) and has_call_id(names)


def has_call_id(names: Iterable[str]) -> bool:
    """True when one of the names is sure to hold a call's ID."""
    return any(read_short_name(name).is_sure_id for name in names if len(name) <= MAX_NAME)


def inner_name(outer: str, inner: str, *, wraps: bool) -> str:
    """The name of a parameter inside of an object: `employee: {id: 1}` is employee_id, `call: {billsec: 4}` billsec."""
    full = f"{outer}_{inner}"
    if wraps and slot_of(inner) and folded(full) not in SLOTS:
        return inner
    slot = slot_of(full) if not is_not_a_call(outer) else None
    if slot and (not slot.is_doubtful or folded(full) in SLOTS):
        return full
    if wraps or (not is_not_a_call(outer) and (folded(inner) in _UNMISTAKABLE or inner.lower().startswith("utm_"))):
        return inner
    return full
