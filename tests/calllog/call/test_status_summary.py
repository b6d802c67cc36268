"""The summary at the top of the call page: state, reason and next step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.calllog.call.status_summary import NEXT_STEPS, status_summary
from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer, Delivery
from integrations.ui.labels import REASONS
from tests.factories import NOON

PAUSED = Customer(name="Acme", paused_reason="The token is switched off.")
IN_TASK = {"contact_id": 812, "task_id": 55}


def summarised(receipts: dict[str, Any] | None = None, **columns: Any) -> tuple[str, str]:
    known: dict[str, Any] = {"customer": Customer(name="Acme"), "received_at": NOON, "due_at": None}
    call = Call(**known | columns)
    summary = status_summary(call, Delivery(call=call, **receipts or {}), NOON)
    return summary.text, summary.next_step


@pytest.mark.parametrize(
    ("receipts", "columns", "text", "next_step"),
    [
        (
            {},
            {"state": CallState.IN_PROGRESS},
            "The call has not ended yet.",
            "Nothing to do: the call is sent to Planfix when it ends",
        ),
        (
            {},
            {"state": CallState.PENDING, "due_at": NOON},
            "The call is about to be sent to Planfix.",
            "Nothing to do: this page updates itself.",
        ),
        (
            {},
            {"state": CallState.PENDING, "due_at": NOON + timedelta(minutes=5), "reason": "unavailable"},
            "Waiting: Planfix did not answer.",
            "Nothing to do: the next attempt is at 12:05.",
        ),
        (
            {},
            {"state": CallState.PENDING, "due_at": NOON, "customer": PAUSED},
            "Waiting because the customer is paused: The token is switched off.",
            "Fix this on the customer's page",
        ),
        (
            {"contact_id": 812},
            {"state": CallState.DELIVERED, "finished_at": NOON},
            "In Planfix since 12:00: contact 812.",
            "",
        ),
        (
            IN_TASK,
            {"state": CallState.DELIVERED, "finished_at": NOON, "due_at": NOON},
            "In Planfix since 12:00: task 55 of contact 812.",
            "Later data, such as the recording, is added automatically.",
        ),
        (
            IN_TASK,
            {"state": CallState.DELIVERED, "finished_at": NOON, "due_at": NOON, "customer": PAUSED},
            "In Planfix since 12:00: task 55 of contact 812.",
            "Later data, such as the recording, waits until the customer is resumed.",
        ),
        (
            IN_TASK,
            {"state": CallState.DELIVERED, "finished_at": NOON, "reason": "not_added", "detail": "It was deleted."},
            "In Planfix since 12:00: task 55 of contact 812.",
            "Later data could not be added. It was deleted.",
        ),
        (
            {},
            {"state": CallState.SKIPPED, "reason": Reason.UNKNOWN_EMPLOYEE, "detail": "New Comer (staff id 9)"},
            "Not sent to Planfix: employee is unknown – New Comer (staff id 9).",
            "Match the employee, then retry.",
        ),
        (
            {},
            {"state": CallState.SKIPPED, "reason": "settled", "detail": "Olena: called back", "finished_at": NOON},
            "Not sent to Planfix: marked as resolved at 12:00 by Olena: called back.",
            "Nothing to do.",
        ),
        (
            {},
            {"state": CallState.FAILED, "reason": "refused", "detail": "POST /contact/: no such template."},
            "The call could not be sent: Planfix refused the request.",
            "Fix the problem in Planfix, then retry",
        ),
    ],
)
def test_summary_shows_state_reason_and_next_step(
    receipts: dict[str, Any], columns: dict[str, Any], text: str, next_step: str
) -> None:
    shown_text, shown_step = summarised(receipts, **columns)

    assert shown_text == text
    assert shown_step.startswith(next_step)
    assert bool(shown_step) is bool(next_step)


def test_unanswered_outgoing_call_without_contact_says_that_it_never_creates_one() -> None:
    skipped = {"state": CallState.SKIPPED, "reason": Reason.UNKNOWN_CONTACT}

    text, next_step = summarised(direction="outgoing", outcome="missed", **skipped)

    assert "an unanswered outgoing call never creates one" in text
    assert next_step == "Create the contact in Planfix, then retry."
    assert "creating one is off" in summarised(direction="outgoing", outcome="answered", **skipped)[0]


@pytest.mark.parametrize(
    "reason",
    sorted(
        {str(reason) for reason in REASONS} - {"unavailable", "search_blind", "access", "not_added", "task_refused"}
    ),
)
def test_every_reason_of_an_undelivered_call_has_a_next_step(reason: str) -> None:
    assert str(NEXT_STEPS[reason]).endswith(".")


@pytest.mark.parametrize(
    ("columns", "text", "detail"),
    [
        (
            {"state": CallState.FAILED, "reason": "refused", "detail": "POST /contact/: HTTP 400, code 23 (limit)."},
            "The call could not be sent: Planfix refused the request."
            " The contact limit of the customer's Planfix plan is reached.",
            "POST /contact/: HTTP 400, code 23 (limit).",
        ),
        (
            {
                "state": CallState.PENDING,
                "due_at": NOON,
                "customer": Customer(name="Acme", paused_reason="POST /datatag/list: HTTP 401, code 1."),
            },
            "Waiting because the customer is paused:"
            " Planfix does not know the token. Enter a new one in the customer's settings.",
            "POST /datatag/list: HTTP 401, code 1",
        ),
        (
            {
                "state": CallState.PENDING,
                "due_at": NOON,
                "customer": Customer(name="Acme", paused_reason="HTTP 401: asked them.", paused_by_hand=True),
            },
            "Waiting because the customer is paused: HTTP 401: asked them.",
            "",
        ),
    ],
)
def test_summary_explains_an_error_line_of_planfix_and_keeps_it_as_a_detail(
    columns: dict[str, Any], text: str, detail: str
) -> None:
    known: dict[str, Any] = {"customer": Customer(name="Acme"), "received_at": NOON, "due_at": None}
    call = Call(**known | columns)

    summary = status_summary(call, Delivery(call=call), NOON)

    assert (summary.text, summary.technical_detail) == (text, detail)
