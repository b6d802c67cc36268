"""Flat parameters become CallFacts. Knows nothing of events: neither the kind nor what is final."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import chain
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts
from integrations.domain.folding import kept_keys
from integrations.domain.outcome import normal_status
from integrations.ringostat.values import (
    exact_time_of,
    flag_of,
    link_of,
    local_time_of,
    name_of,
    seconds_of,
    seconds_of_milliseconds,
    text_of,
)
from integrations.ringostat.vocabulary import (
    ANALYSIS,
    DIRECTIONS,
    EVENT_NAMES,
    NOBODY,
    NUMBERED_ACTION,
    PARAMETERS,
    RATING,
)

MAX_ID = 64
MAX_WORD = 64
MAX_PARAMETER_NAME = 64
MAX_PARAMETER = 2000
MAX_ANALYSIS = 5000

_ACTION = re.compile(NUMBERED_ACTION)
_SEPARATORS = re.compile(r"[\s_-]+")
_TAKEN = frozenset(chain(EVENT_NAMES, *PARAMETERS.values(), *ANALYSIS.values(), *RATING.values()))


def read_facts(fields: Mapping[str, str], timezone: ZoneInfo) -> CallFacts:
    """All that the parameters say of the call. The id is empty if there is none; `is_final` is left False."""
    known = by_plain_name(fields)
    exact_start, local_start = _times(known, timezone)
    call_type = _first(known, "call_type", _direction) or _first(known, "call_type", _word).lower()
    duration = _number(known, "total_seconds", seconds_of)
    return CallFacts(
        ringostat_id=_first(known, "ringostat_id", _id),
        call_type=call_type,
        direction=DIRECTIONS.get(call_type),
        status=normal_status(_first(known, "status", _word)),
        exact_start=exact_start,
        local_start=local_start,
        total_seconds=_number(known, "duration_ms", seconds_of_milliseconds) if duration is None else duration,
        wait_seconds=_number(known, "wait_seconds", seconds_of),
        talk_seconds=_number(known, "talk_seconds", seconds_of),
        e164=_first(known, "e164", name_of),
        userfield=_first(known, "userfield", name_of),
        caller=_first(known, "caller", name_of),
        destination=_first(known, "destination", name_of),
        connected_with=_first(known, "connected_with", name_of),
        outbound_number=_first(known, "outbound_number", name_of),
        staff_id=_first(known, "staff_id", _somebody),
        employee_name=_first(known, "employee_name", name_of),
        employee_email=_first(known, "employee_email", name_of),
        extension=_first(known, "extension", _somebody),
        line_name=_first(known, "line_name", name_of),
        has_recording=flag_of(_first(known, "has_recording", _word)),
        recording_url=_first(known, "recording_url", link_of),
        card_url=_first(known, "card_url", link_of),
        parameters=_parameters(fields),
        analysis=_analysis(known),
        rating={name: mark for name, names in RATING.items() if (mark := _value(known, names, _somebody))},
    )


def by_plain_name(fields: Mapping[str, str]) -> dict[str, str]:
    """The parameters by names spelled as in the vocabulary; of equal names the first non-empty one counts."""
    known: dict[str, str] = {}
    for name, raw in fields.items():
        plain = plain_name(name)
        known[plain] = known.get(plain) or raw
    return known


def plain_name(name: str) -> str:
    """Lower case with underscores, without the braces that names with spaces are typed in: {{Call type}}."""
    return _plain_short_name(name) if len(name) <= MAX_PARAMETER_NAME else _plain_name(name)


def _plain_name(name: str) -> str:
    return _SEPARATORS.sub("_", name.strip("{} ").lower())


_plain_short_name = lru_cache(maxsize=1024)(_plain_name)
"""Every webhook of a customer brings the same names, and each is looked at several times."""


def _value(known: Mapping[str, str], names: Iterable[str], read: Callable[[str], str]) -> str:
    for name in names:
        if (raw := known.get(name)) and (value := read(raw)):
            return value
    return ""


def _first(known: Mapping[str, str], fact: str, read: Callable[[str], str]) -> str:
    return _value(known, PARAMETERS[fact], read)


def _number(known: Mapping[str, str], fact: str, read: Callable[[str], int | None]) -> int | None:
    for name in PARAMETERS[fact]:
        if (raw := known.get(name)) and (number := read(raw)) is not None:
            return number
    return None


def _times(known: Mapping[str, str], timezone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    # The format of a date is chosen in Ringostat's settings, so each name may hold either kind of time.
    raws = [known[name] for name in (*PARAMETERS["exact_start"], *PARAMETERS["local_start"]) if name in known]
    exact = (exact_time_of(raw) for raw in raws)
    local = (local_time_of(raw, timezone) for raw in raws)
    return next(filter(None, exact), None), next(filter(None, local), None)


def _parameters(fields: Mapping[str, str]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, raw in fields.items():
        plain = plain_name(name)
        if not plain or plain in _TAKEN or _ACTION.fullmatch(plain):
            continue
        if value := text_of(raw, MAX_PARAMETER):
            own_name = plain if plain.startswith("utm_") else name.strip("{} ")
            parameters[own_name[:MAX_PARAMETER_NAME]] = value
    return {name: parameters[name] for name in kept_keys(parameters)}


def _analysis(known: Mapping[str, str]) -> dict[str, str]:
    found = {name: _value(known, names, _long_text) for name, names in ANALYSIS.items()}
    for name, raw in known.items():
        if action := _ACTION.fullmatch(name):
            found[f"action_{int(action[1])}"] = _long_text(raw)
    return {name: text for name, text in found.items() if text}


def _id(raw: str) -> str:
    text = text_of(raw, MAX_ID + 1)
    return text if len(text) <= MAX_ID else ""


def _word(raw: str) -> str:
    return text_of(raw, MAX_WORD)


def _direction(raw: str) -> str:
    word = _word(raw).lower()
    return word if word in DIRECTIONS else ""


def _long_text(raw: str) -> str:
    return text_of(raw, MAX_ANALYSIS)


def _somebody(raw: str) -> str:
    text = name_of(raw)
    return "" if text in NOBODY else text
