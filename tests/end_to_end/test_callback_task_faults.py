"""Every fault at every request for a callback task: there is one task with one comment per call, and no call is
delayed.

A client has two missed calls and is then reached. A run without faults shows the requests and the final account.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import CallbackTask, CallState, Customer
from integrations.services.customers.account_discovery import discover
from sandbox.http.faults import Fault
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, answered, missed
from tests.end_to_end.checkpoint import Checkpoint
from tests.end_to_end.test_faults import FAULTS, NO_ACCESS, PATIENCE_SECONDS, at, held, no_access
from tests.services.callback_tasks.test_run import happens, want_tasks, write_tasks

pytestmark = pytest.mark.slow

ROUNDS = 6
STEPS = ((missed, "one", 0), (missed, "two", 5), (answered, "reached", 10))


class Play:
    """The client's three calls, again and again. A run begins with the call that its first fault hits: the states
    before each call are prepared once, so ids are the same in all runs.

    Runs come in the reverse order of their first faults: returning to a state drops the later ones.
    """

    def __init__(self, scenario: Scenario, sandbox: Sandbox) -> None:
        self.scenario = scenario
        self.sandbox = sandbox
        want_tasks(scenario.customer, reached_status_id=3)
        discover(scenario.customer)
        scenario.account.add_contact(name="Olha Koval", phones=[CLIENT], supervisors=["user:5"])
        scenario.account.forget_requests()
        self.left = list(STEPS)
        self._states: list[tuple[int, Checkpoint]] = []
        """Before each call: the number of requests, and the state."""
        while self.left:
            self._states.append((len(self.asked), Checkpoint(scenario, sandbox)))
            self._next_call()
        self.wanted = self.go_on()
        """The final account without faults."""
        self.places = [
            position
            for position, request in reversed(list(enumerate(self.asked)))
            if request.startswith(("POST /task", "GET /contact/"))
        ]
        """The positions of the task's requests without faults, the last one first."""

    def run(self, *faults: Fault) -> dict[str, object]:
        """The content of the account after the calls were played with these faults and no task is due."""
        self.start(*faults)
        return self.go_on()

    def start(self, *faults: Fault) -> None:
        """Plays the calls up to the first one whose task has to wait."""
        first = min((fault.skip for fault in faults), default=0)
        step = max(number for number, (before, _) in enumerate(self._states) if before <= first)
        before, state = self._states[step]
        state.restore()
        self.left = list(STEPS[step:])
        for fault in faults:
            self.sandbox.add_fault(replace(fault, skip=fault.skip - before))
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


@pytest.fixture
def play(scenario: Scenario, sandbox: Sandbox) -> Play:
    return Play(scenario, sandbox)


def test_callback_tasks_without_faults_take_one_request_per_write(play: Play) -> None:
    assert [play.asked[place].split("?")[0] for place in reversed(play.places)] == [
        "GET /contact/5",
        "POST /task/",
        "POST /task/6/comments/",
        "POST /task/6/comments/",
        "POST /task/6",
    ]


def test_fault_at_any_callback_task_request_does_not_change_the_final_account(
    play: Play, subtests: pytest.Subtests, settings: Any
) -> None:
    usual = settings.PLANFIX_PATIENCE_SECONDS
    for place, (name, fault) in itertools.product(play.places, FAULTS.items()):
        settings.PLANFIX_PATIENCE_SECONDS = PATIENCE_SECONDS if fault["kind"] == "hang" else usual
        with subtests.test(place=place, fault=name):
            assert play.run(at(place, fault)) == play.wanted, play.asked
            assert [struck for _, struck in play.sandbox.faults.struck()] == [1]


def test_two_faults_at_any_callback_task_requests_do_not_change_the_final_account(play: Play) -> None:
    for first, second in itertools.product(play.places, repeat=2):
        if first > second:
            continue
        faults = at(first, FAULTS["reset-after"]), at(second, FAULTS["close-after"])

        assert play.run(*faults) == play.wanted, f"{first}, {second}: {play.asked}"


def test_denied_access_to_tasks_is_reported_and_pauses_no_customer(play: Play, subtests: pytest.Subtests) -> None:
    for place, (name, (_, _, advice)) in itertools.product(play.places, NO_ACCESS.items()):
        with subtests.test(place=place, access=name):
            play.start(at(place, no_access(name), times=None))
            shown = play.scenario.call("one")

            assert (shown.state, shown.reason) == (CallState.DELIVERED, "task_refused")
            assert advice in shown.detail
            assert Customer.objects.get().paused_reason == ""

            play.sandbox.clear_faults()
            assert play.go_on() == play.wanted
            assert play.scenario.call("one").reason == ""
