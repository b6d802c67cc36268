"""Calls wait until their customer's account is discovered, by a job of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.domain.reasons import Reason
from integrations.models import CallState, Customer, DeliveryLease
from integrations.services.clients.lease import HeldLease
from integrations.services.customers.account_discovery import discover, discover_waiting_account
from integrations.services.delivery.customer_run import customers_with_due_calls, deliver_due_calls
from integrations.services.delivery.pause import pause_by_hand
from integrations.services.queue.defer import DELIVER_CALLS, DISCOVER_ACCOUNT, LOOK_UP_CALL
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, answered

pytestmark = pytest.mark.django_db


def run(scenario: Scenario) -> None:
    """One run of the customer's due calls, without the jobs that it asks for."""
    deliver_due_calls(scenario.customer.pk, should_stop=lambda: False)


def waiting_jobs() -> list[str]:
    return list(ProcrastinateJob.objects.filter(status="todo").order_by("id").values_list("task_name", flat=True))


@pytest.fixture
def waiting(scenario: Scenario) -> Scenario:
    """A customer whose first call waits for the discovery of its account."""
    scenario.post(answered())
    ProcrastinateJob.objects.all().delete()
    run(scenario)
    return scenario


def test_run_of_an_undiscovered_customer_enqueues_the_discovery_and_sends_no_request(waiting: Scenario) -> None:
    assert waiting_jobs() == [DISCOVER_ACCOUNT]
    assert waiting.account.requests == []
    assert waiting.call(CALL_ID).state == CallState.PENDING


def test_discovery_enqueues_a_run_that_delivers_the_call(waiting: Scenario) -> None:
    waiting.run_jobs(DISCOVER_ACCOUNT)
    assert waiting_jobs() == [DELIVER_CALLS]

    run(waiting)

    assert waiting.call(CALL_ID).state == CallState.DELIVERED
    assert waiting.call(CALL_ID).delivery.attempts == 1


def test_after_a_lost_discovery_the_sweep_finds_the_customer_and_its_run_asks_again(waiting: Scenario) -> None:
    ProcrastinateJob.objects.all().delete()
    assert customers_with_due_calls() == [waiting.customer.pk]

    run(waiting)

    assert waiting_jobs() == [DISCOVER_ACCOUNT]


def test_waiting_discovery_is_not_enqueued_twice(waiting: Scenario) -> None:
    run(waiting)

    assert waiting_jobs() == [DISCOVER_ACCOUNT]


def test_a_discovered_account_is_not_read_again(waiting: Scenario) -> None:
    discover(waiting.customer)
    waiting.account.forget_requests()

    waiting.run_jobs(DISCOVER_ACCOUNT)

    assert waiting.account.requests == []
    assert waiting_jobs() == [DELIVER_CALLS]


def test_failed_discovery_postpones_the_customer_and_counts_no_attempt(waiting: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="*", status=503))

    waiting.run_jobs(DISCOVER_ACCOUNT)

    lease = DeliveryLease.objects.get()
    assert lease.failures == 1
    assert lease.retry_at is not None
    assert customers_with_due_calls() == []
    call = waiting.customer.calls.get()
    assert (call.state, hasattr(call, "delivery")) == (CallState.PENDING, False)


def test_a_discovery_without_access_pauses_the_customer(waiting: Scenario) -> None:
    waiting.account.token = "another-token"

    waiting.run_jobs(DISCOVER_ACCOUNT)

    assert "copy it anew" in Customer.objects.get().paused_reason
    assert waiting_jobs() == []


def test_a_discovery_waits_while_another_worker_holds_the_lease(waiting: Scenario) -> None:
    assert HeldLease(waiting.customer).acquire()

    waiting.run_jobs(DISCOVER_ACCOUNT)

    assert waiting.account.requests == []
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert customers_with_due_calls() == [waiting.customer.pk]


def test_a_customer_paused_by_hand_is_not_discovered(waiting: Scenario) -> None:
    pause_by_hand(waiting.customer, "They move to another account.")

    discover_waiting_account(waiting.customer.pk)

    assert waiting.account.requests == []


@pytest.mark.parametrize(("auth_key", "jobs"), [("a-key", [LOOK_UP_CALL]), ("", [])])
def test_a_missing_recording_link_is_looked_up_by_a_job_if_the_customer_has_an_auth_key(
    scenario: Scenario, auth_key: str, jobs: list[str]
) -> None:
    discover(scenario.customer)
    if not auth_key:
        Customer.objects.update(ringostat_auth_key="")
    scenario.post(answered(has_recording="1"))
    scenario.deliver()
    scenario.customer.calls.update(due_at=timezone.now() - timedelta(seconds=1))
    ProcrastinateJob.objects.all().delete()

    run(scenario)

    assert waiting_jobs() == jobs
    due_at = scenario.call(CALL_ID).due_at
    assert due_at is not None
    assert due_at > timezone.now() + timedelta(minutes=9)


# --- tags that the account refuses ---


def replace_tags(account: Account) -> None:
    """Somebody deletes the account's data tags and creates them again, with new ids."""
    account.tags = {number + 1000: replace(tag, id=number + 1000) for number, tag in account.tags.items()}


def test_refused_data_tag_starts_a_discovery_and_the_call_is_delivered_once(scenario: Scenario) -> None:
    discover(scenario.customer)
    replace_tags(scenario.account)
    scenario.post(answered())

    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    assert len(scenario.account.comments) == 1
    (entry,) = scenario.account.tag_entries
    assert entry.tag.id in scenario.account.tags


def test_data_tag_refused_again_after_the_discovery_fails_its_call(scenario: Scenario, sandbox: Sandbox) -> None:
    discover(scenario.customer)
    refusal = {"result": "fail", "code": 6000, "error": "Data tag not found"}
    sandbox.add_fault(Fault(path="/contact/*/datatags/*", status=404, json=refusal))
    scenario.post(answered())

    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason, call.delivery.attempts) == (CallState.FAILED, Reason.REFUSED, 2)
