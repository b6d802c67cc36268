"""Turns a webhook request, or a row of the call list, into CallFacts. Knows nothing of customers and storage."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts, Direction, EventKind
from integrations.domain.outcome import MEANINGS, is_pending_status
from integrations.ringostat.body import MAY_BEGIN_JSON, Fields, RawRequest, flat, read_fields
from integrations.ringostat.facts import read, read_facts
from integrations.ringostat.formats import MAX_PARAMETERS, RPC_PARAMETERS, read_json
from integrations.ringostat.names import SLOTS, folded, is_not_a_call, plain_name, slot_of
from integrations.ringostat.problems import Note, NoteKind, NotUnderstood, Problem
from integrations.ringostat.values import MAX_ID
from integrations.ringostat.vocabulary import DIRECTIONS_OF_KINDS, EVENT_KINDS

MAX_NAMES_TOLD = 8


class IgnoredReason(StrEnum):
    """Why an understood request says nothing about a call."""

    NO_CALL_ID = "no_call_id"
    """Only in requests that earlier versions stored. Today such a request is not understood."""
    NOT_A_CALL = "not_a_call"
    UNKNOWN_EVENT = "unknown_event"
    TEST = "test"


TEST_EVENT = "test"
"""In place of the event in an address: the request is a test and no call, whatever it contains."""

_USUAL_CONTENT_TYPE = re.compile(r"(?:(?!charset).)*(?:charset=\"?utf-8\"?)?", re.ASCII | re.IGNORECASE)
"""Names no character set, or UTF-8."""
_PAIRS = json.JSONDecoder(object_pairs_hook=list, parse_int=str)
_SIP_IDENTITY = re.compile(r'"[^"]*" <[^"<>]*>')
"""The caller of an outgoing call, as Ringostat names it: "Oleh" <acmecom_oleh>."""
_FULL_NUMBER = re.compile(r"\+?(?:[\s().-]*\d){9,15}")
_LOGIN = re.compile(r"(?=.*[a-z])[\w.-]+_[\w.-]+", re.ASCII | re.IGNORECASE)
"""A SIP login as Ringostat builds it: acmecom_iryna."""
_SEPARATED = re.compile(r"([;,|\s])\s*([\w.{}-]{2,40})\s*[=:]")


@dataclass(frozen=True, kw_only=True)
class ParsedEvent:
    """Facts, or the code of the reason why there are none. `notes`: remarks on a request that was understood."""

    kind: EventKind | None = None
    facts: CallFacts | None = None
    ignored: str = ""
    notes: tuple[Note, ...] = ()


def parse(
    raw: RawRequest, *, event: str | None, timezone: ZoneInfo, received_at: datetime | None = None
) -> ParsedEvent:
    """What a request says about a call. `event` is the last segment of the address, `timezone` the customer's.

    `received_at` (UTC) decides between two moments that a date can mean, and exposes impossible dates. Raises
    NotUnderstood when the request reports no call and names no other event.
    """
    fields = Fields(usual) if (usual := usual_fields(raw)) else read_fields(raw)
    if event == TEST_EVENT:
        return ParsedEvent(ignored=IgnoredReason.TEST)
    reading = read(fields.values, timezone, received_at)
    facts = reading.facts
    # An event as the webhook page spells it needs no reading.
    address = event if event in EVENT_KINDS else plain_name(event or "")
    names = reading.event_names
    kind = next((EVENT_KINDS[name] for name in (address, *names) if name in EVENT_KINDS), None)
    if kind is None and (reason := _reason_to_ignore(facts, address, names)):
        return ParsedEvent(ignored=reason)
    if not facts.ringostat_id:
        raise _without_call_id(fields.values)
    is_inferred = kind is None
    kind = kind or _inferred_kind(facts)
    complete = _complete(facts, kind)
    notes = (*fields.notes, *reading.notes)
    if kind.is_final and not complete.is_final and not is_pending_status(facts.status):
        notes += (Note(NoteKind.OUTCOME_UNKNOWN, "", facts.status),)
    if is_inferred and facts.direction is None and kind in DIRECTIONS_OF_KINDS:
        notes += (Note(NoteKind.DIRECTION_UNKNOWN, "", ""),)
    return ParsedEvent(kind=kind, facts=complete, notes=notes)


def usual_fields(raw: RawRequest) -> dict[str, str]:
    """The parameters of a usual request: a JSON object of texts, or a form, in UTF-8. {} for any other request.

    read_fields() reads every request, and this one alike.
    """
    if raw.query_string or raw.content_encoding or not _USUAL_CONTENT_TYPE.fullmatch(raw.content_type):
        return {}
    try:
        text = raw.body.decode()
        pairs = _PAIRS.decode(text) if text[:1] == "{" else _pairs_of_form(text)
    except (ValueError, RecursionError):
        return {}
    fields = {name: value.strip() for name, value in pairs if _is_usual(name, value)}
    return fields if len(fields) == len(pairs) else {}


def _pairs_of_form(text: str) -> list[tuple[str, str]]:
    """Raises ValueError for too many parameters, and for bytes that are no UTF-8."""
    if "=" not in text:
        return []
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)


def _is_usual(name: str, value: object) -> bool:
    """True for a parameter with a plain name, and a text that holds no object and nothing to decode."""
    if not isinstance(value, str) or not value.isprintable() or "%" in value or "\\u" in value:
        return False
    may_be_object = value[:1] in MAY_BEGIN_JSON and not _SIP_IDENTITY.fullmatch(value)
    return name.isidentifier() and name != RPC_PARAMETERS and not may_be_object


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


def _reason_to_ignore(facts: CallFacts, address: str, names: Sequence[str]) -> IgnoredReason | None:
    """Why to ignore an event that neither the address nor the payload names as one of ours; None if it is about a call.

    A payload may use `action` for anything, so its words weigh less than clear statements about a call.
    """
    if is_not_a_call(address):
        return IgnoredReason.NOT_A_CALL
    speaks_of_a_call = _speaks_of_a_call(facts)
    if any(map(is_not_a_call, names)) and not (speaks_of_a_call and facts.ringostat_id):
        return IgnoredReason.NOT_A_CALL
    if names and not speaks_of_a_call and not any(map(_names_a_call, names)):
        return IgnoredReason.UNKNOWN_EVENT
    return None


def _names_a_call(event: str) -> bool:
    return "call" in event or event in DIRECTION_WORDS


DIRECTION_WORDS = frozenset({"in", "out", "incoming", "outgoing", "post", "webhook", "event"})
"""Words under `type`, `action` or `method` that name no event."""


def _without_call_id(fields: Mapping[str, str]) -> NotUnderstood:
    """The error for a request without a call ID. Names the place where the ID was most probably lost."""
    for name, raw in fields.items():
        text = f"{name}={raw}" if raw else name
        if found := _other_separator(text):
            separator = {" ": "a blank", "\n": "a line break", "\r": "a line break", "\t": "a tab"}.get(
                found[1], f"“{found[1]}”"
            )
            reason = f"Parameters are separated by {separator}, before “{found[2]}”; a form separates them by “&”."
            return NotUnderstood(Problem.WRONG_SEPARATOR, reason)
        if raw.lstrip()[:1] in ("{", "[") and (fault := _json_fault(raw)):
            return NotUnderstood(Problem.INVALID_JSON, f"In the parameter “{name[:40]}”: {fault}")
        slot = slot_of(name)
        if slot and slot.fact == "ringostat_id" and not slot.is_doubtful and raw.strip():
            reason = f"The call ID in “{name[:40]}” cannot be one: “{raw[:40]}” ({_why_no_id(raw)})."
            return NotUnderstood(Problem.UNUSABLE_CALL_ID, reason)
    came = ", ".join(f"“{name[:40]}”" for name in list(fields)[:MAX_NAMES_TOLD])
    more = ", …" if len(fields) > MAX_NAMES_TOLD else ""
    reason = f"No parameter holds the call ID (“uniqueid” or “call_id”). These came: {came}{more}."
    return NotUnderstood(Problem.NO_CALL_ID, reason)


def _other_separator(text: str) -> re.Match[str] | None:
    return next((found for found in _SEPARATED.finditer(text) if folded(found[2]) in SLOTS), None)


def _why_no_id(raw: str) -> str:
    return f"longer than {MAX_ID} characters" if len(raw.strip()) > MAX_ID else "empty or with characters of no ID"


def _json_fault(text: str) -> str:
    try:
        read_json(text)
    except NotUnderstood as error:
        return error.reason
    return ""


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
    """Decides by the direction word; without one, by signs of an outgoing call: a SIP caller, an employee's extension
    as caller, the number shown.
    """
    if facts.direction:
        return facts.direction is Direction.OUTGOING
    is_ours = _LOGIN.fullmatch(facts.caller) or (facts.caller and facts.caller == facts.extension)
    is_dialled = is_ours and _FULL_NUMBER.fullmatch(facts.destination) and not (facts.e164 or facts.userfield)
    return "<" in facts.caller or bool(facts.outbound_number or is_dialled)


def _complete(facts: CallFacts, kind: EventKind) -> CallFacts:
    direction = facts.direction or DIRECTIONS_OF_KINDS.get(kind)
    is_final = kind.is_final and not is_pending_status(facts.status) and _has_an_outcome(facts)
    return CallFacts(**(vars(facts) | {"direction": direction, "is_final": is_final}))


def _has_an_outcome(facts: CallFacts) -> bool:
    """True if the event says, by a known word or by the talk time, whether somebody talked.

    If not, the call waits for another event or for the call list, so that no answered call is written as missed.
    """
    return facts.status in MEANINGS or facts.talk_seconds is not None or facts.total_seconds == 0
