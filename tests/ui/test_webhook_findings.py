"""Every problem and every note of a webhook request has words."""

from __future__ import annotations

import pytest

from integrations.models import WebhookEvent
from integrations.ringostat.problems import NoteKind, Problem
from integrations.ringostat.webhook import IgnoredReason
from integrations.ui.webhook_findings import IGNORED_REASONS, NOTES, PROBLEMS, note_sentences, problem_label


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_of_a_webhook_request_has_a_label(problem: Problem) -> None:
    assert problem in PROBLEMS


@pytest.mark.parametrize("reason", IgnoredReason)
def test_every_reason_to_ignore_a_webhook_has_words(reason: IgnoredReason) -> None:
    assert reason in IGNORED_REASONS


@pytest.mark.parametrize("kind", NoteKind)
def test_every_note_on_a_webhook_request_has_a_sentence_with_its_value(kind: NoteKind) -> None:
    assert kind in NOTES
    (sentence,) = note_sentences(WebhookEvent(notes=[[kind.value, "calldate", "50% off"]]))
    assert sentence.endswith(".")
    assert "%(" not in sentence


def test_note_and_problem_of_a_newer_release_are_shown_unchanged() -> None:
    assert note_sentences(WebhookEvent(notes=[["new_kind", "a", "b"]])) == ["new_kind"]
    assert problem_label("new_problem") == "new_problem"


def test_webhook_request_without_notes_shows_none() -> None:
    assert note_sentences(WebhookEvent()) == []
