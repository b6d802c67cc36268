"""Ringostat's status words, in any spelling."""

from __future__ import annotations

import pytest

from integrations.domain.outcome import is_known_status, is_pending_status
from integrations.ringostat.values import normal_status


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
def test_every_spelling_of_a_status_is_read_as_one(raw: str, status: str) -> None:
    assert normal_status(raw) == status


@pytest.mark.parametrize(
    ("status", "known"), [("no-forward", True), ("CALLING", True), ("TRANSFERRED", False), ("", False)]
)
def test_documented_statuses_are_known_and_others_are_not(status: str, *, known: bool) -> None:
    assert is_known_status(normal_status(status)) is known


@pytest.mark.parametrize(
    ("status", "pending"), [("CALLING", True), ("in progress", True), ("BUSY", False), ("", False)]
)
def test_ringing_and_talking_statuses_are_pending_and_others_are_not(status: str, *, pending: bool) -> None:
    assert is_pending_status(normal_status(status)) is pending
