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
    "for": "known",
    "template_id": 31,
    "assignees": ["missed", "responsible", "employee:Iryna Bondar"],
    "due_hours": 2,
    "working_days": [1, 2, 3, 4, 5, 6],
    "working_hours": ["08:30", "19:00"],
    "holidays": ["2026-12-25"],
    "is_urgent": True,
    "done_status_id": 3,
    "unknown_employee_for": "Oleh Tkachenko",
}


def test_callback_tasks_section_is_read_and_written_completely(make_scenario: Callable[..., Scenario]) -> None:
    customer = make_scenario(callback_tasks=WHOLE).customer
    stored = CallbackSettings.objects.get(customer=customer)

    assert set(WHOLE) == set(KEYS)
    assert exported_settings(customer) == WHOLE
    assert (stored.work_begins, stored.holidays) == (time(8, 30), [date(2026, 12, 25)])
    assert (stored.clients, stored.assignees) == ("known", ["missed_by", "responsible"])
    assert getattr(stored.employee, "name", "") == "Iryna Bondar"
    assert stored.reached_status_id == 3
    assert stored.since is not None


def test_group_may_be_the_last_assignee_in_the_customer_file(make_scenario: Callable[..., Scenario]) -> None:
    section = WHOLE | {"assignees": ["last_talked", "group:4"]}
    customer = make_scenario(callback_tasks=section).customer

    assert exported_settings(customer) == section
    assert CallbackSettings.objects.get(customer=customer).group_id == 4


def test_callback_tasks_are_off_by_default(scenario: Scenario) -> None:
    exported = export_customer(scenario.customer)["callback_tasks"]

    assert exported["for"] == "none"
    assert (exported["working_days"], exported["due_hours"]) == ([1, 2, 3, 4, 5], 4)
    assert not CallbackSettings.objects.exists()


def test_missing_keys_of_callback_tasks_stay_and_null_empties_them(
    make_scenario: Callable[..., Scenario], account: Account, sandbox: Sandbox
) -> None:
    customer = make_scenario(callback_tasks=WHOLE).customer
    since = CallbackSettings.objects.get().since
    import_customer(customer_data(account, sandbox, callback_tasks={"done_status_id": None, "due_hours": 6}))

    assert exported_settings(customer) == WHOLE | {"done_status_id": None, "due_hours": 6}
    assert CallbackSettings.objects.get().since == since


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"template_id": None}, "callback_tasks.template_id"),
        ({"for": "some"}, "callback_tasks.for"),
        ({"for": "nobody"}, "callback_tasks.for"),
        ({"assignees": ["boss"]}, "callback_tasks.assignees"),
        ({"working_days": [0]}, "callback_tasks.working_days"),
        ({"working_days": []}, "callback_tasks.working_days"),
        ({"working_hours": ["soon", "18:00"]}, "callback_tasks.working_hours"),
        ({"working_hours": "09:00"}, "callback_tasks.working_hours"),
        ({"holidays": ["Christmas"]}, "callback_tasks.holidays"),
        ({"due_hours": 0}, "callback_tasks.due_hours"),
        ({"assignees": ["employee:Nobody"]}, "There is no employee named “Nobody”"),
        ({"assignees": ["employee:Iryna Bondar", "group:3"]}, "either an employee or a group"),
        ({"assignees": ["group:many"]}, "callback_tasks.assignees"),
        ({"assignees": ["employee:Iryna Bondar", "missed"]}, "“missed” comes after an employee"),
        ({"hours": 4}, "Unknown settings: callback_tasks.hours"),
    ],
)
def test_invalid_callback_tasks_section_is_refused_with_its_key(
    db: None, account: Account, sandbox: Sandbox, settings: Any, change: dict[str, Any], told: str
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with pytest.raises(CustomerFileError, match=told):
        import_customer(customer_data(account, sandbox, callback_tasks=WHOLE | change))

    assert not CallbackSettings.objects.exists()


@pytest.mark.parametrize(
    ("with_employees", "people"),
    [(True, ("employee:Iryna Bondar", "Oleh Tkachenko")), (False, ("responsible", None))],
)
def test_copied_customer_has_the_callback_task_settings(
    make_scenario: Callable[..., Scenario], with_employees: bool, people: tuple[str | None, ...]
) -> None:
    customer = make_scenario(callback_tasks=WHOLE).customer
    copied = exported_settings(copy_customer(customer, "Acme 2", with_employees=with_employees))

    assert (copied["assignees"][-1], copied["unknown_employee_for"]) == people
    assert copied | {"assignees": [], "unknown_employee_for": ""} == WHOLE | {
        "assignees": [],
        "unknown_employee_for": "",
    }


def test_account_change_turns_callback_tasks_off_until_a_template_is_given(
    make_scenario: Callable[..., Scenario], account: Account, sandbox: Sandbox
) -> None:
    make_scenario(callback_tasks=WHOLE)
    other = sandbox.add_account("other", token="other-token")
    import_customer(customer_data(other, sandbox))

    stored = CallbackSettings.objects.get()
    assert (stored.clients, stored.template_id, stored.reached_status_id) == ("nobody", None, None)
