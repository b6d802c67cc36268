"""A webhook request, or a row of the call list, becomes CallFacts. Knows nothing of customers and storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts, Direction, EventKind
from integrations.domain.outcome import is_pending_status
from integrations.ringostat.body import RawRequest, read_body
from integrations.ringostat.facts import by_plain_name, plain_name, read_facts
from integrations.ringostat.fields import NotUnderstood, flat
from integrations.ringostat.vocabulary import DIRECTIONS_OF_KINDS, EVENT_KINDS, EVENT_NAMES, NOT_CALLS


class IgnoredReason(StrEnum):
    """Why an understood request says nothing about a call."""

    NO_CALL_ID = "no_call_id"
    NOT_A_CALL = "not_a_call"
    UNKNOWN_EVENT = "unknown_event"
    TEST = "test"


TEST_EVENT = "test"
"""In the place of the event in an address: whatever the request tells of, it is tried out and no call."""


@dataclass(frozen=True, kw_only=True)
class ParsedEvent:
    """Facts, or the code of the reason why there are none."""

    kind: EventKind | None = None
    facts: CallFacts | None = None
    ignored: str = ""


def parse(raw: RawRequest, *, event: str | None, timezone: ZoneInfo) -> ParsedEvent:
    """What a request says of a call. `event` is the last segment of the address, `timezone` the customer's.

    Raises NotUnderstood when the request is no set of parameters.
    """
    fields = read_body(raw)
    if event == TEST_EVENT:
        return ParsedEvent(ignored=IgnoredReason.TEST)
    facts = read_facts(fields, timezone)
    address, names = plain_name(event or ""), _event_names(fields)
    kind = next((EVENT_KINDS[name] for name in (address, *names) if name in EVENT_KINDS), None)
    if kind is None and (reason := _reason_to_ignore(facts, address, names)):
        return ParsedEvent(ignored=reason)
    kind = kind or _inferred_kind(facts)
    if not facts.ringostat_id:
        return ParsedEvent(kind=kind, ignored=IgnoredReason.NO_CALL_ID)
    return ParsedEvent(kind=kind, facts=_complete(facts, kind))


def parse_list_row(row: Mapping[str, object], *, timezone: ZoneInfo) -> CallFacts | None:
    """The facts of one row of `calls/list`, final unless the status is pending; None without a call id.

    A running call may be listed as NO ANSWER with zero durations and be rewritten later: the row cannot tell.
    """
    try:
        facts = read_facts(flat(row), timezone)
    except NotUnderstood:
        return None
    if not facts.ringostat_id:
        return None
    outgoing = _looks_outgoing(facts)
    return _complete(facts, EventKind.AFTER_OUTGOING_CALL if outgoing else EventKind.AFTER_CALL)


def _event_names(fields: Mapping[str, str]) -> list[str]:
    known = by_plain_name(fields)
    return [plain_name(known[name]) for name in EVENT_NAMES if known.get(name)]


def _reason_to_ignore(facts: CallFacts, address: str, names: list[str]) -> IgnoredReason | None:
    """For an event that neither the address nor the payload names as one of ours.

    A payload may use `action` for anything, so its words weigh less than what is plainly said of a call.
    """
    if _is_no_call(address):
        return IgnoredReason.NOT_A_CALL
    speaks_of_a_call = _speaks_of_a_call(facts)
    if any(map(_is_no_call, names)) and not (speaks_of_a_call and facts.ringostat_id):
        return IgnoredReason.NOT_A_CALL
    if speaks_of_a_call:
        return None
    if address or names:
        return IgnoredReason.UNKNOWN_EVENT
    return None if facts.ringostat_id else IgnoredReason.NOT_A_CALL


def _is_no_call(name: str) -> bool:
    return not NOT_CALLS.isdisjoint(name.split("_"))


def _speaks_of_a_call(facts: CallFacts) -> bool:
    ends = facts.connected_with or facts.destination
    return bool(facts.direction or facts.status or facts.total_seconds or ends or facts.analysis or facts.rating)


def _inferred_kind(facts: CallFacts) -> EventKind:
    if facts.analysis:
        return EventKind.AI_PROCESSED
    if facts.rating and not facts.status:
        return EventKind.CALL_RATING
    has_ended = bool(facts.status or facts.talk_seconds or facts.total_seconds) and not is_pending_status(facts.status)
    if _looks_outgoing(facts):
        return EventKind.AFTER_OUTGOING_CALL if has_ended else EventKind.BEFORE_OUTGOING_CALL
    return EventKind.AFTER_CALL if has_ended else _inferred_interim_kind(facts)


def _inferred_interim_kind(facts: CallFacts) -> EventKind:
    if facts.connected_with or facts.staff_id or facts.employee_name:
        return EventKind.TAKING_CALL
    return EventKind.FORWARDING if "step_forward" in facts.parameters else EventKind.BEFORE_CALL


def _looks_outgoing(facts: CallFacts) -> bool:
    """By the direction word; without one, by what outgoing calls have: a SIP caller, the number shown."""
    if facts.direction:
        return facts.direction is Direction.OUTGOING
    return "<" in facts.caller or bool(facts.outbound_number)


def _complete(facts: CallFacts, kind: EventKind) -> CallFacts:
    direction = facts.direction or DIRECTIONS_OF_KINDS.get(kind)
    is_final = kind.is_final and not is_pending_status(facts.status)
    return replace(facts, direction=direction, is_final=is_final)
