"""Replay of stored events, failed calls and paused customers after their problem is fixed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.models import Call, CallState, Customer, DeliveryLease, EventResult, WebhookEvent
from integrations.services.calls.replay import replay_call, replay_calls, replay_events, send_again
from integrations.services.delivery.pause import resume_customer
from integrations.services.queue.defer import lock_of
from sandbox.http.faults import Fault
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered
from tests.factories import make_call, make_customer, make_user


def jobs_of(customer: Customer) -> int:
    return ProcrastinateJob.objects.filter(status="todo", queueing_lock=lock_of(customer.pk)).count()


def failed_event(scenario: Scenario) -> WebhookEvent:
    """An event that failed because of a mistake in our code."""
    with patch("integrations.services.intake.receive.fold_into_call", side_effect=ZeroDivisionError):
        scenario.post(answered())
    return WebhookEvent.objects.get(result=EventResult.FAILED)


def test_event_that_failed_by_an_internal_error_reaches_planfix_after_a_replay(scenario: Scenario) -> None:
    event = failed_event(scenario)

    assert replay_events(WebhookEvent.objects.all()) == {EventResult.CALL: 1}
    scenario.deliver()

    event.refresh_from_db()
    call = Call.objects.get()
    assert (event.result, event.reason, event.kind, event.call) == (EventResult.CALL, "", "after_call", call)
    assert (call.state, call.received_at) == (CallState.DELIVERED, event.received_at)
    assert len(scenario.account.comments) == 1


def test_replaying_an_event_again_changes_nothing(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    before = (Call.objects.values().get(), WebhookEvent.objects.values().get())

    for _time in range(2):
        assert replay_events(WebhookEvent.objects.all()) == {EventResult.CALL: 1}
    scenario.deliver()

    assert (Call.objects.values().get(), WebhookEvent.objects.values().get()) == before
    assert len(scenario.account.comments) == 1


@pytest.mark.parametrize(
    ("body", "result"),
    [(b"{", EventResult.NOT_UNDERSTOOD), (b'{"event": "form"}', EventResult.IGNORED)],
    ids=["not JSON", "a form"],
)
def test_replayed_event_without_a_call_gets_its_result_again(
    scenario: Scenario, body: bytes, result: EventResult
) -> None:
    scenario.post(body, event="")
    WebhookEvent.objects.update(result=EventResult.FAILED, reason="Traceback")

    assert replay_events(WebhookEvent.objects.all()) == {result: 1}

    event = WebhookEvent.objects.get()
    assert event.result == result
    assert "Traceback" not in event.reason
    assert not Call.objects.exists()


def test_repeated_internal_error_is_stored_and_stops_no_other_event(scenario: Scenario) -> None:
    failed_event(scenario)
    scenario.post({"event": "form"}, event="")

    with patch("integrations.services.calls.replay.fold_into_call", side_effect=ArithmeticError):
        results = replay_events(WebhookEvent.objects.all())

    assert results == {EventResult.FAILED: 1, EventResult.IGNORED: 1}
    assert "ArithmeticError" in WebhookEvent.objects.get(result=EventResult.FAILED).reason


def test_replayed_old_event_does_not_overwrite_newer_facts(scenario: Scenario) -> None:
    scenario.post({"uniqueid": CALL_ID, "call_type": "in", "E164": CLIENT}, event="before_call")
    scenario.post(answered())

    replay_events(WebhookEvent.objects.filter(kind="before_call"))

    assert (call := Call.objects.get()).state == CallState.PENDING
    assert call.outcome == "answered"


@pytest.mark.parametrize("state", [CallState.FAILED, CallState.SKIPPED])
def test_failed_and_skipped_calls_are_made_due_by_a_replay(db: None, state: CallState) -> None:
    call = make_call(make_customer(), state=state, reason="refused", detail="because", receipts={"contact_id": 812})

    assert replay_calls(Call.objects.all()) == 1

    call.refresh_from_db()
    assert (call.state, call.reason, call.detail, call.finished_at) == (CallState.PENDING, "", "", None)
    assert call.due_at is not None
    assert call.due_at <= timezone.now()
    assert call.delivery.contact_id == 812
    assert jobs_of(call.customer) == 1


@pytest.mark.parametrize("state", [CallState.DELIVERED, CallState.PENDING, CallState.IN_PROGRESS])
def test_delivered_waiting_and_running_calls_stay_unchanged_by_a_replay(db: None, state: CallState) -> None:
    call = make_call(make_customer(), state=state)
    before = Call.objects.values().get()

    assert replay_calls(Call.objects.all()) == 0

    assert Call.objects.values().get() == before
    assert jobs_of(call.customer) == 0


def test_failed_call_reaches_planfix_once_its_cause_is_fixed(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(
        Fault(path="/contact/*/comments/", json={"result": "fail", "code": 3001, "error": "no"}, status=400, times=1)
    )
    scenario.post(answered())
    scenario.deliver()
    assert Call.objects.get().state == CallState.FAILED

    replay_calls(Call.objects.all())
    scenario.deliver()

    assert Call.objects.get().state == CallState.DELIVERED
    assert (len(scenario.account.comments), len(scenario.account.contacts)) == (1, 1)


def test_replay_makes_many_calls_of_several_customers_due(db: None) -> None:
    customers = [make_customer(), make_customer()]
    for customer in customers:
        for _number in range(3):
            make_call(customer, state=CallState.FAILED)

    with patch("integrations.services.calls.batches.BATCH", 2):
        assert replay_calls(Call.objects.all()) == 6

    assert Call.objects.filter(state=CallState.PENDING).count() == 6
    assert [jobs_of(customer) for customer in customers] == [1, 1]


def test_replay_does_not_resume_a_paused_customer(db: None) -> None:
    customer = make_customer(paused_reason="The token is wrong.")
    make_call(customer, state=CallState.FAILED)

    replay_calls(Call.objects.all())

    customer.refresh_from_db()
    assert customer.paused_reason == "The token is wrong."


def test_resumed_customer_delivers_its_calls_at_once(db: None) -> None:
    customer = make_customer(paused_reason="The token is wrong.")
    now = timezone.now()
    DeliveryLease.objects.create(
        customer=customer, holder=uuid.uuid4(), held_until=now, failures=5, retry_at=now + timedelta(hours=1)
    )

    resume_customer(customer)

    customer.refresh_from_db()
    assert (customer.paused_reason, customer.delivery_lease.retry_at, customer.delivery_lease.failures) == ("", None, 0)
    assert jobs_of(customer) == 1


def history_of(call: Call) -> list[tuple[str, str, str]]:
    return list(call.history.order_by("at", "pk").values_list("kind", "by_name", "reason"))


def test_history_of_a_call_holds_its_failed_attempts_and_who_retried_it(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(
        Fault(path="/contact/*/comments/", json={"result": "fail", "code": 3001, "error": "no"}, status=400, times=1)
    )
    scenario.post(answered())
    scenario.deliver()

    assert send_again(scenario.call(CALL_ID), by=make_user("demo"))
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert call.state == CallState.DELIVERED
    assert history_of(call) == [("attempt", "", "refused"), ("retried", "demo", "")]


def test_call_that_is_delivered_at_once_has_no_history(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()

    assert history_of(scenario.call(CALL_ID)) == []


def test_history_keeps_why_a_retried_call_was_skipped(db: None) -> None:
    call = make_call(make_customer(), state=CallState.SKIPPED, reason="unknown_employee", detail="acmecom_new")

    replay_call(call, by=make_user("demo"))

    assert history_of(call) == [("attempt", "", "unknown_employee"), ("reread", "demo", "")]
    assert call.history.order_by("at")[0].at == call.finished_at
