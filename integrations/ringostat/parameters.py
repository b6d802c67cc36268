"""What came under a parameter's name, whether or not it has become a fact. Knows nothing of where it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts
from integrations.ringostat.facts import by_plain_name, plain_name
from integrations.ringostat.vocabulary import ANALYSIS, NUMBERED_ACTION, PARAMETERS, RATING


def _by_word(vocabulary: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: name for name, words in vocabulary.items() for word in words}


_FACTS, _ANALYSIS, _RATING = (_by_word(vocabulary) for vocabulary in (PARAMETERS, ANALYSIS, RATING))


def value_of(facts: CallFacts, name: str, timezone: ZoneInfo) -> str:
    """The value of a parameter in any spelling of its name, "" for none. Times are in `timezone`.

    Where several words mean one fact (pool_name and n_alias), each of them has its value.
    """
    plain = plain_name(name)
    if own := by_plain_name(facts.parameters).get(plain):
        return own
    if fact := _FACTS.get(plain):
        return _fact(facts, fact, timezone)
    if action := re.fullmatch(NUMBERED_ACTION, plain):
        return facts.analysis.get(f"action_{int(action[1])}", "")
    return facts.analysis.get(_ANALYSIS.get(plain, ""), "") or facts.rating.get(_RATING.get(plain, ""), "")


def _fact(facts: CallFacts, name: str, timezone: ZoneInfo) -> str:
    known = asdict(facts) | {
        "exact_start": facts.started_at,
        "local_start": facts.started_at,
        "duration_ms": None if facts.total_seconds is None else facts.total_seconds * 1000,
    }
    value = known[name]
    if isinstance(value, datetime):
        return value.astimezone(timezone).isoformat(" ", "seconds")[:19]
    return str(int(value) if isinstance(value, bool) else "" if value is None else value)
