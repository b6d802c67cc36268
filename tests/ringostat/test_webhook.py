"""From a webhook request to the facts of a call."""

from __future__ import annotations

from dataclasses import fields, replace
from zoneinfo import ZoneInfo

import pytest

from integrations.domain.calls import CallFacts, Direction, EventKind
from integrations.domain.outcome import outcome_of
from integrations.ringostat.body import RawRequest
from integrations.ringostat.problems import NotUnderstood, Problem
from integrations.ringostat.webhook import ParsedEvent, parse, parse_list_row
from tests.payloads.cases import CASES, FOLDER, event_of, request_of

KYIV = ZoneInfo("Europe/Kyiv")

UNDERSTOOD = [name for name, case in CASES.items() if not case.not_understood]
CALLS = [name for name in UNDERSTOOD if not CASES[name].ignored]


def parsed(name: str) -> ParsedEvent:
    return parse(request_of(name), event=event_of(name), timezone=KYIV)


def facts_in(name: str) -> CallFacts:
    facts = parsed(name).facts
    assert facts is not None
    return facts


def from_query(query: str, event: str | None = None) -> ParsedEvent:
    raw = RawRequest(method="GET", content_type="", query_string=query, body=b"")
    return parse(raw, event=event, timezone=KYIV)


def test_every_payload_has_a_case_and_every_case_a_payload() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(CASES)


def test_cases_name_facts_that_exist() -> None:
    named = {fact for case in CASES.values() for fact in case.facts}
    assert named <= {field.name for field in fields(CallFacts)}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_payload_has_the_expected_event_kind(name: str) -> None:
    event = parsed(name)
    assert (event.kind, event.ignored) == (CASES[name].kind, CASES[name].ignored)


@pytest.mark.parametrize("name", CALLS)
def test_payload_has_the_expected_facts(name: str) -> None:
    facts = facts_in(name)
    assert {fact: getattr(facts, fact) for fact in CASES[name].facts} == CASES[name].facts


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_final_when_it_has_ended(name: str) -> None:
    assert facts_in(name).is_final is CASES[name].final


@pytest.mark.parametrize("name", [name for name in CALLS if CASES[name].final])
def test_an_ended_call_has_the_expected_outcome(name: str) -> None:
    assert outcome_of(facts_in(name)) is CASES[name].outcome


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.not_understood])
def test_garbage_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        parsed(name)
    assert CASES[name].not_understood in raised.value.reason
    assert raised.value.reason.endswith(".")


@pytest.mark.parametrize(
    "name",
    ["form_sent__site.json", "dialogue_ended__messenger.json", "deal_updated__status.json"],
)
def test_request_that_is_no_call_is_recognised_without_an_event_in_the_address(name: str) -> None:
    assert parse(request_of(name), event=None, timezone=KYIV) == ParsedEvent(ignored="not_a_call")


@pytest.mark.parametrize("name", CALLS)
def test_payload_is_understood_alike_without_an_event_in_the_address(name: str) -> None:
    inferred = parse(request_of(name), event=None, timezone=KYIV).facts
    assert inferred == facts_in(name)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("type=in&status=BUSY", EventKind.AFTER_CALL),
        ("type=in&status=BUSY&category_mark=5", EventKind.AFTER_CALL),
        ("type=in&status=BUSY&summary=Hello", EventKind.AI_PROCESSED),
        ("type=in&duration=20", EventKind.AFTER_CALL),
        ("type=in&status=CALLING&connected_with=acmecom_iryna", EventKind.TAKING_CALL),
        ("type=in&duration=0", EventKind.BEFORE_CALL),
        ("type=in&step_forward=webhookNumber:120", EventKind.FORWARDING),
        ("type=out", EventKind.BEFORE_OUTGOING_CALL),
        ("type=out&status=CALLING", EventKind.BEFORE_OUTGOING_CALL),
        ("status=BUSY&caller=%22I%22+%3Cacmecom_iryna%3E", EventKind.AFTER_OUTGOING_CALL),
        ("status=BUSY&outbound_number=380442223344", EventKind.AFTER_OUTGOING_CALL),
        ("status=BUSY&caller=380671234567", EventKind.AFTER_CALL),
    ],
)
def test_event_kind_is_inferred_from_the_parameters(query: str, kind: EventKind) -> None:
    assert from_query(f"call_id=1.1&{query}").kind is kind


@pytest.mark.parametrize("event", ["after_call", "after-call", "AFTER_CALL", "After-Call"])
def test_event_in_the_address_is_read_in_any_spelling(event: str) -> None:
    assert from_query("call_id=1.1", event).kind is EventKind.AFTER_CALL


def test_event_in_the_address_beats_the_payload() -> None:
    assert from_query("call_id=1.1&action=before_call", "taking_call").kind is EventKind.TAKING_CALL


