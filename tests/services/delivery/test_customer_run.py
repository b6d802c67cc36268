"""The order of due calls, the time of the next attempt, and the stored result of an attempt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import copy
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.domain.calls import CallFacts
from integrations.domain.rules import CustomerRules, DeliveryPlan, Skip, decide
from integrations.models import Call, CallState, Delivery, DeliveryLease
from integrations.planfix.rights import Right
from integrations.services.customers.account_discovery import discover
from integrations.services.delivery.customer_run import customers_with_due_calls
from integrations.services.delivery.recording import ATTEMPTS_AT_ADDITIONS
from sandbox.http.faults import Fault
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, answered, missed
from tests.factories import make_call, make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def scenario(make_scenario: Callable[..., Scenario]) -> Scenario:
    scenario = make_scenario()
    discover(scenario.customer)
    return scenario


def test_the_sweep_reads_one_due_call_per_customer() -> None:
    for _ in range(3):
        call = make_call(make_customer(), state=CallState.PENDING)
        backlog = [copy(call) for _ in range(1000)]
        for number, another in enumerate(backlog):
            another.pk, another.ringostat_id = None, f"backlog-{number}"
        Call.objects.bulk_create(backlog)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_call, integrations_customer")

    with CaptureQueriesContext(connection) as asked:
        assert len(customers_with_due_calls()) == 3
        cursor = connection.cursor()
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + asked[0]["sql"])
    assert sum(rows_read("integrations_call", cursor.fetchone()[0][0]["Plan"])) == 3


def rows_read(table: str, plan: dict[str, Any]) -> Iterator[float]:
    if plan.get("Relation Name") == table:
        yield plan["Actual Rows"] * plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from rows_read(table, part)


def seconds_until_next_attempt(scenario: Scenario) -> float:
    """Makes one more attempt. Returns the seconds until the waiting call's next attempt."""
    Call.objects.filter(customer=scenario.customer).update(due_at=timezone.now())
    DeliveryLease.objects.filter(customer=scenario.customer).update(retry_at=None)
    scenario.deliver()
    due_at = scenario.call(CALL_ID).due_at
    assert due_at is not None
    return (due_at - timezone.now()).total_seconds()


def test_a_missing_encryption_key_counts_no_attempt(scenario: Scenario, settings: Any) -> None:
    scenario.post(answered())
    keys, settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS, [Fernet.generate_key().decode()]
    for _ in range(3):
        with pytest.raises(ImproperlyConfigured):
            scenario.deliver()
    settings.ENCRYPTION_KEYS = keys
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.delivery.attempts) == (CallState.DELIVERED, 1)


def test_call_that_has_waited_longest_is_delivered_first(scenario: Scenario) -> None:
    now = timezone.now()
    for minutes, number in [(1, "+380501112231"), (3, "+380501112233"), (2, "+380501112232")]:
        scenario.post(missed(number, uniqueid=number))
        scenario.customer.calls.filter(ringostat_id=number).update(due_at=now - timedelta(minutes=minutes))
    scenario.deliver()

    assert [contact.name for contact in scenario.account.contacts] == [
        "+380501112233",
        "+380501112232",
        "+380501112231",
    ]


def test_each_failed_attempt_doubles_the_wait_for_the_next(scenario: Scenario, sandbox: Sandbox, settings: Any) -> None:
    settings.FIRST_RETRY_SECONDS = 15
    sandbox.add_fault(Fault(path="/contact/list", status=503))
    scenario.post(answered())
    waits = [seconds_until_next_attempt(scenario) for _ in range(4)]

    for wait, doubled in zip(waits, [15, 30, 60, 120], strict=True):
        assert 0.7 * doubled < wait < 1.3 * doubled


def test_one_failed_call_does_not_end_the_customers_run(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/contact/list", status=503, times=1))
    scenario.post(answered())
    scenario.post(answered(uniqueid="ua9_-1790775459.1"))
    scenario.deliver()

    states = [scenario.call(number).state for number in (CALL_ID, "ua9_-1790775459.1")]
    assert sorted(states) == [CallState.DELIVERED, CallState.PENDING]


@pytest.mark.parametrize(("error", "detail"), [(ValueError("odd value"), "odd value"), (ValueError(), "ValueError()")])
def test_a_call_that_a_bug_stops_fails_with_the_text_of_the_error(
    scenario: Scenario, error: Exception, detail: str
) -> None:
    scenario.post(answered())
    with patch("integrations.services.delivery.call_delivery.find_client", side_effect=error):
        scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.detail) == (CallState.FAILED, detail)


