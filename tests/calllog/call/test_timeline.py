"""The timeline of a call, in sentences."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.calllog.call.timeline import timeline
from integrations.domain.folding import fold
from integrations.domain.outcome import outcome_of
from integrations.domain.reasons import Reason
from integrations.models import (
    Call,
    CallHistory,
    CallState,
    Customer,
    Delivery,
    DeliveryLease,
    Employee,
    PlanfixRequest,
    WebhookEvent,
)
from tests.factories import MISSED, NOON, OUTGOING, call_facts

IRYNA = Employee(name="Iryna Bondar", planfix_user_id=5)
PENDING: dict[str, Any] = {"state": CallState.PENDING, "due_at": NOON}


def timeline_texts(
    facts: dict[str, Any] | None = None,
    receipts: dict[str, Any] | None = None,
    *,
    events: int = 0,
    requests: int = 0,
    **columns: Any,
) -> list[str]:
    """Returns the timeline of a delivered call with these changes, at noon in Kyiv."""
    known = call_facts(**facts or {})
    filled: dict[str, Any] = {
        "facts": fold(None, known),
        "direction": known.direction or "",
        "outcome": outcome_of(known) if known.is_final else "",
        "client_number": "+380671234567",
        "started_at": NOON,
        "received_at": NOON,
        "state": CallState.DELIVERED,
        "employee": IRYNA,
        "customer": Customer(name="Acme"),
    }
    filled |= {"reason": "", "detail": ""}  # an unsaved call holds an expression for a database default
    call = Call(**filled | columns)
    sentences = timeline(
        call,
        Delivery(call=call, **receipts or {}),
        events=[WebhookEvent(received_at=NOON + timedelta(seconds=number)) for number in range(events)],
        requests=[PlanfixRequest(seconds=0.2, path="/contact/9", sent_at=NOON) for _ in range(requests)],
        now=NOON,
    )
    return [sentence.text for sentence in sentences]


@pytest.mark.parametrize(
    ("facts", "columns", "sentence"),
    [
        ({}, {}, "Answered incoming call from +380 67 123 45 67."),
        (MISSED, {}, "Missed incoming call from +380 67 123 45 67."),
        (OUTGOING, {}, "Answered outgoing call to +380 67 123 45 67."),
        (OUTGOING | {"status": "NO ANSWER", "talk_seconds": 0}, {}, "Unanswered outgoing call to +380 67 123 45 67."),
        ({"is_final": False}, {"state": CallState.IN_PROGRESS}, "Incoming call from +380 67 123 45 67."),
        ({"direction": None, "is_final": False}, {}, "A call with +380 67 123 45 67."),
        ({}, {"client_number": ""}, "Answered incoming call from an unknown number."),
    ],
)
def test_timeline_begins_with_direction_outcome_and_number(
    facts: dict[str, Any], columns: dict[str, Any], sentence: str
) -> None:
    assert timeline_texts(facts, **columns)[0] == sentence


@pytest.mark.parametrize(
    ("receipts", "sentence"),
    [
        ({"contact_id": 812, "contacts_found": 1}, "Contact 812 was found by +380 67 123 45 67."),
        ({"contact_id": 813, "contact_created": True}, "Contact 813 was created."),
        (
            {"contact_id": 812, "contacts_found": 3},
            "3 contacts have this number. Contact 812 was chosen: full number first, then oldest.",
        ),
        ({"contact_id": 812}, "Contact 812 is known from an earlier call with this number."),
        ({"task_id": 55, "target_known": True}, "The call goes to task 55, the contact's last active task."),
        ({"target_known": True}, "The contact has no active task: the call goes to the contact."),
        ({"file_id": 7}, "The recording was copied to Planfix as file 7."),
        (
            {"recording_refused": "POST /file/from-url: the file is too large."},
            "The recording was not copied: POST /file/from-url: the file is too large. The comment links to it.",
        ),
        ({"comment_id": 90211}, "Comment 90211 was written in the name of Iryna Bondar."),
        ({"tag_key": 4}, "The data tag of an answered call was filled in."),
        (
            {"tag_key": 4, "skipped_fields": ["utm_term", "Line"]},
            "Skipped, because Planfix has no such field: utm_term, Line.",
        ),
    ],
)
def test_timeline_has_a_sentence_for_each_receipt(receipts: dict[str, Any], sentence: str) -> None:
    assert sentence in timeline_texts(receipts=receipts)


@pytest.mark.parametrize(
    ("facts", "columns", "sentence"),
    [
        (MISSED, {"employee": None}, "Comment 9 was written in the name of the contact."),
        (MISSED, {}, "Comment 9 was written in the name of the contact."),
        (
            OUTGOING | {"status": "BUSY", "talk_seconds": 0},
            {},
            "Comment 9 was written in the name of Iryna Bondar.",
        ),
        ({}, {"employee": None}, "Comment 9 was written."),
    ],
)
def test_timeline_names_the_author_of_the_comment(
    facts: dict[str, Any], columns: dict[str, Any], sentence: str
) -> None:
    assert sentence in timeline_texts(facts, {"comment_id": 9}, **columns)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (MISSED, "The data tag of a missed call was filled in."),
        (OUTGOING, "No UTM: the call is outgoing."),
        ({"parameters": {}}, "No UTM: the call has none."),
    ],
)
def test_timeline_names_the_data_tag_and_explains_missing_utm(facts: dict[str, Any], sentence: str) -> None:
    assert sentence in timeline_texts(facts, {"tag_key": 4})


@pytest.mark.parametrize(
    ("employee", "what"),
    [
        ({"staff_id": "331851"}, "the staff ID"),
        ({"sip_logins": ["acmecom_iryna"]}, "the SIP login or phone"),
        ({"extension": "101"}, "the extension"),
        ({"email": "Iryna@example.com"}, "the e-mail address"),
        ({"name": "Iryna Bondar"}, "the name"),
    ],
)
def test_timeline_says_how_the_employee_was_recognised(employee: dict[str, Any], what: str) -> None:
    known = Employee(**{"name": "I. B.", "planfix_user_id": 5} | employee)

    sentences = timeline_texts({"extension": "101", "employee_email": "iryna@example.com"}, employee=known)

    assert f"{known.name} was matched by {what}." in sentences


def test_timeline_names_the_real_talker_of_a_fallback_call() -> None:
    fallback = Employee(pk=7, name="Front Desk", planfix_user_id=9)
    customer = Customer(name="Acme", fallback_employee_id=7)

    assert timeline_texts({"staff_id": ""}, employee=fallback, customer=customer)[2] == (
        "The call is logged under Front Desk, the fallback employee,"
        " because Iryna Bondar (SIP acmecom_iryna) is not included."
    )


@pytest.mark.parametrize("columns", [{"employee": Employee(name="Gone", planfix_user_id=1)}, {"employee": None}])
def test_timeline_does_not_guess_how_an_employee_was_recognised(columns: dict[str, Any]) -> None:
    assert not any("matched by" in sentence or "fallback" in sentence for sentence in timeline_texts(**columns))


def test_timeline_of_a_resolved_call_shows_user_and_note() -> None:
    settled = {"state": CallState.SKIPPED, "reason": "settled", "detail": "Olena: the client was called back"}

    assert timeline_texts(**settled)[-1] == "Marked as resolved and not sent. Olena: the client was called back"


def test_timeline_without_receipts_does_not_mention_planfix() -> None:
    assert timeline_texts(state=CallState.SKIPPED, reason=Reason.HIDDEN_NUMBER, employee=None) == [
        "Answered incoming call from +380 67 123 45 67.",
        "No webhooks stored.",
        "Skipped: number is hidden.",
    ]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"state": CallState.DELIVERED}, "Everything is in Planfix."),
        (
            {"state": CallState.DELIVERED, "finished_at": NOON + timedelta(minutes=5)},
            "Everything has been in Planfix since 12:05.",
        ),
        (
            {"state": CallState.DELIVERED, "due_at": NOON + timedelta(minutes=2)},
            "Next check for the recording and other later data at 12:02.",
        ),
        (
            {"state": CallState.DELIVERED, "due_at": NOON},
            "Later data, such as the recording, is about to be added.",
        ),
        (
            {
                "state": CallState.DELIVERED,
                "due_at": NOON,
                "customer": Customer(name="Acme", paused_reason="The token is switched off."),
            },
            "Later data, such as the recording, waits because the customer is paused: The token is switched off.",
        ),
        (
            {"state": CallState.SKIPPED, "reason": "no_final_event"},
            "Skipped: Ringostat did not report the end of the call.",
        ),
        ({"state": CallState.SKIPPED, "reason": "hidden_number"}, "Skipped: number is hidden."),
        (
            {"state": CallState.SKIPPED, "reason": "unknown_employee", "detail": "New Comer (staff id 9)"},
            "Skipped: employee is unknown – New Comer (staff id 9).",
        ),
        (
            {"state": CallState.FAILED, "reason": "refused", "detail": "POST /contact/: no such template."},
            "Failed: Planfix refused the request. Needs attention.",
        ),
        ({"state": CallState.IN_PROGRESS}, "The call has not ended yet. It is sent to Planfix when it ends."),
        (PENDING, "The call is about to be sent to Planfix."),
        (
            PENDING | {"due_at": NOON + timedelta(minutes=5), "reason": "unavailable"},
            "Next attempt at 12:05. Reason: Planfix did not answer.",
        ),
        (PENDING | {"due_at": NOON + timedelta(days=1)}, "Next attempt at 3 Mar, 12:00."),
        (
            PENDING | {"customer": Customer(name="Acme", paused_reason="The token is switched off.")},
            "Waiting because the customer is paused: The token is switched off. No call is lost.",
        ),
    ],
)
def test_timeline_ends_with_the_state_of_the_call(columns: dict[str, Any], sentence: str) -> None:
    assert timeline_texts(**columns)[-1] == sentence


def test_timeline_says_that_a_call_waiting_for_an_addition_is_in_planfix() -> None:
    assert "The call itself is in Planfix." in timeline_texts(due_at=NOON + timedelta(minutes=2))


def test_timeline_shows_that_a_postponed_customer_delays_the_next_attempt() -> None:
    customer = Customer(name="Acme")
    DeliveryLease(customer=customer, retry_at=NOON + timedelta(minutes=30))

    assert timeline_texts(**PENDING | {"customer": customer})[-1] == "Next attempt at 12:30."


@pytest.mark.parametrize("step", ["contact", "recording", "comment", "tag"])
def test_timeline_names_the_step_in_flight_while_the_call_waits(step: str) -> None:
    assert any("not known yet" in sentence for sentence in timeline_texts(receipts={"in_flight_step": step}, **PENDING))


def test_timeline_of_a_finished_call_names_no_step_in_flight() -> None:
    assert not any("not known yet" in sentence for sentence in timeline_texts(receipts={"in_flight_step": "tag"}))


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (0, "No webhooks stored."),
        (1, "Webhook received at 12:00."),
        (3, "3 webhooks received, the first at 12:00."),
    ],
)
def test_timeline_counts_webhooks(events: int, sentence: str) -> None:
    assert timeline_texts(events=events)[1] == sentence


@pytest.mark.parametrize(
    ("requests", "attempts", "sentence"),
    [
        (1, 1, "One request to Planfix."),
        (7, 2, "7 requests to Planfix."),
        (7, 2, "2 attempts."),
    ],
)
def test_timeline_counts_requests_and_attempts(requests: int, attempts: int, sentence: str) -> None:
    assert sentence in timeline_texts(receipts={"attempts": attempts}, requests=requests)


def test_timeline_shows_an_unknown_status_unchanged() -> None:
    assert any("“TELEPORTED”" in sentence for sentence in timeline_texts({"status": "TELEPORTED"}))


def test_timeline_shows_all_steps_in_order() -> None:
    receipts = {"attempts": 1, "contact_id": 813, "contact_created": True, "file_id": 7, "comment_id": 9, "tag_key": 4}

    assert timeline_texts(receipts=receipts, events=1, requests=5) == [
        "Answered incoming call from +380 67 123 45 67.",
        "Webhook received at 12:00.",
        "Iryna Bondar was matched by the name.",
        "Contact 813 was created.",
        "The recording was copied to Planfix as file 7.",
        "Comment 9 was written in the name of Iryna Bondar.",
        "The data tag of an answered call was filled in.",
        "UTM of the call: utm_medium = cpc, utm_source = google.",
        "5 requests to Planfix.",
        "Everything is in Planfix.",
    ]


def one_call(**columns: Any) -> Call:
    known = call_facts()
    filled: dict[str, Any] = {"facts": fold(None, known), "direction": "incoming", "outcome": "answered"}
    filled |= {"client_number": "+380671234567", "started_at": NOON, "received_at": NOON, "employee": IRYNA}
    filled |= {"customer": Customer(name="Acme"), "reason": "", "detail": "", "finished_at": NOON + timedelta(hours=2)}
    return Call(**filled | {"state": CallState.DELIVERED} | columns)


def test_timeline_shows_attempts_their_trigger_and_who_retried_with_times() -> None:
    line = "POST /contact/: Planfix answered HTTP 400, code 23 (limit)."
    history = [
        CallHistory(kind="attempt", at=NOON + timedelta(minutes=1), state="failed", reason="refused", detail=line),
        CallHistory(kind="retried", at=NOON + timedelta(minutes=8), by_name="demo"),
        CallHistory(kind="attempt", at=NOON + timedelta(minutes=9), state="pending", reason="unavailable", detail=""),
    ]
    call = one_call()
    requests = [PlanfixRequest(method="POST", path="/contact/812/comments/", sent_at=NOON + timedelta(hours=2))]

    entries = timeline(
        call,
        Delivery(call=call, comment_id=9, attempts=3),
        events=[],
        requests=requests,
        history=history,
        now=NOON + timedelta(days=1),
    )

    shown = [(entry.time, entry.text) for entry in entries if entry.time]
    assert shown == [
        ("12:00:00", "Answered incoming call from +380 67 123 45 67."),
        (
            "12:01:00",
            "Automatic attempt: Planfix refused the request."
            " The contact limit of the customer's Planfix plan is reached.",
        ),
        ("12:08:00", "demo retried the call."),
        ("12:09:00", "Attempt after the retry: Planfix did not answer."),
        ("14:00:00", "Comment 9 was written in the name of Iryna Bondar."),
        ("14:00:00", "Everything has been in Planfix since 14:00."),
    ]
    assert [entry.technical_detail for entry in entries if entry.technical_detail] == [line]
    offsets = [entry.offset for entry in entries if entry.time]
    assert offsets == ["", "+1:00", "+8:00", "+9:00", "+2:00:00", "+2:00:00"]


def test_timeline_shows_the_date_of_another_day() -> None:
    call = one_call(finished_at=NOON + timedelta(days=1))

    entries = timeline(call, Delivery(), events=[], requests=[], now=NOON)

    assert (entries[-1].time, entries[-1].offset) == ("3 Mar, 12:00:00", "")
    assert entries[-1].text == "Everything has been in Planfix since 3 Mar, 12:00."


def test_timeline_shows_the_attempt_that_gave_the_call_up_once() -> None:
    call = one_call(state=CallState.FAILED, reason="refused", detail="POST /contact/: no such template.")
    history = [CallHistory(kind="attempt", at=call.finished_at, state="failed", reason="refused", detail=call.detail)]

    entries = timeline(call, Delivery(), events=[], requests=[], history=history, now=NOON)

    assert [entry.text for entry in entries if "refused" in entry.text] == [
        "Failed: Planfix refused the request. Needs attention."
    ]
    assert entries[-1].technical_detail == "POST /contact/: no such template."