def test_unknown_event_in_the_address_leaves_the_kind_to_the_payload() -> None:
    assert from_query("call_id=1.1&type=in&disposition=BUSY", "calls").kind is EventKind.AFTER_CALL


@pytest.mark.parametrize("name", ["event", "action", "type", "method"])
def test_a_parameter_may_name_the_event(name: str) -> None:
    event = from_query(f"call_id=1.1&{name}=after_outgoing_call")
    assert event.kind is EventKind.AFTER_OUTGOING_CALL
    assert event.facts is not None
    assert event.facts.parameters == {}


@pytest.mark.parametrize(
    ("event", "direction"),
    [
        ("before_call", Direction.INCOMING),
        ("forwarding", Direction.INCOMING),
        ("taking_call", Direction.INCOMING),
        ("after_call", Direction.INCOMING),
        ("before_outgoing_call", Direction.OUTGOING),
        ("after_outgoing_call", Direction.OUTGOING),
        ("call_rating", None),
        ("ai_processed", None),
    ],
)
def test_call_without_a_direction_word_has_the_direction_of_its_event(event: str, direction: Direction | None) -> None:
    facts = from_query("call_id=1.1", event).facts
    assert facts is not None
    assert facts.direction is direction


def test_direction_word_beats_the_event() -> None:
    facts = from_query("call_id=1.1&type=callback", "after_outgoing_call").facts
    assert facts is not None
    assert facts.direction is Direction.INCOMING


@pytest.mark.parametrize("query", ["event=form_sent", "action=chat&status=closed", "type=deal_created"])
def test_a_parameter_may_name_an_event_that_is_no_call(query: str) -> None:
    assert from_query(query).ignored == "not_a_call"


def test_parameter_action_with_another_meaning_loses_no_call() -> None:
    assert from_query("call_id=1.1&type=in&status=BUSY&action=form").kind is EventKind.AFTER_CALL


def test_unknown_event_with_only_a_call_id_is_ignored() -> None:
    assert from_query("call_id=1.1&event=audit").ignored == "unknown_event"


@pytest.mark.parametrize("query", ["type=in&disposition=BUSY", "name=Olha&phone=%2B380671234567", "anything=1"])
def test_request_that_names_no_event_and_no_call_id_is_not_understood(query: str) -> None:
    with pytest.raises(NotUnderstood, match="No parameter holds the call ID") as raised:
        from_query(query)
    assert raised.value.problem is Problem.NO_CALL_ID


def test_call_list_row_is_final() -> None:
    row = {
        "uniqueid": "ua9_-1.2",
        "calldate": "2026-09-30T15:37:18+0300",
        "call_type": "out",
        "disposition": "PROPER",
        "caller": '"Iryna" <acmecom_iryna>',
        "dst": "380671234567",
        "billsec": 23,
        "waittime": "27",
        "employee_number": -1,
        "category_mark": None,
        "utm_source": "(not set)",
    }
    assert parse_list_row(row, timezone=KYIV) == CallFacts(
        ringostat_id="ua9_-1.2",
        is_final=True,
        call_type="out",
        direction=Direction.OUTGOING,
        status="PROPER",
        exact_start=facts_in("after_call__iso_date_with_offset.json").exact_start,
        wait_seconds=27,
        talk_seconds=23,
        caller='"Iryna" <acmecom_iryna>',
        destination="380671234567",
    )


@pytest.mark.parametrize("status", ["IN PROGRESS", "CALLING"])
def test_call_list_row_of_a_running_call_is_not_final(status: str) -> None:
    facts = parse_list_row({"uniqueid": "1.1", "call_type": "in", "disposition": status}, timezone=KYIV)
    assert facts is not None
    assert not facts.is_final


@pytest.mark.parametrize("row", [{}, {"uniqueid": ""}, {"uniqueid": None}, {"caller": "380671234567"}])
def test_call_list_row_without_an_id_is_skipped(row: dict[str, object]) -> None:
    assert parse_list_row(row, timezone=KYIV) is None


def test_call_list_row_and_webhook_of_one_call_have_the_same_facts() -> None:
    webhook = facts_in("after_call__busy_with_numbers.json")
    row = {
        "uniqueid": webhook.ringostat_id,
        "call_type": "in",
        "disposition": "BUSY",
        "dst": "380442223344",
        "E164": "+380501112233",
        "billsec": 0,
        "duration": 4,
        "has_recording": "0",
        "calldate": "2026-09-30T15:37:18+0300",
    }
    from_row = parse_list_row(row, timezone=KYIV)
    assert from_row is not None
    assert replace(from_row, exact_start=None, local_start=from_row.exact_start) == webhook
