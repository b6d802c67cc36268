"""Answered or missed, by the status and the seconds."""

from __future__ import annotations

import pytest

from integrations.domain.calls import CallFacts, Outcome
from integrations.domain.outcome import is_known_status, is_pending_status, normal_status, outcome_of

MISSED = [
    *("NO ANSWER", "BUSY", "FAILED", "NO FORWARD", "VOICEMAIL", "WRONG EXTENSION", "NO EXTENSION"),
    *("CLIENT NO ANSWER", "FAILED FORBIDDEN DESTINATION", "DECLINE"),
]


def outcome(status: str, talk: int | None) -> Outcome:
    return outcome_of(CallFacts(ringostat_id="1.1", status=status, talk_seconds=talk))


@pytest.mark.parametrize("talk", [None, 0, 5])
@pytest.mark.parametrize("status", ["ANSWERED", "PROPER", "REPEATED"])
def test_some_words_say_that_somebody_talked(status: str, talk: int | None) -> None:
    assert outcome(status, talk) is Outcome.ANSWERED


@pytest.mark.parametrize("talk", [None, 0, 5])
@pytest.mark.parametrize("status", MISSED)
def test_other_words_say_that_nobody_talked_whatever_the_seconds(status: str, talk: int | None) -> None:
    assert outcome(status, talk) is Outcome.MISSED


@pytest.mark.parametrize(("talk", "expected"), [(None, Outcome.MISSED), (0, Outcome.MISSED), (1, Outcome.ANSWERED)])
@pytest.mark.parametrize("status", ["", "TRANSFERRED", "IN PROGRESS"])
def test_an_unknown_word_leaves_it_to_the_talk_time(status: str, talk: int | None, expected: Outcome) -> None:
    assert outcome(status, talk) is expected


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("no answer", "NO ANSWER"),
        ("NO+ANSWER", "NO ANSWER"),
        ("NO_ANSWER", "NO ANSWER"),
        (" NO  ANSWER ", "NO ANSWER"),
        ("NOANSWER", "NO ANSWER"),
        ("NO-FORWARD", "NO FORWARD"),
        ("in_progress", "IN PROGRESS"),
        ("Voice Mail", "VOICEMAIL"),
        ("Something-New", "SOMETHING NEW"),
        ("", ""),
    ],
)
def test_a_status_has_one_spelling(raw: str, status: str) -> None:
    assert normal_status(raw) == status


@pytest.mark.parametrize(
    ("status", "known"), [("no-forward", True), ("CALLING", True), ("TRANSFERRED", False), ("", False)]
)
def test_known_statuses(status: str, *, known: bool) -> None:
    assert is_known_status(status) is known


@pytest.mark.parametrize(
    ("status", "pending"), [("CALLING", True), ("in progress", True), ("BUSY", False), ("", False)]
)
def test_pending_statuses(status: str, *, pending: bool) -> None:
    assert is_pending_status(status) is pending
