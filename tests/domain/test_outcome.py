"""The outcome of a call, by its status and its talk time."""

from __future__ import annotations

import pytest

from integrations.domain.calls import CallFacts, Outcome
from integrations.domain.outcome import outcome_of

MISSED = [
    *("NO ANSWER", "BUSY", "FAILED", "NO FORWARD", "VOICEMAIL", "WRONG EXTENSION", "NO EXTENSION"),
    *("CLIENT NO ANSWER", "FAILED FORBIDDEN DESTINATION", "DECLINE"),
]


def outcome(status: str, talk: int | None) -> Outcome:
    return outcome_of(CallFacts(ringostat_id="1.1", status=status, talk_seconds=talk))


@pytest.mark.parametrize("talk", [None, 0, 5])
@pytest.mark.parametrize("status", ["ANSWERED", "PROPER", "REPEATED"])
def test_answered_status_means_answered_whatever_the_talk_time(status: str, talk: int | None) -> None:
    assert outcome(status, talk) is Outcome.ANSWERED


@pytest.mark.parametrize("talk", [None, 0, 5])
@pytest.mark.parametrize("status", MISSED)
def test_missed_status_means_missed_whatever_the_talk_time(status: str, talk: int | None) -> None:
    assert outcome(status, talk) is Outcome.MISSED


@pytest.mark.parametrize(("talk", "expected"), [(None, Outcome.MISSED), (0, Outcome.MISSED), (1, Outcome.ANSWERED)])
@pytest.mark.parametrize("status", ["", "TRANSFERRED", "IN PROGRESS"])
def test_unknown_status_leaves_the_outcome_to_the_talk_time(status: str, talk: int | None, expected: Outcome) -> None:
    assert outcome(status, talk) is expected
