"""Only a person can resume a customer that a person has paused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.models import Alert, CallState, Customer
from integrations.planfix.http.errors import PlanfixAccessDenied
from integrations.services.customers.import_export import import_customer
from integrations.services.delivery.pause import (
    check_paused_customers,
    pause,
    pause_by_hand,
    resume_customer,
    stay_paused,
)
from integrations.services.delivery.resume_check import check_access
from integrations.services.monitoring.alerts import check_alerts
from integrations.services.queue.defer import CHECK_ACCESS
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, answered

DENIED = PlanfixAccessDenied("The token is switched off.")


@pytest.fixture
def paused(scenario: Scenario) -> Scenario:
    pause_by_hand(scenario.customer, "They move to another account.")
    scenario.customer.refresh_from_db()
    return scenario


def test_calls_of_a_customer_paused_by_hand_wait(paused: Scenario) -> None:
    paused.post(answered())
    paused.deliver()

    assert paused.account.requests == []
    assert paused.customer.calls.get(ringostat_id=CALL_ID).state == CallState.PENDING


def test_a_customer_paused_by_hand_gets_no_access_check(paused: Scenario) -> None:
    check_paused_customers()

    assert not ProcrastinateJob.objects.filter(task_name=CHECK_ACCESS).exists()


WITHOUT_A_PERSON: dict[str, Callable[[Customer], None]] = {
    "a check of the access": lambda customer: check_access(customer.pk),
    "working access": resume_customer,
    "another refusal": lambda customer: pause(customer, DENIED),
    "a running check": lambda customer: stay_paused(customer, DENIED),
}


@pytest.mark.parametrize("happens", WITHOUT_A_PERSON)
def test_no_automatic_event_ends_a_manual_pause(paused: Scenario, happens: str) -> None:
    WITHOUT_A_PERSON[happens](paused.customer)

    customer = Customer.objects.get()
    assert customer.paused_by_hand
    assert customer.paused_reason == "They move to another account."


def test_importing_a_customer_file_does_not_resume_a_manual_pause(
    paused: Scenario, account: Account, sandbox: Sandbox
) -> None:
    import_customer(customer_data(account, sandbox))

    assert Customer.objects.get().paused_by_hand


def test_calls_continue_after_a_person_resumes_the_customer(paused: Scenario) -> None:
    paused.post(answered())
    resume_customer(paused.customer, by_hand=True)
    paused.deliver()

    customer = Customer.objects.get()
    assert (customer.paused_reason, customer.paused_by_hand, customer.paused_at) == ("", False, None)
    assert paused.call(CALL_ID).state == CallState.DELIVERED


def test_a_person_can_pause_a_customer_without_access(scenario: Scenario) -> None:
    pause(scenario.customer, DENIED)

    pause_by_hand(scenario.customer, "We wait for their new token.")

    customer = Customer.objects.get()
    assert (customer.paused_by_hand, customer.access_check_at) == (True, None)


def test_a_manual_pause_raises_no_alert(paused: Scenario) -> None:
    check_alerts()

    assert not Alert.objects.exists()
