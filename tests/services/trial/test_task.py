"""A trial that may create a task: it finds out how tasks behave in the account, and removes or closes its task."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, CallbackSettings, TrialReceipt
from integrations.services.account_traits import traits_of
from integrations.services.trial.report import Outcome, Question, TrialReport
from sandbox.http.faults import Fault
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.services.trial.conftest import (
    Trial,
    answers,
    finding_of,
    own_tasks,
    records,
    template_of,
    without_own_task,
)
from tests.services.trial.test_trial import ALL_SCOPES, with_a_recording

pytestmark = pytest.mark.django_db

Q = Question
TASK_SCOPES = {"task_add", "task_update", "process_readonly"}
USUAL = {
    Q.TASK_CREATED: "created",
    Q.TASK_FILTER: "works",
    Q.TASK_ROWS: "complete",
    Q.TASK_COMMENTS: "taken",
    Q.TASK_CLOSED: "closed",
    Q.REMOVED: "closed_task",
}
GONE = {Q.TASK_CLOSED: "deleted", Q.REMOVED: "all"}
OPEN = {Q.TASK_CLOSED: "stays_open", Q.REMOVED: "some_left"}
NO_TASK = {Q.TASK_CREATED: "refused", Q.TASK_COMMENTS: "not_asked", Q.TASK_CLOSED: "not_asked", Q.REMOVED: "all"}

WORLDS: list[tuple[dict[str, str], dict[Question, str]]] = [
    ({}, {}),
    ({"task_deletion": "deleted"}, GONE),
    ({"task_deletion": "refused"}, {}),
    ({"task_status": "refused"}, OPEN),
    ({"task_filter": "ignored"}, {Q.TASK_FILTER: "others_found"}),
    ({"task_filter": "nothing"}, {Q.TASK_FILTER: "not_found", Q.TASK_ROWS: "not_asked"}),
    ({"task_activity": "absent"}, {Q.TASK_ROWS: "no_activity"}),
    ({"task_comments": "refused"}, {Q.TASK_COMMENTS: "refused"}),
    ({"task_template": "required"}, NO_TASK),
    ({"time_points": "local_only"}, {}),
    ({"source_object_id": "not_readable"}, {}),
    ({"employee_owner": "refused", "contact_owner": "refused"}, {}),
]
"""Switches of the account's world, and what is answered otherwise than in the usual one."""


@pytest.mark.parametrize(("switches", "expected"), WORLDS, ids=[str(switches) for switches, _ in WORLDS])
def test_trial_learns_how_tasks_behave_and_removes_its_task(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, switches: dict[str, str], expected: dict[Question, str]
) -> None:
    account = scenario.account
    with_a_recording(scenario, sandbox)
    account.enter(account.world.with_switches(switches))
    before = records(account)
    account.forget_requests()

    report = trial(task_template=template_of(account))

    wanted = USUAL | expected
    assert {question: answers(report)[question] for question in wanted} == wanted
    assert answers(report)[Q.REQUEST_RATE] == "accepted"  # the last question: none fell to the limit
    assert report.requests == len(account.requests) <= 40
    assert without_own_task(account) == before
    stays_open = [task.status.is_active and not task.is_deleted for task in own_tasks(account)]
    assert stays_open == ([] if expected is NO_TASK else [expected is OPEN])


def test_task_of_a_trial_stays_listed_until_it_is_deleted_by_hand(scenario: Scenario, trial: Trial) -> None:
    account = scenario.account
    report = trial(task_template=template_of(account))
    (task,) = own_tasks(account)
    (left,) = report.left
    assert (left.kind, left.id, left.task_id) == ("task", task.id, task.id)
    assert left.why == "Planfix's API deletes no tasks. The task is closed."
    assert finding_of(report, Q.REMOVED).outcome is Outcome.ADAPTED

    assert [one.id for one in trial(clean_up=True).left] == [task.id]
    task.is_deleted = True

    assert trial(clean_up=True).left == ()
    assert not TrialReceipt.objects.exists()


def test_trial_without_consent_creates_no_task_and_asks_nothing_of_one(scenario: Scenario, trial: Trial) -> None:
    report = trial()

    assert not own_tasks(scenario.account)
    assert not {Q.TASK_CREATED, Q.TASK_COMMENTS, Q.TASK_CLOSED} & set(answers(report))
    assert not [request for request in scenario.account.requests if request.path == "/task/"]


