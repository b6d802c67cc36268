"""Receiving webhooks: stored events, answers, calls and jobs."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.models import Call, CallState, Customer, EventResult, WebhookEvent, WebhookToken
from integrations.services.calls.replay import replay_events
from integrations.services.delivery.customer_run import running_customer
from integrations.services.intake.sql import write_change
from integrations.services.queue.defer import deliver_soon, lock_of
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, missed

BEFORE = {"call_id": CALL_ID, "call_type": "in", "number_e164": CLIENT, "destination": "+380442223344"}
TAKING = {**BEFORE, "connected_with": "acmecom_iryna", "status": None, "duration_call": None}


def waiting_jobs() -> int:
    """The waiting jobs of the only customer. Django does not empty the queue's table between tests."""
    return ProcrastinateJob.objects.filter(status="todo", queueing_lock=lock_of(Customer.objects.get().pk)).count()


def test_final_event_creates_a_due_call_and_a_job(scenario: Scenario) -> None:
    response = scenario.post(answered())

    assert (response.status_code, response.json()) == (200, {"result": "call"})
    call = Call.objects.get()
    assert (call.state, call.outcome, call.client_number) == (CallState.PENDING, "answered", CLIENT)
    assert call.due_at is not None
    assert waiting_jobs() == 1


def test_an_interim_event_makes_a_call_in_progress_and_no_job(scenario: Scenario) -> None:
    scenario.post(BEFORE, event="before_call")

    call = Call.objects.get()
    assert (call.state, call.outcome, call.due_at) == (CallState.IN_PROGRESS, "", None)
    assert waiting_jobs() == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_stored_call_does_not_depend_on_the_order_of_events(scenario: Scenario, order: tuple[int, ...]) -> None:
    events = [("before_call", BEFORE), ("taking_call", TAKING), ("after_call", answered())]
    for index in order:
        scenario.post(events[index][1], event=events[index][0])

    call = Call.objects.get()
    assert (call.state, call.outcome, call.client_number) == (CallState.PENDING, "answered", CLIENT)
    assert call.folded.connected_with == "acmecom_iryna"
    assert WebhookEvent.objects.filter(call=call).count() == 3


def test_a_repeated_event_is_stored_again_and_changes_nothing(scenario: Scenario) -> None:
    scenario.post(answered())
    before = Call.objects.values().get()
    scenario.post(answered())

    assert Call.objects.values().get() == before
    assert WebhookEvent.objects.count() == 2
    assert waiting_jobs() == 1


def test_several_calls_of_one_customer_share_one_job(scenario: Scenario) -> None:
    for number in range(5):
        scenario.post(answered(uniqueid=f"ua9_-1790775438.{number}"))

    assert Call.objects.filter(state=CallState.PENDING).count() == 5
    assert waiting_jobs() == 1


