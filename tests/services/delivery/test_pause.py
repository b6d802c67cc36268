"""A customer without access is paused with a reason, checked less and less often, and resumed automatically."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.models import Call, CallState, Customer, Delivery, DeliveryLease, PlanfixRequest, Secret
from integrations.planfix.http.errors import PlanfixAccessDenied
from integrations.services.clients.lease import HeldLease
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import import_customer
from integrations.services.delivery.customer_run import customers_with_due_calls
from integrations.services.delivery.pause import check_paused_customers, pause, stay_paused
from integrations.services.delivery.resume_check import check_access
from integrations.services.queue.defer import CHECK_ACCESS, DELIVER_CALLS, DISCOVER_ACCOUNT
from sandbox.http.faults import Fault
from sandbox.planfix.quota import Limits
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, answered
from tests.factories import make_customer

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WITHOUT_COMMENTS = frozenset({"contact_readonly", "contact_add", "datatag_readonly", "datatag_add", "file_add"})
DENIED = PlanfixAccessDenied("The token is switched off.")


def jobs(task: str) -> set[int]:
    """The customers that have a waiting job of this name."""
    waiting = ProcrastinateJob.objects.filter(status="todo", task_name=task)
    return {job.args["customer_id"] for job in waiting}


def forget_jobs() -> None:
    ProcrastinateJob.objects.all().delete()


def paused_at_its_first_call(scenario: Scenario) -> Scenario:
    scenario.post(answered())
    scenario.deliver()
    scenario.customer.refresh_from_db()
    assert scenario.customer.paused_reason
    scenario.account.forget_requests()
    return scenario


@pytest.fixture
def locked_out(scenario: Scenario) -> Scenario:
    """A customer paused because its token is wrong."""
    discover(scenario.customer)
    scenario.account.token = "another-token"
    return paused_at_its_first_call(scenario)


@pytest.fixture
def without_a_right(scenario: Scenario) -> Scenario:
    """A customer paused because its token has no right to write comments."""
    scenario.account.scopes = WITHOUT_COMMENTS
    return paused_at_its_first_call(scenario)


def check(scenario: Scenario) -> Customer:
    """Checks the access, and runs the jobs that this check asks for: a discovery, and another check after it."""
    check_access(scenario.customer.pk)
    for job in (DISCOVER_ACCOUNT, CHECK_ACCESS):
        scenario.run_jobs(job)
    scenario.customer.refresh_from_db()
    return scenario.customer


def asked(scenario: Scenario) -> list[str]:
    return [f"{request.method} {request.path}" for request in scenario.account.requests]


# --- the pause ---


def test_denied_access_pauses_the_customer(locked_out: Scenario) -> None:
    customer, call = locked_out.customer, locked_out.call(CALL_ID)

    assert "copy it anew" in customer.paused_reason
    assert customer.paused_at
    assert customer.access_check_at
    assert customer.access_check_at - customer.paused_at == 5 * MINUTE
    assert (call.state, call.reason) == (CallState.PENDING, "access")
    assert customers_with_due_calls() == []


def test_a_second_denial_keeps_the_beginning_of_the_pause(db: None) -> None:
    began = timezone.now() - HOUR
    customer = make_customer(paused_reason="The account is frozen.", paused_at=began)

    pause(customer, DENIED)

    customer.refresh_from_db()
    assert (customer.paused_reason, customer.paused_at) == ("The token is switched off.", began)


def test_access_changed_during_the_denied_request_is_not_paused(db: None) -> None:
    customer = make_customer()
    Customer.objects.update(planfix_token=Secret.of("a new one"))

    pause(customer, DENIED)

    customer.refresh_from_db()
    assert (customer.paused_reason, customer.paused_at) == ("", None)


def test_a_late_failed_check_does_not_pause_a_resumed_customer(db: None) -> None:
    customer = make_customer()

    stay_paused(customer, DENIED)

    customer.refresh_from_db()
    assert (customer.paused_reason, customer.access_check_at) == ("", None)


# --- when it is checked ---


@pytest.mark.parametrize(
    ("columns", "is_checked"),
    [
        ({"paused_reason": "No.", "access_check_at": -MINUTE}, True),
        ({"paused_reason": "No."}, True),
        ({"paused_reason": "No.", "access_check_at": MINUTE}, False),
        ({}, False),
    ],
    ids=["its time has come", "never checked", "its time has not come", "not paused"],
)
def test_access_of_paused_customers_is_checked_when_due(db: None, columns: dict[str, Any], is_checked: bool) -> None:
    forget_jobs()
    if "access_check_at" in columns:
        columns = {**columns, "access_check_at": timezone.now() + columns["access_check_at"]}
    customer = make_customer(**columns)

    check_paused_customers()
    check_paused_customers()

    assert jobs(CHECK_ACCESS) == ({customer.pk} if is_checked else set())


def test_every_paused_customer_gets_its_own_access_check(db: None) -> None:
    forget_jobs()
    customers = {make_customer(paused_reason="No.").pk for _ in range(3)}

    check_paused_customers()

    assert jobs(CHECK_ACCESS) == customers


@pytest.mark.parametrize(("age", "gap"), [(0, 5), (5, 10), (15, 20), (35, 40), (75, 60), (10_000, 60)])
def test_access_checks_become_rarer_with_the_age_of_the_pause(db: None, age: int, gap: int) -> None:
    began = timezone.now() - age * MINUTE
    customer = make_customer(paused_reason="No.", paused_at=began)

    stay_paused(customer, DENIED)

    customer.refresh_from_db()
    assert customer.paused_at == began
    assert customer.access_check_at
    assert abs(customer.access_check_at - timezone.now() - gap * MINUTE) < MINUTE / 2


# --- the check ---


def test_a_check_of_denied_access_sends_one_harmless_request_and_counts_no_attempt(locked_out: Scenario) -> None:
    before = (locked_out.customer.paused_at, Delivery.objects.get().attempts)

    customer = check(locked_out)

    assert asked(locked_out) == ["GET /ping"]
    assert "copy it anew" in customer.paused_reason
    assert (customer.paused_at, Delivery.objects.get().attempts) == before
    assert PlanfixRequest.objects.filter(path="/ping", outcome="access").count() == 1


def test_a_failed_check_updates_the_reason_of_the_pause(locked_out: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/ping", status=400, json={"result": "fail", "code": 20, "error": "not paid"}))

    assert "has to pay" in check(locked_out).paused_reason


def test_a_customer_whose_access_works_again_is_resumed(locked_out: Scenario) -> None:
    locked_out.account.token = "sandbox-token"
    forget_jobs()

    customer = check(locked_out)

    assert (customer.paused_reason, customer.paused_at, customer.access_check_at) == ("", None, None)
    assert jobs(DELIVER_CALLS) == {customer.pk}
    assert locked_out.call(CALL_ID).state == CallState.DELIVERED
    assert len(locked_out.account.comments) == 1


def test_a_check_that_finds_a_missing_right_is_no_new_pause(without_a_right: Scenario) -> None:
    began = without_a_right.customer.paused_at

    customer = check(without_a_right)

    assert "comment_add" in customer.paused_reason
    assert customer.paused_at == began
    assert without_a_right.call(CALL_ID).state == CallState.PENDING


def test_an_added_right_resumes_the_customer(without_a_right: Scenario) -> None:
    without_a_right.account.scopes = None

    assert check(without_a_right).paused_reason == ""
    assert without_a_right.call(CALL_ID).state == CallState.DELIVERED
    assert (len(without_a_right.account.comments), len(without_a_right.account.contacts)) == (1, 1)


def test_an_account_without_call_tags_is_paused_until_it_has_them(scenario: Scenario) -> None:
    tags, scenario.account.tags = scenario.account.tags, {}
    paused_at_its_first_call(scenario)
    assert check(scenario).paused_reason

    scenario.account.tags = tags

    assert check(scenario).paused_reason == ""


def test_without_a_due_call_a_ping_resumes_the_customer(locked_out: Scenario) -> None:
    Call.objects.all().delete()
    locked_out.account.token = "sandbox-token"

    assert check(locked_out).paused_reason == ""


def test_a_refused_call_does_not_keep_the_customer_paused(locked_out: Scenario, sandbox: Sandbox) -> None:
    locked_out.account.token = "sandbox-token"
    sandbox.add_fault(Fault(path="/contact/list", status=400, json={"result": "fail", "code": 41, "error": "no"}))

    assert check(locked_out).paused_reason == ""
    assert locked_out.call(CALL_ID).state == CallState.FAILED


@pytest.mark.parametrize("path", ["/ping", "/contact/list"])
def test_an_account_that_cannot_be_reached_stays_paused_for_its_old_reason(
    locked_out: Scenario, sandbox: Sandbox, path: str
) -> None:
    reason, first_check = locked_out.customer.paused_reason, locked_out.customer.access_check_at
    locked_out.account.token = "sandbox-token"
    sandbox.add_fault(Fault(path=path, status=503))

    customer = check(locked_out)

    assert customer.paused_reason == reason
    assert first_check
    assert customer.access_check_at
    assert customer.access_check_at > first_check


def test_the_next_access_check_respects_retry_after(locked_out: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/ping", status=429, headers={"Retry-After": "7200"}))

    customer = check(locked_out)

    assert customer.access_check_at
    assert customer.access_check_at > timezone.now() + 1.9 * HOUR


def test_a_customer_that_is_not_paused_gets_no_access_check(scenario: Scenario) -> None:
    check(scenario)

    assert asked(scenario) == []


def test_a_check_waits_for_the_lease_of_another_worker(locked_out: Scenario) -> None:
    locked_out.account.token = "sandbox-token"
    HeldLease(locked_out.customer).acquire()

    assert check(locked_out).paused_reason
    assert asked(locked_out) == []


# --- resumed by a person ---


def test_importing_a_customer_file_resumes_a_paused_customer(locked_out: Scenario, sandbox: Sandbox) -> None:
    DeliveryLease.objects.update(retry_at=timezone.now() + HOUR, failures=4)
    forget_jobs()

    customer = import_customer(customer_data(locked_out.account, sandbox))

    assert (customer.paused_reason, customer.paused_at) == ("", None)
    assert DeliveryLease.objects.values_list("retry_at", "failures").get() == (None, 0)
    assert jobs(DELIVER_CALLS) == {customer.pk}


# --- the daily limit ---


def test_an_account_over_its_daily_limit_is_tried_rarely_and_not_paused(scenario: Scenario) -> None:
    scenario.account.quota.limits = Limits(per_day=0, stops_at_daily=True)
    scenario.post(answered())
    scenario.post(answered(uniqueid="ua9_-1790775438.2"))
    before = timezone.now()

    scenario.deliver()

    assert len(asked(scenario)) == 1
    scenario.customer.refresh_from_db()
    assert scenario.customer.paused_reason == ""
    retry_at = DeliveryLease.objects.get().retry_at
    assert retry_at
    assert before + 30 * MINUTE <= retry_at <= timezone.now() + HOUR


def test_a_daily_limit_reached_during_a_call_postpones_the_customer(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/contact/list", status=429, json={"result": "fail", "code": 22}))
    scenario.post(answered())
    before = timezone.now()

    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.PENDING, "unavailable")
    assert call.due_at
    assert before + 30 * MINUTE <= call.due_at <= timezone.now() + HOUR
    assert not HeldLease(scenario.customer).acquire()


# --- the clocks ---


@pytest.mark.parametrize("wrong_by", [-HOUR, HOUR])
def test_a_worker_with_a_wrong_clock_delays_no_call(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, wrong_by: timedelta
) -> None:
    right = timezone.now
    with monkeypatch.context() as patches:
        patches.setattr("django.utils.timezone.now", lambda: right() + wrong_by)
        scenario.post(answered())
        scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED


def test_a_worker_with_a_fast_clock_does_not_delay_the_next_attempt(
    scenario: Scenario, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.add_fault(Fault(path="/contact/list", status=503))
    scenario.post(answered())
    right = timezone.now
    with monkeypatch.context() as patches:
        patches.setattr("django.utils.timezone.now", lambda: right() + HOUR)
        scenario.deliver()

    call = scenario.call(CALL_ID)
    assert call.due_at
    assert call.due_at < timezone.now() + MINUTE


def test_attempts_change_due_at_and_not_due_since(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered())
    since = scenario.call(CALL_ID).due_since
    sandbox.add_fault(Fault(path="/contact/list", status=503))

    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.due_since, call.due_at != since) == (since, True)
