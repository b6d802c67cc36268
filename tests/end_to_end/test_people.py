"""Employees whose extensions move, through import, webhook and delivery."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import CallState, Employee
from integrations.services.customers.import_export import import_customer
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered

pytestmark = pytest.mark.django_db

ANNA = {"name": "Anna", "planfix_user_id": 5, "extension": "101", "participates": True}
BORYS = {"name": "Borys", "planfix_user_id": 6, "participates": True}
BY_EXTENSION = {"connected_with": "", "employee_fio": "", "extension_number": "101"}


def imported(account: Account, sandbox: Sandbox, *employees: dict[str, Any]) -> Scenario:
    return Scenario(import_customer(customer_data(account, sandbox, employees=list(employees))), account)


def call_of(scenario: Scenario, **ago: int) -> Any:
    moment = timezone.now() - timedelta(**ago)
    scenario.post(answered(calldate=f"{moment:%Y-%m-%dT%H:%M:%S+0000}", **BY_EXTENSION))
    scenario.deliver()
    return scenario.call(CALL_ID)


@pytest.mark.parametrize(
    "after",
    [
        pytest.param([ANNA | {"extension": "102"}, BORYS | {"extension": "101"}], id="the other one gets another"),
        pytest.param([BORYS | {"extension": "101"}, ANNA | {"extension": "102"}], id="in the other order"),
        pytest.param([BORYS | {"extension": "101"}], id="the other one left"),
    ],
)
def test_call_before_an_extension_moved_is_not_attributed_to_its_new_employee(
    account: Account, sandbox: Sandbox, settings: Any, after: list[dict[str, Any]]
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    account.add_contact(name="Olha", phones=[CLIENT])
    imported(account, sandbox, ANNA, BORYS)
    scenario = imported(account, sandbox, *after)

    call = call_of(scenario, days=7)

    assert (call.state, call.reason) == (CallState.SKIPPED, "unknown_employee")


def test_call_after_an_extension_moved_is_attributed_to_its_new_employee(
    account: Account, sandbox: Sandbox, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    account.add_contact(name="Olha", phones=[CLIENT])
    imported(account, sandbox, ANNA, BORYS)
    scenario = imported(account, sandbox, ANNA | {"extension": "102"}, BORYS | {"extension": "101"})

    assert call_of(scenario, seconds=-1).employee.name == "Borys"


def test_extension_without_a_former_employee_counts_for_all_calls(
    account: Account, sandbox: Sandbox, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    account.add_contact(name="Olha", phones=[CLIENT])
    imported(account, sandbox, ANNA | {"extension": ""}, BORYS)
    scenario = imported(account, sandbox, ANNA, BORYS)

    assert call_of(scenario, days=7).employee.name == "Anna"
    assert Employee.objects.get(name="Anna").extension_since is None
