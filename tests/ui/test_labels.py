"""Every state, reason, event and kind of call has a label."""

from __future__ import annotations

import pytest

from integrations.domain.calls import Direction, EventKind, Outcome
from integrations.domain.reasons import Reason
from integrations.models import CallState
from integrations.ui.labels import EVENTS, KIND_SENTENCES, KINDS, REASONS, STATES


def test_every_reason_and_no_other_code_has_a_label() -> None:
    assert set(REASONS) == set(Reason)


def test_every_state_has_a_badge() -> None:
    assert set(STATES) == set(CallState)


@pytest.mark.parametrize("direction", [*Direction, ""])
@pytest.mark.parametrize("outcome", [*Outcome, ""])
def test_every_kind_of_call_has_a_badge(direction: str, outcome: str) -> None:
    assert (direction, outcome) in KINDS


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("outcome", [*Outcome, ""])
def test_every_kind_of_call_with_a_direction_has_a_sentence(direction: str, outcome: str) -> None:
    assert "%(number)s" in str(KIND_SENTENCES[direction, outcome])


def test_every_event_has_a_label() -> None:
    assert set(EVENTS) == set(EventKind)
