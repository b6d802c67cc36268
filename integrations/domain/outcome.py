"""How a call ended, by its status and its talk time. Knows nothing of events, people, Planfix and spellings."""

from __future__ import annotations

from enum import StrEnum

from integrations.domain.calls import CallFacts, Outcome


class Meaning(StrEnum):
    TALKED = "talked"
    MISSED = "missed"
    PENDING = "pending"


MEANINGS = {
    "ANSWERED": Meaning.TALKED,
    "PROPER": Meaning.TALKED,
    "REPEATED": Meaning.TALKED,
    "NO ANSWER": Meaning.MISSED,
    "BUSY": Meaning.MISSED,
    "FAILED": Meaning.MISSED,
    "NO FORWARD": Meaning.MISSED,
    # Talk seconds and a recording exist, but nobody spoke with the client.
    "VOICEMAIL": Meaning.MISSED,
    "WRONG EXTENSION": Meaning.MISSED,
    "NO EXTENSION": Meaning.MISSED,
    "CLIENT NO ANSWER": Meaning.MISSED,
    "FAILED FORBIDDEN DESTINATION": Meaning.MISSED,
    "DECLINE": Meaning.MISSED,
    "IN PROGRESS": Meaning.PENDING,
    "CALLING": Meaning.PENDING,
}
"""What the statuses of stored calls mean; ringostat/vocabulary.py has the words that they are read from."""


def is_known_status(status: str) -> bool:
    return status in MEANINGS


def is_pending_status(status: str) -> bool:
    """True while the call still rings or is being talked on."""
    return MEANINGS.get(status) is Meaning.PENDING


def outcome_of(facts: CallFacts) -> Outcome:
    """Whether the call was answered or missed. The talk time decides for an unknown, pending or missing status."""
    meaning = MEANINGS.get(facts.status)
    if meaning is Meaning.TALKED:
        return Outcome.ANSWERED
    if meaning is Meaning.MISSED:
        return Outcome.MISSED
    return Outcome.ANSWERED if facts.talk_seconds else Outcome.MISSED
