"""A failing call, account or backlog does not delay others, and no account gets requests faster than it allows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Call, CallState, DeliveryLease, PlanfixRequest
from integrations.services.customers.account_discovery import discover
from integrations.services.delivery import customer_run
from sandbox.harness.processes import free_port, wait_until
from sandbox.http.faults import Fault
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered
from tests.imported_customers import imported

POISONED = "+380509998877"


def post_calls(scenario: Scenario, count: int, client: str = CLIENT, *, prefix: str = "call") -> None:
    for number in range(count):
        scenario.post(answered(client, uniqueid=f"{prefix}-{number}"))


def states(scenario: Scenario) -> dict[str, int]:
    found = list(scenario.customer.calls.values_list("state", flat=True))
    return {state: found.count(state) for state in found}


# A call


@pytest.fixture
def poisoned(scenario: Scenario, sandbox: Sandbox) -> Scenario:
    """A customer with a client whose every comment makes Planfix fail."""
    contact = scenario.account.add_contact(name="Poison", phones=[POISONED])
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    sandbox.add_fault(Fault(method="POST", path=f"/contact/{contact.id}/comments", status=500))
    return scenario


def test_call_that_always_fails_does_not_block_other_calls(poisoned: Scenario) -> None:
    scenario = poisoned
    scenario.post(answered(POISONED))
    post_calls(scenario, 4)
    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.PENDING
    assert states(scenario) == {CallState.PENDING: 1, CallState.DELIVERED: 4}


def test_failing_call_of_the_night_does_not_delay_the_first_call_of_the_morning(poisoned: Scenario) -> None:
    scenario = poisoned
    scenario.post(answered(POISONED))
    for _ in range(10):
        scenario.deliver()
        Call.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    scenario.post(answered(uniqueid="morning"))
    scenario.deliver()

    assert scenario.call("morning").state == CallState.DELIVERED


def test_new_call_waits_only_minutes_after_a_long_outage(poisoned: Scenario) -> None:
    scenario = poisoned
    post_calls(scenario, 2, POISONED)
    for _ in range(15):
        scenario.deliver()
        DeliveryLease.objects.update(retry_at=None)
        Call.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    scenario.deliver()

    assert DeliveryLease.objects.get().retry_at < timezone.now() + timedelta(minutes=7)


# An account


@pytest.fixture
def make_customer(sandbox: Sandbox, transactional_db: None, settings: Any) -> Iterator[Callable[..., Scenario]]:
    """Customers with an account each, whose data tags are known already."""
    settings.ALLOW_PRIVATE_HOSTS = True

    def make(name: str, *, account: str = "", requests_per_second: float = 1000) -> Scenario:
        own = sandbox.accounts.get(account) or sandbox.add_account(account or name, token=f"token-{name}")
        planfix = {"url": own.url, "token": own.token, "contact_template_id": 1}
        data = customer_data(own, sandbox, name=name)
        customer = imported(data | {"planfix": planfix | {"requests_per_second": requests_per_second}})
        discover(customer)
        own.forget_requests()
        return Scenario(customer, own)

    yield make
    for name in set(sandbox.accounts) - {"default"}:
        del sandbox.accounts[name]


def deliver_in_a_thread(scenario: Scenario) -> None:
    try:
        scenario.deliver()
    finally:
        connection.close()


@pytest.mark.slow
def test_silent_accounts_do_not_delay_calls_of_others(
    make_customer: Callable[..., Scenario], sandbox: Sandbox, sandbox_server: SandboxServer, settings: Any
) -> None:
    """There are more accounts than database connections, so a job that waits for Planfix must hold none."""
    settings.PLANFIX_PATIENCE_SECONDS = 60  # whoever waits first still waits when the others do, however busy we are
    dead = [make_customer(f"dead-{number}") for number in range(20)]
    alive = make_customer("alive")
    for scenario in dead:
        sandbox.add_fault(Fault(account=scenario.account.name, kind="hang", seconds=60))
        scenario.post(answered())
    post_calls(alive, 3)
    with ThreadPoolExecutor(len(dead)) as pool:
        waiting = [pool.submit(deliver_in_a_thread, scenario) for scenario in dead]
        wait_until(lambda: all(struck for _, struck in sandbox.faults.struck()), "all to wait for their answers")
        alive.deliver()

        assert not any(future.done() for future in waiting)
        assert states(alive) == {CallState.DELIVERED: 3}
        sandbox_server.hang_up()


def test_unreachable_account_is_tried_with_two_calls_and_then_postponed(scenario: Scenario) -> None:
    discover(scenario.customer)
    scenario.customer.planfix_url = f"http://127.0.0.1:{free_port(0)}"
    scenario.customer.save()
    PlanfixRequest.objects.all().delete()
    post_calls(scenario, 10)
    scenario.deliver()
    scenario.deliver()

    assert PlanfixRequest.objects.count() == 2
    assert states(scenario) == {CallState.PENDING: 10}


# A backlog


def test_customer_with_many_calls_alternates_with_others(
    make_customer: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_run, "RUN_SECONDS", 0)
    busy, other = make_customer("busy"), make_customer("other")
    post_calls(busy, 5)
    other.post(answered())
    work_off_the_queue()

    assert (len(busy.account.comments), len(other.account.comments)) == (5, 1)
    earlier = [comment for comment in busy.account.comments if comment.written < other.account.comments[0].written]
    assert len(earlier) == 1


@pytest.mark.slow
def test_backlog_of_ten_thousand_calls_does_not_block_another_customer(
    make_customer: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_run, "RUN_SECONDS", 0)
    busy, other = make_customer("busy"), make_customer("other")
    post_calls(busy, 1)
    repeat_call(busy, 10_000)
    other.post(answered())
    work_off_the_queue(jobs=2)

    assert (states(other), states(busy)[CallState.DELIVERED]) == ({CallState.DELIVERED: 1}, 1)


def repeat_call(scenario: Scenario, times: int) -> None:
    """Adds this many due calls like the customer's only one, without webhooks."""
    call = Call.objects.get(customer=scenario.customer)
    rows = []
    for number in range(times):
        call.pk, call.ringostat_id = None, f"backlog-{number}"
        rows.append(copy(call))
    Call.objects.bulk_create(rows, batch_size=1000)