def test_a_later_event_leaves_a_delivered_call_delivered(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.post(missed())

    call = Call.objects.get()
    assert (call.state, call.outcome) == (CallState.DELIVERED, "answered")


def test_skipped_call_is_decided_again_after_new_facts(scenario: Scenario) -> None:
    scenario.post(answered(connected_with=""))
    scenario.deliver()
    assert (Call.objects.get().state, Call.objects.get().reason) == (CallState.SKIPPED, "unknown_employee")

    scenario.post({"call_id": CALL_ID, "employee_id": 331851, "employee_mark": "5"}, event="call_rating")
    scenario.deliver()

    call = Call.objects.get()
    assert (call.state, call.reason) == (CallState.DELIVERED, "")
    assert [comment.author for comment in scenario.account.comments] == ["user:5"]


def test_call_without_a_date_starts_at_its_first_event(scenario: Scenario) -> None:
    scenario.post(BEFORE, event="before_call")
    began = Call.objects.get().started_at
    scenario.post(answered(calldate=""))

    assert Call.objects.get().started_at == began


@pytest.mark.parametrize(
    ("body", "event", "result"),
    [
        ({"event": "form", "phone": CLIENT}, "", EventResult.IGNORED),
        ({"call_type": "out", "destination": "380671234567"}, "before_outgoing_call", EventResult.NOT_UNDERSTOOD),
        (b'{"uniqueid": "ua9_-1790789999.1", "disposition": ', "after_call", EventResult.NOT_UNDERSTOOD),
        (b"\xff\xfe\x00", "after_call", EventResult.NOT_UNDERSTOOD),
    ],
    ids=["a form", "no call id", "not JSON", "bytes"],
)
def test_event_that_is_no_call_is_stored_and_answered_200(
    scenario: Scenario, body: dict[str, Any] | bytes, event: str, result: EventResult
) -> None:
    response = scenario.post(body, event=event)

    assert response.status_code == 200
    stored = WebhookEvent.objects.get()
    assert (stored.result, stored.call) == (result, None)
    assert bytes(stored.body) == (body if isinstance(body, bytes) else json.dumps(body).encode())
    assert not Call.objects.exists()


@pytest.mark.parametrize("method", ["post", "put", "get"])
def test_webhook_is_accepted_by_post_put_and_get(scenario: Scenario, method: str) -> None:
    address = WebhookToken.objects.get().address
    send = getattr(scenario.client, method)
    if method == "get":
        send(f"{address}after_call/", answered())
    else:
        send(f"{address}after_call/", json.dumps(answered()), content_type="application/json")

    assert Call.objects.get().client_number == CLIENT


def test_unknown_webhook_address_is_answered_404_and_stores_nothing(scenario: Scenario) -> None:
    response = scenario.client.post("/webhooks/ringostat/nobody/after_call/", "{}", content_type="application/json")

    assert response.status_code == 404
    assert not WebhookEvent.objects.exists()


def test_replaced_webhook_address_works_until_it_expires(scenario: Scenario) -> None:
    old = WebhookToken.objects.get()
    WebhookToken.issue(scenario.customer)
    for valid_for, status in [(timedelta(hours=1), 200), (timedelta(hours=-1), 404)]:
        WebhookToken.objects.filter(pk=old.pk).update(valid_until=timezone.now() + valid_for)
        assert scenario.client.post(old.address, "{}", content_type="application/json").status_code == status


def test_cached_webhook_address_uses_the_current_zone_of_its_customer(scenario: Scenario) -> None:
    for number, zone in enumerate(["Europe/Kyiv", "Europe/Warsaw"]):
        Customer.objects.update(timezone=zone)
        scenario.post(missed(uniqueid=f"ua9_-1.{number}", call_timestamp="", calldate="2026-09-30 15:37:18"))

    starts = Call.objects.order_by("pk").values_list("started_at", flat=True)
    assert [start.hour for start in starts] == [12, 13]


def test_revoked_cached_webhook_address_is_answered_404_and_stores_nothing(scenario: Scenario) -> None:
    scenario.post(answered())
    address = WebhookToken.objects.get().address
    WebhookToken.objects.all().delete()

    assert scenario.client.post(address, "{}", content_type="application/json").status_code == 404
    assert WebhookEvent.objects.count() == 1


def test_webhook_address_without_a_trailing_slash_is_accepted(scenario: Scenario) -> None:
    address = WebhookToken.objects.get().address

    for variant in (address.rstrip("/"), f"{address}after_call"):
        assert scenario.client.post(variant, json.dumps(answered()), content_type="application/json").status_code == 200
    assert Call.objects.get().client_number == CLIENT


@pytest.mark.parametrize(("size", "status"), [(256 * 1024, 200), (256 * 1024 + 1, 413)])
def test_webhook_body_of_more_than_256_kib_is_refused(scenario: Scenario, size: int, status: int) -> None:
    response = scenario.post(b"x" * size)

    assert response.status_code == status
    assert WebhookEvent.objects.exists() == (status == 200)


@pytest.mark.parametrize("step", ["parse", "fold_into_call"])
def test_webhook_with_an_internal_error_is_stored_and_answered_200(scenario: Scenario, step: str) -> None:
    with patch(f"integrations.services.intake.receive.{step}", side_effect=ZeroDivisionError):
        response = scenario.post(answered())

    assert response.status_code == 200
    stored = WebhookEvent.objects.get()
    assert stored.result == EventResult.FAILED
    assert "ZeroDivisionError" in stored.reason


def test_webhook_is_answered_503_when_the_database_is_lost(scenario: Scenario) -> None:
    """Nothing was stored, so no other answer is true. Ringostat may send the webhook again."""
    scenario.client.raise_request_exception = False
    with patch("integrations.services.intake.receive.write_new", side_effect=OperationalError):
        assert scenario.post(answered()).status_code == 503


def test_text_that_postgresql_refuses_does_not_lose_the_call(scenario: Scenario) -> None:
    scenario.post(
        b'{"uniqueid": "ua9_-1.1", "call_type": "in", "E164": "+380671234567", "disposition": "ANSWERED", '
        b'"billsec": "3", "utm_source": "a\\u0000b\\ud800"}'
    )

    assert Call.objects.get().folded.parameters["utm_source"].startswith("a")


@pytest.mark.django_db(transaction=True)
def test_simultaneous_first_events_make_one_call_and_one_job(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario()
    barrier = threading.Barrier(6)

    def post(number: int) -> int:
        barrier.wait()
        try:
            body = [BEFORE, TAKING, answered()][number % 3]
            status: int = scenario.post(
                body, event=["before_call", "taking_call", "after_call"][number % 3]
            ).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(post, range(6))) == {200}

    call = Call.objects.get()
    assert (call.state, call.outcome) == (CallState.PENDING, "answered")
    assert WebhookEvent.objects.filter(call=call).count() == 6
    assert waiting_jobs() == 1


@pytest.mark.django_db(transaction=True)
def test_facts_are_added_to_a_concurrent_update_of_the_call(
    make_scenario: Callable[..., Scenario],
) -> None:
    scenario = make_scenario()
    scenario.post(BEFORE, event="before_call")

    def somebody_else() -> None:
        scenario.post(TAKING, event="taking_call")
        connection.close()

    others = [somebody_else]

    def write_late(*arguments: Any) -> None:
        while others:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(others.pop()).result()
        write_change(*arguments)

    with patch("integrations.services.intake.receive.write_change", write_late):
        scenario.post(answered(connected_with=""))

    call = Call.objects.get()
    assert (call.state, call.outcome, call.folded.connected_with) == (CallState.PENDING, "answered", "acmecom_iryna")
    assert WebhookEvent.objects.filter(call=call).count() == 3


@pytest.mark.django_db(transaction=True)
def test_dead_idle_database_connection_loses_no_webhook(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario()
    scenario.post(answered())
    address = WebhookToken.objects.get().address
    with patch("django.test.client.close_old_connections"):  # kept between requests, as by a web server's threads
        with psycopg.connect(**psycopg_arguments(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        body = json.dumps(missed(uniqueid="ua9_-1.2"))
        assert scenario.client.post(f"{address}after_call/", body, content_type="application/json").status_code == 200

    assert Call.objects.count() == 2


def psycopg_arguments() -> dict[str, str]:
    """Arguments of a second connection to the test database."""
    settings = connection.settings_dict
    names = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    return {argument: str(settings[name]) for name, argument in names.items() if settings.get(name)}


@pytest.mark.django_db(transaction=True)
def test_a_job_waits_for_the_webhook_that_relies_on_it(make_scenario: Callable[..., Scenario]) -> None:
    """A job that starts while a webhook's transaction is open must see that webhook's call, which has no other job."""
    customer_id = make_scenario().customer.pk
    deliver_soon(customer_id)
    relies, may_commit, job_goes_on = threading.Event(), threading.Event(), threading.Event()

    def webhook() -> None:
        with transaction.atomic():
            deliver_soon(customer_id)
            relies.set()
            may_commit.wait(10)
        connection.close()

    def job() -> None:
        running_customer(customer_id)
        job_goes_on.set()
        connection.close()

    threads = [threading.Thread(target=webhook), threading.Thread(target=job)]
    threads[0].start()
    relies.wait(10)
    threads[1].start()
    assert not job_goes_on.wait(0.3)
    may_commit.set()
    assert job_goes_on.wait(10)
    for thread in threads:
        thread.join()
    assert waiting_jobs() == 1


def test_compressed_request_is_stored_as_it_came_and_replayed(scenario: Scenario) -> None:
    body = gzip.compress(json.dumps(answered()).encode())
    scenario.post(body, event="after_call", HTTP_CONTENT_ENCODING="gzip")
    event = WebhookEvent.objects.get()
    call = Call.objects.get()

    assert (bytes(event.body), event.content_encoding, event.result) == (body, "gzip", EventResult.CALL)
    assert replay_events(WebhookEvent.objects.all()) == {EventResult.CALL: 1}
    assert Call.objects.get().facts == call.facts


def test_request_that_is_not_understood_is_stored_with_problem_and_place(scenario: Scenario) -> None:
    scenario.post(b'{"uniqueid": "ua9_-1.1",\n disposition: 1}', event="after_call")

    event = WebhookEvent.objects.get()
    assert (event.result, event.problem) == (EventResult.NOT_UNDERSTOOD, "invalid_json")
    assert "line 2, column 2" in event.reason


def test_doubtful_values_of_an_understood_request_are_noted(scenario: Scenario) -> None:
    ahead = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    scenario.post(answered(calldate=ahead, disposition="TRANSFERRED", call_timestamp=""))

    event, call = WebhookEvent.objects.get(), Call.objects.get()
    assert [kind for kind, _name, _value in event.notes] == ["status_unknown", "date_in_future"]
    assert abs(call.started_at - event.received_at) < timedelta(seconds=1)
