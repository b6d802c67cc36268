"""Which fact a parameter's name means, however it is spelled. Knows nothing of values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
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


class _Name(NamedTuple):
    """What is known of a name itself; `event` is the name folded, if its value may name the event."""

    slot: Slot | None
    event: str


def _read_name(name: str) -> _Name:
    key = folded(name)
    return _Name(_slot_of(name), key if key in _EVENT_NAMES else "")


_read_short_name = lru_cache(maxsize=4096)(_read_name)
"""Every webhook of a customer brings the same names."""
_NO_FACT = _Name(None, "")


def slot_of(name: str) -> Slot | None:
    """None for a parameter of the customer's own."""
    return _read_short_name(name).slot if len(name) <= MAX_NAME else None


@dataclass(frozen=True, slots=True)
class Sorted:
    """Parameters by what they mean. `own`: those of the customer's; `has_doubtful`: some have a common word as name."""

    known: Known
    own: list[tuple[str, str]]
    events: dict[str, str]
    has_doubtful: bool

    def event_names(self) -> list[str]:
        """The values of the parameters that may name the event, as plain names, the most trusted first."""
        return [plain_name(self.events[name]) for name in _EVENT_NAMES if name in self.events] if self.events else []


def by_fact(fields: Mapping[str, str]) -> Sorted:
    known: Known = {}
    own: list[tuple[str, str]] = []
    events: dict[str, str] = {}
    has_doubtful = has_several = False
    for name, raw in fields.items():
        slot, event = _read_short_name(name) if len(name) <= MAX_NAME else _NO_FACT
        if event and raw:
            events[event] = raw
        if slot is None:
            if not event:
                own.append((name, raw))
        elif raw:
            fact, _rank_of_name, is_doubtful = slot
            has_doubtful = has_doubtful or is_doubtful
            if fact in known:
                has_several = True
                known[fact].append((slot, name, raw))
            else:
                known[fact] = [(slot, name, raw)]
    for named in known.values() if has_several else ():
        named.sort(key=_rank)
    return Sorted(known, own, events, has_doubtful)


def _rank(named: Named) -> int:
    return named[0].rank


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
