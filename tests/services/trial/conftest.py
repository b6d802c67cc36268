"""A trial of a sandbox account that has its own records, and the records that are left afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.trial.report import Finding, Question, TrialReport
from sandbox.planfix.account import Account
from sandbox.planfix.records import Task
from sandbox.server.control_api import state
from tests.conftest import Scenario

NUMBER = "+380101234567"
KINDS = ("contacts", "tasks", "comments", "tag_entries", "files")

Trial = Callable[..., TrialReport]


def run_trial(customer: Customer, **arguments: Any) -> TrialReport:
    """Runs the job to its end."""
    arguments = {"number": NUMBER, "keep": False} | arguments
    job = BackgroundJob.objects.create(kind=BackgroundJobKind.TRIAL, customer=customer, arguments=arguments)
    run_job(job.pk)
    job.refresh_from_db()
    assert not job.trouble
    assert job.result
    return TrialReport.from_json(job.result)


def populate(account: Account) -> None:
    """Records that are not the trial's, of each kind. Their contact has a number that ends like the trial's."""
    account.slow_fetch = 0.02  # a slow world is not waited for
    contact = account.add_contact(name="Olha Koval", phones=["+380671234567"])
    task = account.add_task(contact.id, "Order")
    account.add_task(account.add_contact(name="Ivan Petrenko", phones=["+380501112233"]).id, "Order")
    comment = account.add_comment(("contact", contact.id), author="user:5", description="Hello")
    account.add_comment(("task", task.id), author="user:5", description="Hello")
    account.add_entry(comment, next(iter(account.tags.values())), {})
    comment.files = [account.add_file(name="note.mp3", content=b"sound", content_type="audio/mpeg")]


def records(account: Account) -> dict[str, Any]:
    """All records that people see: a contact that is marked as deleted is gone."""
    found: dict[str, Any] = {kind: state(account)[kind] for kind in KINDS}
    return found | {"contacts": [contact for contact in found["contacts"] if not contact["isDeleted"]]}


def template_of(account: Account) -> int:
    return next(iter(account.task_templates))


def own_tasks(account: Account) -> list[Task]:
    return [task for task in account.tasks if task.name.startswith("Ringofix")]


def without_own_task(account: Account) -> dict[str, Any]:
    """All records but the trial's task and its description, which Planfix shows as a comment."""
    ids, found = {task.id for task in own_tasks(account)}, records(account)
    tasks = [task for task in found["tasks"] if task["id"] not in ids]
    return found | {"tasks": tasks, "comments": [one for one in found["comments"] if one["task"] not in ids]}


@pytest.fixture
def trial(scenario: Scenario) -> Trial:
    populate(scenario.account)
    return lambda **arguments: run_trial(scenario.customer, **arguments)


def answers(report: TrialReport) -> dict[Question, str]:
    return {finding.question: finding.answer for finding in report.findings}


def finding_of(report: TrialReport, question: Question) -> Finding:
    return next(finding for finding in report.findings if finding.question is question)
