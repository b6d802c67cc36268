"""Every fault at every request for a callback task: there is one task with one comment per call, and no call is
delayed.

A client has two missed calls and is then reached. A run without faults shows the requests and the final account.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import Call, CallbackTask, CallState, Customer, RememberedContact
from integrations.services.customers.account_discovery import discover
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, answered, missed
from tests.end_to_end.test_faults import FAULTS, NO_ACCESS, PATIENCE_SECONDS, at, held
from tests.services.callback_tasks.test_run import happens, want_tasks, write_tasks

pytestmark = pytest.mark.slow

ROUNDS = 6
STEPS = ((missed, "one", 0), (missed, "two", 5), (answered, "reached", 10))


class Play:
    """The client's three calls, again and again, each time in a new account with the same ids."""

    def __init__(self, scenario: Scenario, sandbox: Sandbox) -> None:
        self.scenario = scenario
        self.sandbox = sandbox
        want_tasks(scenario.customer, reached_status_id=3)
        discover(scenario.customer)

    def run(self, *faults: Any) -> dict[str, object]:
        """The content of the account after the calls were played with these faults and no task is due."""
        self.start(*faults)
        return self.go_on()

    def start(self, *faults: Any) -> None:
        """Plays the calls up to the first one whose task has to wait."""
        self._begin()
        for fault in faults:
            self.sandbox.add_fault(fault)
        while self.left and not self._due().exists():
            self._next_call()

    def go_on(self) -> dict[str, object]:
        """Lets time pass until no task is due, then posts the next call."""
        self._finish()
        while self.left:
            self._next_call()
            self._finish()
        account = self.scenario.account
        tasks = [{**vars(task), "created": None, "updated": None} for task in account.tasks]
        comments = [{**vars(comment), "at": None, "written": None} for comment in account.comments]
        return {**held(account), "comments": comments, "tasks": tasks}

    def _next_call(self) -> None:
        body, call_id, minute = self.left.pop(0)
        happens(self.scenario, body(), call_id, minute)
        assert self.scenario.call(call_id).state == CallState.DELIVERED, "no task holds a call up"

    def _finish(self) -> None:
        for _ in range(ROUNDS):
            if not self._due().exists():
                return
            self._due().update(due_at=timezone.now())
            write_tasks(self.scenario)
        pytest.fail(f"still due after {ROUNDS} rounds: {self.asked}")

    def _due(self) -> QuerySet[CallbackTask]:
        return CallbackTask.objects.exclude(due_at=None)

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.scenario.account.requests]

    @property
    def places(self) -> list[int]:
        """The positions of the task's requests in the run without faults."""
        return [
            position
            for position, request in enumerate(self.asked)
            if request.startswith(("POST /task", "GET /contact/"))
        ]

    def _begin(self) -> None:
        self.left = list(STEPS)
        self.sandbox.clear_faults()
        self.scenario.account = self.sandbox.add_account("default", token=self.scenario.account.token)
        for rows in (CallbackTask, Call, RememberedContact):
            rows.objects.all().delete()
        self.scenario.account.add_contact(name="Olha Koval", phones=[CLIENT], supervisors=["user:5"])
        self.scenario.account.forget_requests()


@pytest.fixture
def play(scenario: Scenario, sandbox: Sandbox) -> Play:
    return Play(scenario, sandbox)


def test_callback_tasks_without_faults_take_one_request_per_write(play: Play) -> None:
    play.run()

    assert [play.asked[place].split("?")[0] for place in play.places] == [
        "GET /contact/5",
        "POST /task/",
        "POST /task/6/comments/",
        "POST /task/6/comments/",
        "POST /task/6",
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_at_any_callback_task_request_does_not_change_the_final_account(
    play: Play, fault: str, settings: Any
) -> None:
    wanted = play.run()
    places = play.places
    if fault.startswith("hang"):
        settings.PLANFIX_PATIENCE_SECONDS = PATIENCE_SECONDS
    for place in places:
        assert play.run(at(place, FAULTS[fault])) == wanted, f"{fault} at {place}: {play.asked}"
        assert [struck for _, struck in play.sandbox.faults.struck()] == [1]


def test_two_faults_at_any_callback_task_requests_do_not_change_the_final_account(play: Play) -> None:
    wanted = play.run()
    places = play.places
    for first, second in itertools.combinations_with_replacement(places, 2):
        faults = at(first, FAULTS["reset-after"]), at(second, FAULTS["close-after"])

        assert play.run(*faults) == wanted, f"{first}, {second}: {play.asked}"


@pytest.mark.parametrize("name", NO_ACCESS)
def test_denied_access_to_tasks_is_reported_and_pauses_no_customer(play: Play, name: str) -> None:
    wanted = play.run()
    status, code, advice = NO_ACCESS[name]
    refusal = {"kind": "status", "status": status, "json": {"result": "fail", "code": code, "error": "No access"}}
    for place in play.places:
        play.start(at(place, refusal, times=None))
        shown = play.scenario.call("one")

        assert (shown.state, shown.reason) == (CallState.DELIVERED, "task_refused")
        assert advice in shown.detail
        assert Customer.objects.get().paused_reason == ""

        play.sandbox.clear_faults()
        assert play.go_on() == wanted
        assert play.scenario.call("one").reason == ""
