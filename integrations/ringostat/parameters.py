"""Finds the value of a parameter that is a fact, or whose name is spelled in another way. Does not know where the value
is written.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts
from integrations.ringostat.names import folded, slot_of
from integrations.ringostat.vocabulary import PARAMETERS


def value_of(facts: CallFacts, name: str, timezone: ZoneInfo) -> str:
    """The value of a parameter by any spelling of its name; "" for none. Times are in `timezone`.

    If several names mean one fact (pool_name and n_alias), each of them has the fact's value.
    """
    wanted = folded(name)
    if own := next((value for own_name, value in facts.parameters.items() if folded(own_name) == wanted), ""):
        return own
    slot = slot_of(name)
    if slot is None:
        return ""
    if slot.fact in PARAMETERS:
        return _fact(facts, slot.fact, timezone)
    return facts.analysis.get(slot.fact, "") or facts.rating.get(slot.fact, "")


def _fact(facts: CallFacts, name: str, timezone: ZoneInfo) -> str:
    known = asdict(facts) | {
        "exact_start": facts.started_at,
        "local_start": facts.started_at,
        "duration_ms": _milliseconds(facts.total_seconds),
        "talk_ms": _milliseconds(facts.talk_seconds),
        "wait_ms": _milliseconds(facts.wait_seconds),
    }
    value = known[name]
    if isinstance(value, datetime):
        return value.astimezone(timezone).isoformat(" ", "seconds")[:19]
    return str(int(value) if isinstance(value, bool) else "" if value is None else value)


def _milliseconds(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000
