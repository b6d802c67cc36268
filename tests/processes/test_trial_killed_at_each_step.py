"""A worker is killed at each write of a trial: another worker removes what the trial wrote, and nothing else.

No step is listed here: a trial in which nothing goes wrong shows the writes. A kill between two writes has the same
result as a kill after the first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.planfix.http.client import is_write
from integrations.services.customers.account_discovery import discover
from integrations.services.queue.background import enqueue
from integrations.services.trial.report import TrialReport
from sandbox.harness.processes import LocalStack, wait_until
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox
from tests.conftest import customer_data
from tests.end_to_end.bodies import recorded
from tests.factories import call_facts, make_call
from tests.imported_customers import copied_for, imported
from tests.processes.steps import workers_known
from tests.services.trial.conftest import (
    NUMBER,
    own_tasks,
    populate,
    records,
    run_trial,
    template_of,
    without_own_task,
)

pytestmark = pytest.mark.slow

FOR_EVER = 600
SECONDS = 200
"""Until all of them hang, on a busy machine."""
PATIENCE = {"PLANFIX_PATIENCE_SECONDS": "300"}
"""The first request still hangs when the last one starts to."""
COPY = "/file/from-url/"


@dataclass(frozen=True, kw_only=True)
class Place:
    """The write at which the trial of an account is held. `before`: the content of the account before the trial."""

    step: str
    account: Account
    customer: Customer
    before: dict[str, Any]


@pytest.fixture
def places(sandbox_server: SandboxServer, transactional_db: None, settings: Any) -> list[Place]:
    settings.ALLOW_PRIVATE_HOSTS = True
    sandbox = sandbox_server.sandbox
    original = imported(customer_data(sandbox.account(), sandbox))
    discover(original)
    place = _place(sandbox, original, "undisturbed")
    assert {one.kind for one in run_trial(place.customer, task_template=template_of(place.account)).left} == {"task"}
    return list(_places(sandbox, original, [(request.method, request.path) for request in place.account.requests]))


def test_trial_is_cleaned_up_when_its_worker_is_killed_at_each_write(
    places: list[Place], sandbox_server: SandboxServer, stack: LocalStack
) -> None:
    stack.environment |= PATIENCE
    stack.start_worker("one", concurrency=128)
    for place in places:
        template_id = template_of(place.account)
        enqueue(BackgroundJobKind.TRIAL, customer=place.customer, number=NUMBER, keep=False, task_template=template_id)
    faults = sandbox_server.sandbox.faults
    wait_until(lambda: all(struck for _, struck in faults.struck()), "each write to hang", seconds=SECONDS)
    doomed = workers_known()

    stack.kill("one")
    _time_passes(doomed)
    stack.start_worker("other")
    trials = BackgroundJob.objects.filter(kind=BackgroundJobKind.TRIAL)
    wait_until(lambda: not trials.filter(finished_at=None).exists(), "all trials to end", seconds=SECONDS)

    assert {place.step: _difference(place) for place in places} == {place.step: None for place in places}


def _places(sandbox: Sandbox, original: Customer, requests: list[tuple[str, str]]) -> Iterator[Place]:
    """A trial for each write, which hangs before or after the write is carried out."""
    whens: tuple[Literal["before", "after"], ...] = ("before", "after")
    for position, (method, path) in enumerate(requests):
        for when in whens if is_write(method, path) else ():
            place = _place(sandbox, original, f"{when} {method} {path} ({position})")
            hang = Fault(account=place.account.name, kind="hang", seconds=FOR_EVER, skip=position, times=1, when=when)
            sandbox.add_fault(hang)
            yield place


def _place(sandbox: Sandbox, original: Customer, step: str) -> Place:
    """An account with records of its own, and a copy of the customer. Its newest call has a recording."""
    number = len(sandbox.accounts)
    account = sandbox.add_account(f"account-{number}", token=f"token-{number}")
    populate(account)
    customer = copied_for(account, original)
    make_call(customer, call_facts(recording_url=recorded(sandbox)["recording"], has_recording=True))
    account.forget_requests()
    return Place(step=step, account=account, customer=customer, before=records(account))


def _time_passes(dead: list[int]) -> None:
    """Lets enough time pass to know that the worker is dead and that no request of its can still arrive."""
    BackgroundJob.objects.filter(finished_at=None).update(held_until=timezone.now() - timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = 'epoch' WHERE id = ANY(%s)", [dead])


def _difference(place: Place) -> object:
    """What differs from before the trial. Its task cannot be deleted, and a copied file cannot be searched for: the
    report names them, and the task is closed.
    """
    job = BackgroundJob.objects.get(customer=place.customer, kind=BackgroundJobKind.TRIAL)
    report = TrialReport.from_json(job.result or {})
    now = without_own_task(place.account)
    tasks = own_tasks(place.account)
    closed = [("task", task.id) for task in tasks if not task.status.is_active]
    left = [(one.kind, one.id) for one in report.left]
    if len(closed) != len(tasks) or [entry for entry in left if entry[0] == "task"] != closed:
        return left, tasks
    left = [entry for entry in left if entry not in closed]
    if COPY in place.step:
        known = {file["name"] for file in place.before["files"]}
        own = [file["name"] for file in now["files"] if file["name"] not in known]
        now["files"] = [file for file in now["files"] if file["name"] in known]
        left = [entry for entry in left if entry != ("file", None)]
        if not set(own) <= {one.name for one in report.left}:
            return own
    return None if now == place.before and not left and not job.trouble else (left, now, place.before, job.trouble)
