"""The section `callback_tasks` of a customer's file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from integrations.models import CallbackSettings
from integrations.services.callback_tasks.settings_file import KEYS, exported_settings
from integrations.services.customers.copy import copy_customer
from integrations.services.customers.import_export import CustomerFileError, export_customer, import_customer
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data

pytestmark = pytest.mark.django_db

WHOLE: dict[str, Any] = {
    "clients": "known",
    "template_id": 31,
    "assignees": ["missed_by", "responsible"],
    "employee": "Iryna Bondar",
    "group_id": None,
    "due_hours": 2,
    "weekdays": [1, 2, 3, 4, 5, 6],
    "work_begins": "08:30",
    "work_ends": "19:00",
    "holidays": ["2026-12-25"],
    "is_urgent": True,
    "reached_status_id": 3,
    "unknown_employee_for": "Oleh Tkachenko",
}


def test_the_whole_section_is_read_and_written(make_scenario: Callable[..., Scenario]) -> None:
    customer = make_scenario(callback_tasks=WHOLE).customer
    stored = CallbackSettings.objects.get(customer=customer)

    assert set(WHOLE) == set(KEYS)
    assert exported_settings(customer) == WHOLE
    assert (stored.work_begins, stored.holidays) == (time(8, 30), [date(2026, 12, 25)])
    assert stored.since is not None


def test_a_customer_without_the_section_wants_no_tasks(scenario: Scenario) -> None:
    exported = export_customer(scenario.customer)["callback_tasks"]

    assert exported["clients"] == "nobody"
    assert (exported["weekdays"], exported["due_hours"]) == ([1, 2, 3, 4, 5], 4)
    assert not CallbackSettings.objects.exists()


def test_what_is_not_given_stays_and_null_empties(
    make_scenario: Callable[..., Scenario], account: Account, sandbox: Sandbox
) -> None:
    customer = make_scenario(callback_tasks=WHOLE).customer
    since = CallbackSettings.objects.get().since
    import_customer(customer_data(account, sandbox, callback_tasks={"reached_status_id": None, "due_hours": 6}))

    assert exported_settings(customer) == WHOLE | {"reached_status_id": None, "due_hours": 6}
    assert CallbackSettings.objects.get().since == since


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"template_id": None}, "callback_tasks.template_id"),
        ({"clients": "some"}, "callback_tasks.clients"),
        ({"assignees": ["boss"]}, "callback_tasks.assignees"),
        ({"weekdays": [0]}, "callback_tasks.weekdays"),
        ({"weekdays": []}, "callback_tasks.weekdays"),
        ({"work_begins": "soon"}, "callback_tasks.work_begins"),
        ({"holidays": ["Christmas"]}, "callback_tasks.holidays"),
        ({"due_hours": 0}, "callback_tasks.due_hours"),
        ({"employee": "Nobody"}, "There is no employee named “Nobody”"),
        ({"group_id": 3}, "either an employee or a group"),
        ({"hours": 4}, "Unknown settings: callback_tasks.hours"),
    ],
)
def test_a_wrong_section_is_refused_by_its_key(
    db: None, account: Account, sandbox: Sandbox, settings: Any, change: dict[str, Any], told: str
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with pytest.raises(CustomerFileError, match=told):
        import_customer(customer_data(account, sandbox, callback_tasks=WHOLE | change))

    assert not CallbackSettings.objects.exists()


@pytest.mark.parametrize(
    ("with_employees", "people"), [(True, ("Iryna Bondar", "Oleh Tkachenko")), (False, (None, None))]
)
def test_a_copy_has_the_settings(
    make_scenario: Callable[..., Scenario], with_employees: bool, people: tuple[str | None, ...]
) -> None:
    customer = make_scenario(callback_tasks=WHOLE).customer
    copied = exported_settings(copy_customer(customer, "Acme 2", with_employees=with_employees))

    assert (copied["employee"], copied["unknown_employee_for"]) == people
    assert copied | {"employee": "", "unknown_employee_for": ""} == WHOLE | {"employee": "", "unknown_employee_for": ""}


def test_another_account_needs_another_template(
    make_scenario: Callable[..., Scenario], account: Account, sandbox: Sandbox
) -> None:
    make_scenario(callback_tasks=WHOLE)
    other = sandbox.add_account("other", token="other-token")
    import_customer(customer_data(other, sandbox))

    stored = CallbackSettings.objects.get()
    assert (stored.clients, stored.template_id, stored.reached_status_id) == ("nobody", None, None)
