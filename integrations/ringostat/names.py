"""Which fact a parameter's name means, however it is spelled. Knows nothing of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from integrations.ringostat.vocabulary import (
    ANALYSIS,
    DOUBTFUL,
    EVENT_NAMES,
    NOT_CALLS,
    NUMBERED_ACTION,
    PARAMETERS,
    RATING,
    SURE_IDS,
    UNMISTAKABLE,
    WRAPPERS,
)

MAX_NAME = 64

_SEPARATORS = re.compile(r"[\s_-]+")
_NO_LETTERS = re.compile(r"[\W_]+")
_WORDS = re.compile(r"[^\W_]+")
_ACTION = re.compile(NUMBERED_ACTION)


class Slot(NamedTuple):
    """What a name means: a fact, and how far down it stands among the names of that fact.

    `is_doubtful`: the name is a common word; it means the fact only if its value can be nothing else.
    """

    fact: str
    rank: int
    is_doubtful: bool = False


Named = tuple[Slot, str, str]
"""What a value is for, the name that the request gives it, and the value as it came."""

Known = dict[str, list[Named]]
"""Fact → what came for it and is not empty, the most trusted name first."""


def folded(name: str) -> str:
    """Letters and digits in lower case: `callType`, `Call type`, `{{call_type}}` and `CALL-TYPE` are one name."""
    return _NO_LETTERS.sub("", name.lower())


def plain_name(name: str) -> str:
    """Lower case with underscores, without the braces that names with spaces are typed in: {{Call type}}."""
    return _SEPARATORS.sub("_", name.strip("{} ").lower())


def _slots() -> dict[str, Slot]:
    slots: dict[str, Slot] = {}
    for table, is_doubtful in ((PARAMETERS, False), (ANALYSIS, False), (RATING, False), (DOUBTFUL, True)):
        for fact, names in table.items():
            for rank, name in enumerate(names):
                slots.setdefault(folded(name), Slot(fact, rank + 100 * is_doubtful, is_doubtful))
    return slots


SLOTS = _slots()
_EVENT_NAMES = [folded(name) for name in EVENT_NAMES]
_SURE_IDS, _UNMISTAKABLE, _WRAPPERS = (frozenset(map(folded, names)) for names in (SURE_IDS, UNMISTAKABLE, WRAPPERS))


def _slot_of(name: str) -> Slot | None:
    if slot := SLOTS.get(folded(name)):
        return slot
    if action := _ACTION.fullmatch(plain_name(name)):
        return Slot(f"action_{int(action[1])}", 0)
    return None


_slot_of_short_name = lru_cache(maxsize=4096)(_slot_of)
"""Every webhook of a customer brings the same names."""


def slot_of(name: str) -> Slot | None:
    """None for a parameter of the customer's own."""
    return _slot_of_short_name(name) if len(name) <= MAX_NAME else None


def by_fact(fields: Mapping[str, str]) -> tuple[Known, list[tuple[str, str]]]:
    """What came for each fact, and the parameters of the customer's own."""
    known: Known = {}
    own: list[tuple[str, str]] = []
    for name, raw in fields.items():
        slot = slot_of(name)
        if slot is None:
            own.append((name, raw))
        elif raw:
            known.setdefault(slot.fact, []).append((slot, name, raw))
    for named in known.values():
        if len(named) > 1:
            named.sort(key=_rank)
    return known, own


def _rank(named: Named) -> int:
    return named[0].rank


def event_names(fields: Mapping[str, str]) -> list[str]:
    """The values of the parameters that may name the event, as plain names."""
    found = {key: raw for name, raw in fields.items() if (key := _short_folded(name)) in _EVENT_NAMES and raw}
    return [plain_name(found[name]) for name in _EVENT_NAMES if name in found]


@lru_cache(maxsize=4096)
def _folded_event_name(name: str) -> str:
    key = folded(name)
    return key if key in _EVENT_NAMES else ""


def _short_folded(name: str) -> str:
    return _folded_event_name(name) if len(name) <= MAX_NAME else ""


def is_event_name(name: str) -> bool:
    return bool(_short_folded(name))


def is_not_a_call(name: str) -> bool:
    """True for the name of an event, or of an object, that is about something else."""
    return not NOT_CALLS.isdisjoint(_WORDS.findall(plain_name(name)))


def is_wrapper(name: str) -> bool:
    """True for objects that only wrap: what is in them goes by its own name."""
    return folded(name) in _WRAPPERS


def holds_call_id(outer: str, names: Iterable[str]) -> bool:
    """True for an object that is the call itself, whatever the object is called."""
    return not is_not_a_call(outer) and not _SURE_IDS.isdisjoint(map(folded, names))


def inner_name(outer: str, inner: str, *, wraps: bool) -> str:
    """The name of a parameter inside of an object: `employee: {id: 1}` is employee_id, `call: {billsec: 4}` billsec."""
    full = f"{outer}_{inner}"
    if slot_of(full) and not is_not_a_call(outer):
        return full
    if wraps or (not is_not_a_call(outer) and (folded(inner) in _UNMISTAKABLE or inner.lower().startswith("utm_"))):
        return inner
    return full


KNOWN_NAMES = frozenset(chain(SLOTS, _EVENT_NAMES))
