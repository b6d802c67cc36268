"""A dry run says which callback task a call would make, and makes none."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.admin.customer.dry_run import lines
from integrations.domain.calls import Direction, Outcome
from integrations.domain.folding import fold
from integrations.models import Call, CallbackTask
from integrations.services.dry_run.delivery import deliver_dry
from integrations.services.dry_run.report import DryRunReport
from integrations.services.dry_run.run import typed_facts
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, NEW_CLIENT, missed
from tests.services.callback_tasks.test_run import happens, want_tasks

pytestmark = pytest.mark.django_db


def tried(scenario: Scenario, number: str, outcome: Outcome = Outcome.MISSED, **facts: Any) -> DryRunReport:
    customer = scenario.customer
    typed = typed_facts(customer, number=number, direction=Direction.INCOMING, outcome=outcome, employee=None)
    call = Call(customer=customer, ringostat_id="dry-run", facts=fold(None, typed), started_at=typed.started_at)
    return DryRunReport.from_json(deliver_dry(call, customer, DryRunReport()).to_json())


@pytest.fixture
def wanting(scenario: Scenario) -> Scenario:
    want_tasks(scenario.customer)
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT], supervisors=["user:6"])
    return scenario


@pytest.mark.parametrize(("number", "assignee"), [(CLIENT, "Oleh Tkachenko"), (NEW_CLIENT, "")])
def test_dry_run_of_a_missed_call_shows_its_callback_task(wanting: Scenario, number: str, assignee: str) -> None:
    report = tried(wanting, number)

    assert report.callback_task
    assert report.callback_task.assignee == assignee
    assert number in report.callback_task.name
    assert wanting.account.tasks == []
    shown = [line.text for line in lines(report, wanting.customer)]
    assert [text for text in shown if "callback task would be created" in text]


def test_dry_run_shows_a_comment_in_the_open_callback_task(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    report = tried(wanting, CLIENT)

    assert report.callback_task
    assert report.callback_task.open_task == wanting.account.tasks[0].id
    assert [line.link for line in lines(report, wanting.customer) if "callback task" in line.text] == [
        f"{wanting.customer.planfix_url}/task/{wanting.account.tasks[0].id}"
    ]


@pytest.mark.parametrize(("clients", "number"), [("nobody", CLIENT), ("new", CLIENT), ("known", NEW_CLIENT)])
def test_dry_run_shows_no_callback_task_for_a_client_who_gets_none(
    wanting: Scenario, clients: str, number: str
) -> None:
    want_tasks(wanting.customer, clients=clients)

    assert tried(wanting, number).callback_task is None
    assert not CallbackTask.objects.exists()
