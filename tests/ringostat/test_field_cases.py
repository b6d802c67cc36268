"""Bodies of kinds that people report from live integrations are read correctly, or refused with the place."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from integrations.domain.outcome import outcome_of
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.webhook import ParsedEvent, parse
from tests.payloads.field_cases import FIELD_CASES, FIELD_FOLDER, RECEIVED, field_request_of

KYIV = ZoneInfo("Europe/Kyiv")

UNDERSTOOD = [name for name, case in FIELD_CASES.items() if not case.problem]


def parsed(name: str) -> ParsedEvent:
    received_at = FIELD_CASES[name].received_at or RECEIVED
    return parse(field_request_of(name), event="after_call", timezone=KYIV, received_at=received_at)


def test_every_field_payload_has_a_case_and_every_case_a_payload() -> None:
    assert {path.name for path in FIELD_FOLDER.iterdir()} == set(FIELD_CASES)


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_field_payload_has_the_expected_facts(name: str) -> None:
    case, facts = FIELD_CASES[name], parsed(name).facts
    assert facts is not None
    assert {fact: getattr(facts, fact) for fact in case.facts} == case.facts
    assert (facts.is_final, outcome_of(facts) if facts.is_final else None) == (case.final, case.outcome)


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_field_payload_has_the_expected_notes(name: str) -> None:
    assert tuple(note.kind for note in parsed(name).notes) == FIELD_CASES[name].notes


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_no_note_of_a_field_payload_holds_a_token(name: str) -> None:
    assert "0123456789abcdef" not in repr(parsed(name).notes)


@pytest.mark.parametrize("name", [name for name in FIELD_CASES if name not in UNDERSTOOD])
def test_field_payload_that_is_not_understood_names_the_place(name: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        parsed(name)
    assert raised.value.problem is FIELD_CASES[name].problem
    assert FIELD_CASES[name].not_understood in raised.value.reason
    assert raised.value.reason.endswith(".")