def test_kept_task_of_a_trial_stays_open_with_its_comment(scenario: Scenario, trial: Trial) -> None:
    report = trial(task_template=template_of(scenario.account), keep=True)

    (task,) = own_tasks(scenario.account)
    assert task.status.is_active
    assert [comment for comment in scenario.account.comments if comment.task_id == task.id]
    assert answers(report)[Q.TASK_CLOSED] == "not_asked"


def test_trial_reports_a_task_that_begins_inactive(scenario: Scenario, trial: Trial) -> None:
    account = scenario.account
    inactive_first = sorted(account.statuses.values(), key=lambda status: status.is_active)
    account.statuses = {status.id: status for status in inactive_first}

    report = trial(task_template=template_of(account))

    assert answers(report)[Q.TASK_ROWS] == "not_active"
    assert traits_of(scenario.customer).shows_active_tasks is True


@pytest.mark.parametrize("scope", sorted(TASK_SCOPES | {"task_readonly"}))
def test_trial_names_a_missing_right_for_tasks(scenario: Scenario, trial: Trial, scope: str) -> None:
    scenario.account.scopes = frozenset((ALL_SCOPES | TASK_SCOPES) - {scope})

    report = trial(task_template=template_of(scenario.account))

    rights = finding_of(report, Q.RIGHTS)
    assert scope in rights.names["scopes"]
    assert rights.outcome is (Outcome.TROUBLE if scope == "task_readonly" else Outcome.ADAPTED)
    scenario.account.scopes = None
    trial(clean_up=True)
    assert not [task for task in own_tasks(scenario.account) if task.status.is_active]


def test_missing_right_for_tasks_is_a_problem_if_callback_tasks_are_on(scenario: Scenario, trial: Trial) -> None:
    CallbackSettings.objects.create(customer=scenario.customer, clients="all", template_id=1)
    scenario.account.scopes = frozenset((ALL_SCOPES | TASK_SCOPES) - {"task_add"})

    assert finding_of(trial(task_template=1), Q.RIGHTS).outcome is Outcome.TROUBLE


@pytest.mark.parametrize("world", [{}, {"source_object_id": "not_readable"}])
@pytest.mark.parametrize("path", ["/task", "/task/*/comments"])
def test_trial_finds_and_removes_a_task_or_comment_whose_response_is_lost(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, path: str, world: dict[str, str]
) -> None:
    account = scenario.account
    account.enter(account.world.with_switches(world))
    before = records(account)
    sandbox.add_fault(Fault(method="POST", path=path, kind="reset", when="after", times=1))

    trial(task_template=template_of(account))

    assert [struck for _, struck in sandbox.faults.struck()] == [1]
    assert without_own_task(account) == before
    assert [task.status.is_active for task in own_tasks(account)] == [False]


def test_interrupted_trial_closes_its_task(scenario: Scenario, trial: Trial) -> None:
    before = records(scenario.account)
    trial(task_template=template_of(scenario.account), keep=True)
    job = BackgroundJob.objects.get()
    result = TrialReport.from_json(job.result or {}).to_json() | {"is_kept": False, "left": []}
    BackgroundJob.objects.update(finished_at=None, result=result)

    run_job(job.pk)

    assert without_own_task(scenario.account) == before
    assert [task.status.is_active for task in own_tasks(scenario.account)] == [False]


# The command


def test_trial_command_creates_a_task_from_the_given_template(scenario: Scenario, trial: Trial) -> None:
    output = StringIO()
    call_command("trial", "Acme", "--task", str(template_of(scenario.account)), stdout=output)

    (task,) = own_tasks(scenario.account)
    assert f"still in Planfix: {scenario.account.url}/task/{task.id}" in output.getvalue()


def test_trial_command_uses_the_template_of_callback_tasks_by_default(scenario: Scenario, trial: Trial) -> None:
    newest = [*scenario.account.task_templates][-1]
    CallbackSettings.objects.create(customer=scenario.customer, template_id=newest)

    call_command("trial", "Acme", "--task", stdout=StringIO())

    assert [task.template_id for task in own_tasks(scenario.account)] == [newest]


def test_trial_command_without_a_template_says_what_to_do(scenario: Scenario) -> None:
    with pytest.raises(CommandError, match="Name a task template by its ID: --task 12"):
        call_command("trial", "Acme", "--task")
