"""What a phone call is: the facts that every room uses. Knows nothing of Ringostat's words, Planfix or Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Outcome(StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"


class EventKind(StrEnum):
    """The events at which Ringostat reports a call. The values are those of our webhook addresses."""

    BEFORE_CALL = "before_call"
    FORWARDING = "forwarding"
    TAKING_CALL = "taking_call"
    AFTER_CALL = "after_call"
    CALL_RATING = "call_rating"
    BEFORE_OUTGOING_CALL = "before_outgoing_call"
    AFTER_OUTGOING_CALL = "after_outgoing_call"
    AI_PROCESSED = "ai_processed"

    @property
    def is_final(self) -> bool:
        """True for the events that say how the call ended."""
        return self in (EventKind.AFTER_CALL, EventKind.AFTER_OUTGOING_CALL)


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """The known facts of one call: from one event, or folded from all of its events.

    Empty strings, None and missing keys mean "not known". Times are UTC, durations are seconds. Numbers and people are
    kept as they came: the rules decide who the client and the employee are.
    """

    ringostat_id: str
    is_final: bool = False

    call_type: str = ""
    """The raw word, lower case: in, out, callback, transitin, …"""
    direction: Direction | None = None
    status: str = ""
    """The raw word, upper case with spaces: ANSWERED, NO ANSWER, …"""

    exact_start: datetime | None = None
    """The start from an unambiguous source: a timestamp in microseconds, or a date with an offset."""
    local_start: datetime | None = None
    """The start from a date without a zone, read in the customer's time zone."""
    total_seconds: int | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None

    e164: str = ""
    userfield: str = ""
    caller: str = ""
    destination: str = ""
    connected_with: str = ""
    outbound_number: str = ""

    staff_id: str = ""
    employee_name: str = ""
    employee_email: str = ""
    extension: str = ""

    line_name: str = ""
    has_recording: bool | None = None
    recording_url: str = ""
    card_url: str = ""

    parameters: Mapping[str, str] = field(default_factory=dict)
    """utm_* and every other parameter of the payload that is not one of the facts above, by its own name."""
    analysis: Mapping[str, str] = field(default_factory=dict)
    """What Ringostat's AI says about the call: summary, client_mood, employee_mood, call_mood, score, details,
    action_1…
    """
    rating: Mapping[str, str] = field(default_factory=dict)
    """What the employee entered in the rating menu: category, category_mark, employee_mark."""

    @property
    def is_recorded(self) -> bool:
        """True if Ringostat reports a recording. If it does not say, a link counts as one."""
        return bool(self.recording_url) if self.has_recording is None else self.has_recording

    def says_more_than(self, earlier: CallFacts) -> bool:
        """True if the recording, the analysis or the rating differs: they come after the call."""
        late = (self.has_recording, self.recording_url, self.analysis, self.rating)
        return late != (earlier.has_recording, earlier.recording_url, earlier.analysis, earlier.rating)

    @property
    def started_at(self) -> datetime | None:
        return self.exact_start or self.local_start
