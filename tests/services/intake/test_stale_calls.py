"""Stale calls: looked up in the call list, closed after a day, and reopened by a late final event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, CatchUpCursor, Customer, Secret
from integrations.services.calls.replay import replay_calls
from integrations.services.intake.catch_up import Window, catch_up
from integrations.services.intake.stale_calls import close_all_stale_calls, close_stale_calls
from integrations.services.queue.defer import CLOSE_STALE_CALLS
from sandbox.http.faults import Fault
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered
from tests.end_to_end.rows import at, row
from tests.factories import call_facts, make_call, make_customer

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def began(scenario: Scenario, ago: timedelta, **changes: Any) -> None:
    """Creates a call that began this long ago. The cursor of the call list has passed it."""
    start = timezone.now() - ago
    body = {"uniqueid": CALL_ID, "call_type": "in", "E164": CLIENT, "calldate": at(start)}
    scenario.post(body | changes, event="before_call")
    Call.objects.update(received_at=start)
    Customer.objects.update(created_at=start - HOUR)
    CatchUpCursor.objects.update_or_create(customer=scenario.customer, defaults={"read_until": timezone.now()})


def state_of(scenario: Scenario) -> tuple[str, str]:
    return Call.objects.values_list("state", "reason").get(customer=scenario.customer, ringostat_id=CALL_ID)


def without_key(scenario: Scenario) -> None:
    Customer.objects.update(ringostat_auth_key=Secret())
    scenario.customer.refresh_from_db()


@pytest.mark.parametrize(("ago", "is_closed"), [(2.9 * HOUR, False), (3.1 * HOUR, True)])
def test_a_call_is_stale_after_three_hours(db: None, ago: timedelta, is_closed: bool) -> None:
    ProcrastinateJob.objects.all().delete()
    customer = make_customer()
    for _ in range(2):
        make_call(customer, call_facts(is_final=False), state=CallState.IN_PROGRESS, received_at=timezone.now() - ago)

    close_all_stale_calls()
    close_all_stale_calls()

    jobs = ProcrastinateJob.objects.filter(task_name=CLOSE_STALE_CALLS)
    assert [job.args["customer_id"] for job in jobs] == ([customer.pk] if is_closed else [])


@pytest.mark.parametrize("state", [CallState.PENDING, CallState.DELIVERED, CallState.FAILED, CallState.SKIPPED])
def test_calls_that_ended_are_never_stale(db: None, state: CallState) -> None:
    call = make_call(make_customer(), state=state)
    before = Call.objects.values().get()

    close_stale_calls(call.customer_id)

    assert Call.objects.values().get() == before


def test_call_list_completes_a_stale_call(scenario: Scenario, ringostat: Ringostat) -> None:
    began(scenario, 5 * HOUR)
    ringostat.calls = [row(ago=5 * HOUR)]
    catch_up(scenario.customer)
    assert state_of(scenario) == (CallState.IN_PROGRESS, "")

    close_stale_calls(scenario.customer.pk)
    scenario.deliver()

    assert state_of(scenario) == (CallState.DELIVERED, "")
    assert len(scenario.account.comments) == 1


def test_stale_calls_of_a_customer_are_looked_up_together(scenario: Scenario, ringostat: Ringostat) -> None:
    for hours in (4, 6, 8):
        began(scenario, hours * HOUR, uniqueid=f"ua9_-1.{hours}")
    Call.objects.update(received_at=timezone.now() - 4 * HOUR)

    close_stale_calls(scenario.customer.pk)

    [request] = ringostat.requests
    asked = {name: values[0] for name, values in parse_qs(request.query).items()}
    zone = scenario.customer.zone
    first, last = timezone.now() - 8 * HOUR, timezone.now() - 4 * HOUR
    assert asked["from"] <= f"{first.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    assert asked["to"] >= f"{(last - MINUTE).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def test_impossible_start_does_not_read_years_of_the_call_list(scenario: Scenario, ringostat: Ringostat) -> None:
    began(scenario, 5 * HOUR)
    Call.objects.update(started_at="2001-01-01T00:00Z")

    close_stale_calls(scenario.customer.pk)

    assert ringostat.requests == []


def test_stale_calls_without_a_key_are_not_looked_up(scenario: Scenario, ringostat: Ringostat) -> None:
    began(scenario, 5 * HOUR)
    without_key(scenario)

    close_stale_calls(scenario.customer.pk)

    assert ringostat.requests == []
    assert state_of(scenario) == (CallState.IN_PROGRESS, "")


@pytest.mark.parametrize("has_key", [True, False])
@pytest.mark.parametrize(("ago", "state"), [(23 * HOUR, CallState.IN_PROGRESS), (25 * HOUR, CallState.SKIPPED)])
def test_call_without_further_events_is_closed_after_a_day(
    scenario: Scenario, ringostat: Ringostat, has_key: bool, ago: timedelta, state: CallState
) -> None:
    began(scenario, ago)
    if not has_key:
        without_key(scenario)

    close_stale_calls(scenario.customer.pk)

    call = Call.objects.get()
    assert (call.state, call.reason) == (state, Reason.NO_FINAL_EVENT if state == CallState.SKIPPED else "")
    assert bool(call.finished_at) == (state == CallState.SKIPPED)


def test_unreadable_call_list_does_not_keep_a_stale_call_open(
    scenario: Scenario, sandbox: Sandbox, ringostat: Ringostat
) -> None:
    began(scenario, 25 * HOUR)
    sandbox.add_fault(Fault(path="*", status=500))

    close_stale_calls(scenario.customer.pk)

    assert state_of(scenario) == (CallState.SKIPPED, Reason.NO_FINAL_EVENT)


# --- a closed call ---


@pytest.fixture
def closed(scenario: Scenario, ringostat: Ringostat) -> Scenario:
    began(scenario, 25 * HOUR)
    close_stale_calls(scenario.customer.pk)
    assert state_of(scenario) == (CallState.SKIPPED, Reason.NO_FINAL_EVENT)
    return scenario


def test_final_event_reopens_a_closed_call(closed: Scenario) -> None:
    closed.post(answered())

    call = Call.objects.get()
    assert (call.state, call.reason, call.finished_at) == (CallState.PENDING, "", None)
    assert call.due_at
    closed.deliver()
    assert state_of(closed) == (CallState.DELIVERED, "")
    assert len(closed.account.comments) == 1


def test_interim_event_keeps_a_closed_call_closed(closed: Scenario) -> None:
    closed.post({"uniqueid": CALL_ID, "call_type": "in", "connected_with": "acmecom_iryna"}, event="taking_call")

    assert state_of(closed) == (CallState.SKIPPED, Reason.NO_FINAL_EVENT)
    assert Call.objects.get().folded.connected_with == "acmecom_iryna"


def test_call_list_reopens_a_closed_call(closed: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(ago=25 * HOUR)]
    now = timezone.now()

    report = catch_up(closed.customer, window=Window(start=now - 26 * HOUR, end=now))

    assert report.as_json()["completed"] == 1
    assert state_of(closed) == (CallState.PENDING, "")


def test_closed_call_without_a_known_end_is_not_replayed(closed: Scenario) -> None:
    assert replay_calls(Call.objects.all()) == 0

    assert state_of(closed) == (CallState.SKIPPED, Reason.NO_FINAL_EVENT)