def test_the_next_attempt_respects_retry_after(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/contact/list", status=429, headers={"Retry-After": "500"}))
    scenario.post(answered())

    assert seconds_until_next_attempt(scenario) > 490


def test_a_delivered_call_with_a_waiting_addition_has_no_reason(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered())
    scenario.deliver()
    sandbox.add_fault(Fault(path="/contact/*/comments/*", status=503))
    scenario.post({"call_id": CALL_ID, "employee_mark": "4"}, event="call_rating")
    assert seconds_until_next_attempt(scenario) > 0

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason, call.detail) == (CallState.DELIVERED, "", "")


def test_a_delivered_call_names_its_employee(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()

    employee = scenario.call(CALL_ID).employee
    assert employee is not None
    assert employee.name == "Iryna Bondar"


def test_an_event_without_an_addition_makes_no_delivered_call_due(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.post({"call_id": CALL_ID, "call_type": "in", "step_forward": "webhookNumber:120"}, event="forwarding")

    call = scenario.call(CALL_ID)
    assert "step_forward" in call.folded.parameters
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)


def test_a_repeated_event_without_a_date_leaves_the_calls_start_as_it_was(scenario: Scenario) -> None:
    scenario.post(answered(calldate=""))
    started_at = scenario.call(CALL_ID).started_at
    scenario.post(answered(calldate=""))

    assert scenario.call(CALL_ID).started_at == started_at


def test_a_right_that_only_additions_need_delays_no_other_call(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.account.scopes = frozenset(Right) - {Right.UPDATE_COMMENTS}
    scenario.post({"call_id": CALL_ID, "employee_mark": "4"}, event="call_rating")
    scenario.deliver()
    scenario.post(missed(uniqueid="ua1_-2.2"))
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.DELIVERED, "not_added")
    assert "comment_update" in call.detail
    assert scenario.call("ua1_-2.2").state == CallState.DELIVERED
    scenario.customer.refresh_from_db()
    assert scenario.customer.paused_reason == ""

    scenario.account.scopes = None
    Call.objects.exclude(due_at=None).update(due_at=timezone.now())
    scenario.deliver()

    assert "Mark of the employee: 4" in scenario.account.comments[0].description
    assert (scenario.call(CALL_ID).reason, scenario.call(CALL_ID).due_at) == ("", None)


def test_an_addition_whose_right_never_comes_is_given_up_after_days(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.account.scopes = frozenset(Right) - {Right.UPDATE_COMMENTS}
    Delivery.objects.update(attempts=ATTEMPTS_AT_ADDITIONS - 1)
    scenario.post({"call_id": CALL_ID, "employee_mark": "4"}, event="call_rating")
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason, call.due_at) == (CallState.DELIVERED, "not_added", None)
    assert "comment_update" in call.detail


def test_a_refusal_text_that_postgresql_cannot_store_fails_only_its_call(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(
        Fault(
            path="/contact/*/comments",
            status=400,
            body=json.dumps({"result": "fail", "code": 5001, "error": "bad \0 \ud800 https://a.example/?token=0123"}),
            times=1,
        )
    )
    scenario.post(answered())
    scenario.post(missed("+380501112233", uniqueid="ua1_-2.2"))
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.FAILED, "refused")
    assert "bad" in call.detail
    assert "0123" not in call.detail
    assert scenario.call("ua1_-2.2").state == CallState.DELIVERED


def test_call_is_decided_again_if_facts_arrive_while_it_is_given_up(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = {"connected_with": "", "employee_number": "-1", "employee_fio": ""}

    def decide_while_more_comes(facts: CallFacts, rules: CustomerRules) -> DeliveryPlan | Skip:
        if not facts.connected_with:
            scenario.post(answered())
        return decide(facts, rules)

    monkeypatch.setattr("integrations.services.delivery.call_delivery.decide", decide_while_more_comes)
    scenario.post(answered(**nobody))
    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    assert [comment.author for comment in scenario.account.comments] == ["user:5"]
