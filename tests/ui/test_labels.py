"""Everything that a page may have to say has words."""

from __future__ import annotations

import pytest

from integrations.domain.calls import Direction, EventKind, Outcome
from integrations.domain.reasons import Reason
from integrations.models import CallState
from integrations.ui.labels import EVENTS, KINDS, REASONS, STATES


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason) -> None:
    assert reason in REASONS


@pytest.mark.parametrize("state", CallState)
def test_every_state_has_a_look(state: CallState) -> None:
    assert state in STATES


@pytest.mark.parametrize("direction", [*Direction, ""])
@pytest.mark.parametrize("outcome", [*Outcome, ""])
def test_every_kind_of_call_has_a_look(direction: str, outcome: str) -> None:
    assert (direction, outcome) in KINDS


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_has_words(kind: EventKind) -> None:
    assert kind in EVENTS
