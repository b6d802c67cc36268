"""The page of callback tasks: its settings, the choices of the account, and the newest tasks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import BackgroundJobKind, CallbackSettings, CallbackTask, Customer
from integrations.planfix.rights import Right
from integrations.services.callback_tasks.settings_file import exported_settings
from integrations.services.customers.connection_check import check_connection
from integrations.services.customers.connection_report import Finding
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.services.queue.background import enqueue
from integrations.services.queue.progress import Progress
from tests.conftest import Scenario
from tests.factories import (
    MISSED,
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_specialist,
    make_viewer,
)
from tests.services.callback_tasks.test_run import want_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return make_customer()


@pytest.fixture
def specialist(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def address(customer: Customer) -> str:
    return reverse("admin:integrations_customer_callback_tasks", args=[customer.pk])


POSTED: dict[str, Any] = {
    "clients": "all",
    "template_id": "31",
    "first": "missed_by",
    "second": "responsible",
    "due_hours": "6",
    "weekdays": ["1", "2", "6"],
    "work_begins": "08:30",
    "work_ends": "19:00",
    "holidays": "2026-12-25, 2027-01-01",
    "is_urgent": "on",
}


def test_callback_task_settings_are_saved(specialist: Client, customer: Customer) -> None:
    iryna = make_employee(customer)
    answer = specialist.post(address(customer), POSTED | {"unknown_employee_for": iryna.pk}, follow=True)

    assert "Callback tasks saved." in answer.content.decode()
    assert exported_settings(customer) == {
        "for": "all",
        "template_id": 31,
        "assignees": ["missed", "responsible"],
        "due_hours": 6,
        "working_days": [1, 2, 6],
        "working_hours": ["08:30", "19:00"],
        "holidays": ["2026-12-25", "2027-01-01"],
        "is_urgent": True,
        "done_status_id": None,
        "unknown_employee_for": iryna.name,
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"template_id": ""}, "tasks need one"),
        ({"second": "missed_by"}, "Choose each of them once."),
        ({"weekdays": []}, "This field is required"),
        ({"holidays": "Christmas"}, "did not validate"),
    ],
)
def test_invalid_callback_task_settings_are_refused_with_a_message(
    specialist: Client, customer: Customer, change: dict[str, Any], told: str
) -> None:
    answer = specialist.post(address(customer), POSTED | change)

    assert told in answer.content.decode()
    assert not CallbackSettings.objects.exists()


def test_task_templates_statuses_and_groups_are_chosen_by_name(specialist: Client, customer: Customer) -> None:
    found = {"templates": {"31": "Call back"}, "statuses": {"3": "Completed"}, "groups": {"3": "Managers"}}
    CallbackSettings.objects.create(customer=customer, choices=found, template_id=77)

    html = specialist.get(address(customer)).content.decode()

    for option in ('value="31">Call back', 'value="3">Completed', 'value="3">Managers', "ID 77 (not shown by Planfix)"):
        assert option in html


def test_page_lists_the_newest_callback_tasks(specialist: Client, customer: Customer) -> None:
    call = make_call(customer)
    CallbackTask.objects.create(
        customer=customer, call=call, kind="missed_call", subject="+380671234567", task_id=4102, problem="No."
    )

    html = specialist.get(address(customer)).content.decode()

    assert "https://acme.planfix.com/task/4102" in html
    assert "Refused by Planfix" in html


def test_the_overview_says_how_many_missed_calls_were_called_back(specialist: Client, customer: Customer) -> None:
    for minutes, number in ((300, "+380671234567"), (200, "+380501112233"), (100, "+380931112233")):
        start = timezone.now() - timedelta(minutes=minutes)
        make_call(customer, call_facts(**MISSED | {"e164": number, "exact_start": start}))
        if minutes > 100:
            back = start + timedelta(minutes=minutes / 20)
            make_call(customer, call_facts(e164=number, exact_start=back))
    fold_missed_calls()

    html = specialist.get(f"/admin/integrations/customer/{customer.pk}/overview/").content.decode()

    assert "67 % of 3 missed calls were called back, 2 within 15 minutes." in html
    assert f'href="/calls/waiting/?customer={customer.pk}"' in html


def test_viewer_cannot_open_the_callback_tasks_page(client: Client, customer: Customer) -> None:
    client.force_login(make_viewer(customer))

    assert client.get(address(customer)).status_code in (302, 403)


# The access check


def findings(scenario: Scenario) -> dict[Finding, dict[str, str]]:
    customer = Customer.objects.get(pk=scenario.customer.pk)
    job = enqueue(BackgroundJobKind.CONNECT, customer=customer, by=None)
    connection = check_connection(customer, Progress(job))
    return {check.finding: dict(check.names) for check in connection.checks}


def test_access_check_reads_task_templates_groups_and_statuses(scenario: Scenario) -> None:
    found = findings(scenario)

    stored = CallbackSettings.objects.get()
    assert stored.choices["templates"]["31"] == "Call back"
    assert stored.choices["groups"] == {"3": "Managers"}
    assert "Completed" in stored.choices["statuses"].values()
    assert not [finding for finding in found if finding.name.startswith("TASK_TEMPLATE")]
    assert scenario.account.tasks == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({}, Finding.TASK_TEMPLATE_FOUND),
        ({"template_id": 99}, Finding.TASK_TEMPLATE_GONE),
        ({"reached_status_id": 99}, Finding.TASK_STATUS_FOREIGN),
        ({"group_id": 99}, Finding.TASK_GROUP_GONE),
    ],
)
def test_access_check_names_a_missing_template_status_or_group_of_callback_tasks(
    scenario: Scenario, changes: dict[str, Any], finding: Finding
) -> None:
    want_tasks(scenario.customer, **changes)

    assert finding in findings(scenario)
    assert scenario.account.tasks == []


def test_access_check_names_a_missing_right_to_create_tasks(scenario: Scenario) -> None:
    want_tasks(scenario.customer, reached_status_id=3)
    scenario.account.scopes = frozenset(Right) - {Right.CREATE_TASKS, Right.UPDATE_TASKS}

    assert findings(scenario)[Finding.RIGHT_MISSING]["scopes"] == "task_add, task_update"
