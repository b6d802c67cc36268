"""Planfix's published OpenAPI file judges what a day of calls sends, and how the sandbox answers.

The file belongs to Planfix and is not stored here. PLANFIX_OPENAPI names a copy of
https://help.planfix.com/restapidocs/swagger.json; without it these tests are skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.models import CallbackTask, DirectoryAccount
from integrations.services.callback_tasks.choices import read_choices
from integrations.services.callback_tasks.settings_file import settings_of
from integrations.services.clients.planfix import logged_client
from integrations.services.directory.reading import read_directory
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, NEW_CLIENT, answered, dialled, missed
from tests.planfix.openapi_judge import Judge
from tests.services.callback_tasks.test_run import happens, want_tasks

OPENAPI = os.environ.get("PLANFIX_OPENAPI", "")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FILTER_OF_CHANGES = "/contact/list: filters.0.type: 38 "
"""Planfix's help lists the filter, its OpenAPI file does not:
https://planfix.com/ru/help/REST_API:_Сложные_фильтры_контактов. The directory proves it: one contact must be found.
"""
pytestmark = pytest.mark.skipif(not OPENAPI, reason="PLANFIX_OPENAPI names no file")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(Path(OPENAPI))


def faults(judge: Judge, scenario: Scenario) -> list[str]:
    return [fault for request in scenario.account.requests for fault in judge.faults(request)]


def sent(scenario: Scenario) -> set[str]:
    return {f"{request.method} {request.path.split('?')[0]}" for request in scenario.account.requests}


def test_requests_for_callback_tasks_match_planfixs_schema(judge: Judge, scenario: Scenario) -> None:
    olha = scenario.account.add_contact(name="Olha", phones=[CLIENT], supervisors=["user:5"])
    want_tasks(scenario.customer, reached_status_id=3, is_urgent=True)
    read_choices(logged_client(scenario.customer), settings_of(scenario.customer))
    happens(scenario, missed(), "one", 0)
    happens(scenario, missed(), "two", 5)
    happens(scenario, answered(), "reached", 10)
    happens(scenario, missed(NEW_CLIENT), "other", 12)

    (task, _of_new_client) = scenario.account.tasks
    assert sent(scenario) >= {
        f"GET /contact/{olha.id}",
        "GET /task/templates",
        "POST /task/",
        f"POST /task/{task.id}/comments/",
        f"POST /task/{task.id}",
        "GET /user/groups",
    }
    assert faults(judge, scenario) == []


def test_requests_for_a_task_whose_answer_was_lost_match_planfixs_schema(judge: Judge, scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    want_tasks(scenario.customer)
    happens(scenario, missed(), "one", 0)
    CallbackTask.objects.update(task_id=None, in_flight_step="task", due_at=LONG_AGO)
    happens(scenario, missed(), "two", 5)

    assert "POST /task/list" in sent(scenario)
    assert len(scenario.account.tasks) == 1
    assert faults(judge, scenario) == []


@pytest.mark.parametrize("body", [answered(), answered(NEW_CLIENT), missed(), missed(NEW_CLIENT)])
def test_requests_for_a_call_match_planfixs_schema(judge: Judge, scenario: Scenario, body: dict[str, Any]) -> None:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(body)
    scenario.deliver()

    assert len(scenario.account.comments) == 1
    assert faults(judge, scenario) == []


def test_requests_for_a_call_in_a_task_match_planfixs_schema(
    judge: Judge, make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(call_target="last_active_task")
    scenario.account.add_task(scenario.account.add_contact(name="Olha", phones=[CLIENT]).id, "Order")
    scenario.post(dialled(), event="after_outgoing_call")
    scenario.deliver()

    assert {"POST /task/list"} < sent(scenario)
    assert faults(judge, scenario) == []


def test_requests_of_the_contact_directory_match_planfixs_schema(
    judge: Judge, make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(directory=True)
    known = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    read_directory(scenario.customer.pk)
    known.is_deleted = True
    DirectoryAccount.objects.update(changes_due_at=LONG_AGO, round_due_at=LONG_AGO, next_at=LONG_AGO)
    read_directory(scenario.customer.pk)

    assert f"GET /contact/{known.id}" in sent(scenario)
    found = faults(judge, scenario)
    assert found
    assert [fault for fault in found if FILTER_OF_CHANGES not in fault] == []
