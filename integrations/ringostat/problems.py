"""Why a request was not understood, and notes on one that was. Knows nothing of how requests are read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """Why a request is not understood: the kinds that a customer's page counts."""

    NO_PARAMETERS = "no_parameters"
    UNKNOWN_COMPRESSION = "unknown_compression"
    BROKEN_COMPRESSION = "broken_compression"
    TOO_LARGE = "too_large"
    INVALID_JSON = "invalid_json"
    UNKNOWN_FORMAT = "unknown_format"
    NOT_ONE_OBJECT = "not_one_object"
    TOO_DEEP = "too_deep"
    TOO_MANY_PARAMETERS = "too_many_parameters"
    CUT_OFF = "cut_off"
    WRONG_SEPARATOR = "wrong_separator"
    UNUSABLE_CALL_ID = "unusable_call_id"
    NO_CALL_ID = "no_call_id"


class NotUnderstood(Exception):
    """The request reports no call and names no other event. `reason` is a sentence with the place in the request."""

    def __init__(self, problem: Problem, reason: str) -> None:
        self.problem = problem
        self.reason = "".join(character if character.isprintable() else " " for character in reason)
        super().__init__(self.reason)


class NoteKind(StrEnum):
    """What a specialist should know about a request that was understood."""

    CHARSET_GUESSED = "charset_guessed"
    CHARACTERS_LOST = "characters_lost"
    VALUES_DIFFER = "values_differ"
    VALUE_UNREADABLE = "value_unreadable"
    DATE_UNREADABLE = "date_unreadable"
    DATE_AMBIGUOUS = "date_ambiguous"
    DATE_IN_FUTURE = "date_in_future"
    HOUR_TWICE = "hour_twice"
    DURATIONS_CONTRADICT = "durations_contradict"
    STATUS_UNKNOWN = "status_unknown"
    OUTCOME_UNKNOWN = "outcome_unknown"
    DIRECTION_UNKNOWN = "direction_unknown"
    LINK_UNUSABLE = "link_unusable"
    LINK_NOT_READY = "link_not_ready"
    LINK_TO_TRANSCRIPT = "link_to_transcript"
    LINKS_UNUSED = "links_unused"


@dataclass(frozen=True, slots=True)
class Note:
    """`name`: the parameter as the request spells it; `value`: the word in question, without tokens."""

    kind: NoteKind
    name: str = ""
    value: str = ""
