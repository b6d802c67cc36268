"""Statistics of a customer's webhooks: parameters by event, delay, repeats, and calls without a webhook."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.domain.calls import CallFacts, Direction, EventKind
from integrations.models import Customer, EventResult, WebhookEvent
from integrations.services.monitoring.webhook_statistics import (
    DAYS,
    READ,
    Delay,
    Needed,
    Presence,
    SeenRequest,
    Share,
    delay_of,
    repeats_in,
    shares_of,
    webhook_statistics,
)
from tests.factories import make_call, make_customer

END = datetime(2026, 9, 30, 12, 38, tzinfo=UTC)
IN, OUT = EventKind.AFTER_CALL, EventKind.AFTER_OUTGOING_CALL
COMPLETE = CallFacts(
    ringostat_id="1.1",
    is_final=True,
    direction=Direction.INCOMING,
    status="ANSWERED",
    exact_start=END - timedelta(seconds=60),
    total_seconds=60,
    talk_seconds=40,
    e164="+380671234567",
    staff_id="331851",
    recording_url="https://app.ringostat.com/recordings/1.1.wav",
    parameters={"utm_source": "google"},
)


def seen(*, kind: EventKind = IN, seconds: int = 5, **changed: Any) -> SeenRequest:
    return SeenRequest(kind, replace(COMPLETE, **changed), END + timedelta(seconds=seconds))


def share(needed: Needed, *requests: SeenRequest) -> Share | None:
    return shares_of(requests, "UA")[needed].get(IN)


def test_complete_request_has_every_needed_parameter() -> None:
    shares = shares_of([seen()], "UA")
    assert {needed: each[IN].presence for needed, each in shares.items()} == dict.fromkeys(Needed, Presence.ALWAYS)


@pytest.mark.parametrize(
    ("needed", "without"),
    [
        (Needed.NUMBER, {"e164": ""}),
        (Needed.START, {"exact_start": None}),
        (Needed.OUTCOME, {"is_final": False}),
        (Needed.TALK, {"talk_seconds": None}),
        (Needed.EMPLOYEE, {"staff_id": ""}),
        (Needed.RECORDING, {"recording_url": ""}),
        (Needed.UTM, {"parameters": {"client_id": "1"}}),
    ],
)
def test_missing_parameter_is_counted_as_never_or_sometimes(needed: Needed, without: dict[str, Any]) -> None:
    lacking = seen(**without)
    alone, beside = share(needed, lacking), share(needed, lacking, seen())
    assert alone
    assert alone.presence is Presence.NEVER
    assert beside
    assert (beside.presence, beside.came, beside.requests) == (Presence.SOMETIMES, 1, 2)


@pytest.mark.parametrize("needed", [Needed.TALK, Needed.EMPLOYEE, Needed.RECORDING])
def test_missed_call_needs_neither_talk_nor_employee_nor_recording(needed: Needed) -> None:
    assert share(needed, seen(status="NO ANSWER", talk_seconds=None, staff_id="", recording_url="")) is None


@pytest.mark.parametrize(
    ("needed", "facts"),
    [
        (Needed.NUMBER, {"e164": "anonymous"}),
        (Needed.RECORDING, {"recording_url": "", "has_recording": False}),
        (Needed.EMPLOYEE, {"staff_id": "", "connected_with": "acmecom_iryna"}),
        (Needed.START, {"exact_start": None, "local_start": END}),
    ],
)
def test_fact_that_comes_in_another_form_counts_as_present(needed: Needed, facts: dict[str, Any]) -> None:
    found = share(needed, seen(**facts))
    assert found
    assert found.presence is Presence.ALWAYS


def test_outgoing_calls_are_not_expected_to_have_utm_tags() -> None:
    shares = shares_of([seen(kind=OUT, direction=Direction.OUTGOING, destination="0671234567")], "UA")
    assert set(shares[Needed.NUMBER]) == {OUT}
    assert shares[Needed.UTM] == {}


@pytest.mark.parametrize(
    ("requests", "delay"),
    [
        ([], None),
        ([seen(total_seconds=None, talk_seconds=None)], None),
        ([seen(exact_start=None)], None),
        ([seen(seconds=3)], Delay(3, 3)),
        ([seen(seconds=-90)], Delay(0, 0)),
        ([seen(seconds=25, total_seconds=None, wait_seconds=20)], Delay(25, 25)),
        ([seen(seconds=second) for second in range(1, 101)], Delay(50, 95)),
        ([seen(seconds=4), seen(seconds=90_000)], Delay(4, 4)),
    ],
)
def test_delay_is_counted_from_the_end_of_the_call(requests: list[SeenRequest], delay: Delay | None) -> None:
    assert delay_of(requests) == delay


def test_same_body_for_the_same_call_and_event_is_a_repeat() -> None:
    one = ("after_call", 1, "aa")
    assert repeats_in([one, one, one, ("after_call", 2, "aa"), ("call_rating", 1, "aa"), ("", None, "b")]) == 2
    assert repeats_in([("", None, "b"), ("", None, "b")]) == 0


def receive(customer: Customer, call_id: str, *, days_ago: int = 0, **changed: Any) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    call = customer.calls.filter(ringostat_id=call_id).first() or make_call(
        customer, ringostat_id=call_id, started_at=at, state="delivered"
    )
    body = {"uniqueid": call_id, "E164": "+380671234567", "disposition": "ANSWERED", "billsec": "5", **changed}
    WebhookEvent.objects.create(
        customer=customer,
        call=call,
        received_at=at,
        event=IN,
        kind=IN,
        method="POST",
        result=EventResult.CALL,
        content_type="application/json",
        body=json.dumps(body).encode(),
    )


@pytest.mark.django_db
def test_webhook_statistics_are_read_from_stored_requests() -> None:
    customer = make_customer(timezone="Europe/Kyiv")
    receive(customer, "1.1")
    receive(customer, "1.1")
    receive(customer, "2.2", employee_fio="Iryna Bondar", days_ago=1)
    make_call(customer, ringostat_id="3.3", started_at=timezone.now() - timedelta(days=1), state="delivered")
    receive(make_customer(name="Other"), "4.4")

    found = webhook_statistics(customer)

    assert (found.requests, found.repeats) == (3, 1)
    assert found.shares[Needed.NUMBER] == {IN: Share(3, 3)}
    assert found.shares[Needed.EMPLOYEE] == {IN: Share(1, 3)}
    assert [(day.by_webhook, day.calls) for day in found.days[-3:]] == [(0, 0), (1, 2), (1, 1)]
    assert len(found.days) == DAYS


@pytest.mark.django_db
def test_days_whose_requests_are_deleted_by_retention_are_left_out() -> None:
    customer = make_customer(retention_days=5)
    assert len(webhook_statistics(customer).days) == 4


@pytest.mark.django_db
def test_statistics_of_many_requests_take_three_queries_and_a_bounded_sample() -> None:
    customer = make_customer()
    for number in range(READ + 5):
        receive(customer, f"{number}.1")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = webhook_statistics(customer)
    assert len(queries) == 3
    assert found.shares[Needed.NUMBER] == {IN: Share(READ, READ)}
