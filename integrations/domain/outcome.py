"""How a call ended: the status words and what they mean. Knows nothing of events, people or Planfix."""

from __future__ import annotations

import re
from enum import StrEnum

from integrations.domain.calls import CallFacts, Outcome


class Meaning(StrEnum):
    TALKED = "talked"
    MISSED = "missed"
    PENDING = "pending"


# help.ringostat.com, article 6413217 "Call log: description of call statuses".
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

SPELLINGS = {
    "NOANSWER": "NO ANSWER",
    "NOFORWARD": "NO FORWARD",
    "NOEXTENSION": "NO EXTENSION",
    "INPROGRESS": "IN PROGRESS",
    "VOICE MAIL": "VOICEMAIL",
    "DECLINED": "DECLINE",
}

_BETWEEN_WORDS = re.compile(r"[\s+_-]+")


def normal_status(raw: str) -> str:
    """The status in one spelling: upper case, single spaces (`no-forward` → `NO FORWARD`)."""
    words = (raw if raw.isalpha() else _BETWEEN_WORDS.sub(" ", raw).strip()).upper()
    return SPELLINGS.get(words, words)


def is_known_status(status: str) -> bool:
    return normal_status(status) in MEANINGS


def is_pending_status(status: str) -> bool:
    """True while the call still rings or is being talked on."""
    return MEANINGS.get(normal_status(status)) is Meaning.PENDING


def outcome_of(facts: CallFacts) -> Outcome:
    """Whether somebody talked. An unknown, pending or missing status is decided by the talk time."""
    meaning = MEANINGS.get(normal_status(facts.status))
    if meaning is Meaning.TALKED:
        return Outcome.ANSWERED
    if meaning is Meaning.MISSED:
        return Outcome.MISSED
    return Outcome.ANSWERED if facts.talk_seconds else Outcome.MISSED
