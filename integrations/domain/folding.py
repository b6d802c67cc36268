"""Folds the events of one call into one set of facts. Their order and number do not matter. Knows no storage.

Each field keeps its candidate of the highest rank. A rank depends only on the candidate's own event, so folding is
commutative, associative and idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import reduce
from typing import Any

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.outcome import outcome_of
from integrations.domain.phones import is_hidden

Folded = dict[str, Any]
"""JSON-serialisable: {"final": bool, "facts": {field: candidate}, "parameters": {name: candidate}, …}.
A candidate is [final, answered, talk_seconds, total_seconds, value]."""

MAX_KEYS = 100

STORED_NAMES = {"total_seconds": "duration", "wait_seconds": "waiting", "talk_seconds": "talk"}
"""Attribute → the older name that the database uses for the fact."""

NUMBERS = ("e164", "userfield", "caller", "destination")
HIDDEN_RANK = (-1, 0, 0, 0)
"""The rank of a word for a hidden number. A number from any event ranks higher."""

SHORTEST_SURE = 5
"""A text of at least so many characters that ends with a digit is a number."""

MAPPINGS = ("parameters", "analysis", "rating")
SCALARS = tuple(field.name for field in fields(CallFacts) if field.name not in {"ringostat_id", "is_final", *MAPPINGS})
DECODERS: dict[str, Callable[[str], object]] = {
    "direction": Direction,
    "exact_start": datetime.fromisoformat,
    "local_start": datetime.fromisoformat,
}

Candidates = dict[str, list[Any]]


def fold(stored: Folded | None, event: CallFacts) -> Folded:
    """The facts after one more event. `stored` is None before the first event, and is not changed."""
    news = _folded(event)
    if stored is None:
        return news | {name: _bounded(news[name]) for name in MAPPINGS}
    merged: Folded = {"final": bool(stored.get("final")) or news["final"]}
    merged["facts"] = _merge(stored.get("facts", {}), news["facts"])
    for name in MAPPINGS:
        merged[name] = _bounded(_merge(stored.get(name, {}), news[name]))
    return merged


def refold(stored: Folded, events: Iterable[CallFacts]) -> Folded:
    """The facts after the call's events are parsed again, by a newer parser.

    New values replace those that were read from the same events before. Values that no event contains stay, and so do
    values of a higher rank from elsewhere, such as the call list.
    """
    fresh: Folded = reduce(fold, events, {"final": False})
    anew: Folded = {"final": bool(stored.get("final")) or fresh["final"]}
    for name in ("facts", *MAPPINGS):
        known, read = stored.get(name, {}), fresh.get(name, {})
        anew[name] = _bounded(
            known | {key: told for key, told in read.items() if told[:-1] >= known.get(key, told)[:-1]}
        )
    return anew


def facts_of(stored: Folded, ringostat_id: str) -> CallFacts:
    """The call's facts. Skips fields that this version does not know."""
    known = stored.get("facts", {})
    values: dict[str, Any] = {
        name: DECODERS.get(name, _as_is)(known[_stored_name(name)][-1])
        for name in SCALARS
        if _stored_name(name) in known
    }
    for name in MAPPINGS:
        values[name] = {key: candidate[-1] for key, candidate in stored.get(name, {}).items()}
    return CallFacts(ringostat_id=ringostat_id, is_final=bool(stored.get("final")), **values)


def kept_keys(names: Iterable[str]) -> list[str]:
    """The parameters to keep when there are more than MAX_KEYS: utm_* first, then by name."""
    return sorted(names, key=lambda name: (not name.startswith("utm_"), name))[:MAX_KEYS]


def _folded(event: CallFacts) -> Folded:
    rank = _rank(event)
    folded: Folded = {"final": event.is_final}
    facts = {_stored_name(name): getattr(event, name) for name in SCALARS}
    folded["facts"] = _candidates(rank, facts)
    for name in NUMBERS:
        if name in folded["facts"] and _may_be_hidden(facts[name]) and is_hidden(facts[name]):
            folded["facts"][name] = [*HIDDEN_RANK, facts[name]]
    for name in MAPPINGS:
        folded[name] = _candidates(rank, getattr(event, name))
    return folded


def _may_be_hidden(number: str) -> bool:
    """A cheap check that is False for nearly all numbers."""
    return not number[-1].isdecimal() or len(number) < SHORTEST_SURE


def _rank(event: CallFacts) -> list[int]:
    """A final event beats an interim one, answered beats missed, longer beats shorter."""
    answered = outcome_of(event) is Outcome.ANSWERED
    return [int(event.is_final), int(answered), event.talk_seconds or 0, event.total_seconds or 0]


def _candidates(rank: list[int], values: Mapping[str, object]) -> Candidates:
    return {
        name: [*rank, value if type(value) is str else _encoded(value)]
        for name, value in values.items()
        if value is not None and value != ""
    }


def _encoded(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Direction) else value


def _merge(one: Candidates, other: Candidates) -> Candidates:
    merged = dict(one)
    for name, candidate in other.items():
        merged[name] = max(merged.get(name, candidate), candidate)
    return merged


def _bounded(candidates: Candidates) -> Candidates:
    # Dropping the last keys keeps folding independent of the order of events: a key among the first of the whole
    # union is among the first of each part of it.
    if len(candidates) <= MAX_KEYS:
        return candidates
    return {name: candidates[name] for name in kept_keys(candidates)}


def _stored_name(name: str) -> str:
    return STORED_NAMES.get(name, name)


def _as_is(value: object) -> object:
    return value