def work_off_the_queue(jobs: int = 100) -> None:
    """Runs jobs one after another, as a worker does, until none waits or this many are done."""
    for _ in range(jobs):
        job_id, arguments = queue("SELECT id, args FROM procrastinate_fetch_job_v2(NULL, NULL)")
        if job_id is None:
            return
        customer_run.deliver_due_calls(json.loads(arguments)["customer_id"], should_stop=lambda: False)
        queue("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", job_id)


def queue(question: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchone()


# The pace


@pytest.mark.slow
def test_two_workers_on_one_account_use_its_pace_and_never_exceed_it(make_customer: Callable[..., Scenario]) -> None:
    rate, calls = 5, 6
    scenarios = [make_customer(name, account="shared", requests_per_second=rate) for name in ("one", "two")]
    for scenario in scenarios:
        scenario.account.add_contact(
            name=scenario.customer.name, phones=[CLIENT if scenario is scenarios[0] else NEW_CLIENT]
        )
    post_calls(scenarios[0], calls)
    post_calls(scenarios[1], calls, NEW_CLIENT)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(deliver_in_a_thread, scenarios))

    assert [states(scenario) for scenario in scenarios] == [{CallState.DELIVERED: calls}] * 2
    sent = sorted(request.started_at for request in scenarios[0].account.requests)
    assert len(sent) == 2 * (1 + 2 * calls)
    for requests in (rate, 3 * rate, len(sent) - 1):
        assert shortest(sent, requests) >= requests / rate - LATE
    assert shortest(sent, 2 * rate) <= 2 / USED


LATE = 0.3
"""Seconds by which a busy machine wakes or serves a thread too late. Two processes that do not share a pace would save
far more than that.
"""
USED = 0.9
"""The share of the rate that must be used at some time: 97 % on a machine at rest. A busy one does not keep up all the
time.
"""


def shortest(sent: list[float], requests: int) -> float:
    """Returns the shortest time in seconds between a request and the one this many requests later."""
    return min(later - earlier for earlier, later in zip(sent, sent[requests:], strict=False))
