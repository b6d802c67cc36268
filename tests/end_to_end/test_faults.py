"""Every fault at every request of every case: nothing is lost, and nothing is in Planfix twice.

The requests are not listed here: a run without faults shows how many there are. Every other run must end with the same
account.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import pytest

from integrations.models import Call, CallState, Customer, Delivery
from integrations.planfix.http.client import is_write
from integrations.services.calls.replay import replay_calls
from integrations.services.customers.account_discovery import discover
from integrations.services.database import run_prepared
from integrations.services.delivery import call_delivery, follow_up
from integrations.services.delivery.pause import resume_customer
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.records import Comment, StoredFile
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, dialled, missed, recorded
from tests.end_to_end.checkpoint import Checkpoint
from tests.imported_customers import imported

ROUNDS = 6
"""More than any case needs with two faults."""
PATIENCE_SECONDS = 0.3
SECOND_ID = "ua9_-1790775999.2139026"

DAILY_LIMIT = {"result": "fail", "code": 22, "error": "Daily API requests limit is exceeded"}
REFUSED = {"kind": "status", "status": 400, "json": {"result": "fail", "code": 41, "error": "Invalid value"}}

UNCLEAR: Mapping[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "502-page": {"kind": "html", "status": 502},
    "503": {"kind": "status", "status": 503, "headers": {"Retry-After": "30"}},
    "page-200": {"kind": "html", "status": 200},
    "cut-json": {"kind": "cut_json"},
    "reset": {"kind": "reset"},
    "close": {"kind": "close"},
    "hang": {"kind": "hang", "seconds": 2},
}
"""Responses that do not say whether the request was done. It was if `when` is "after", and was not if "before"."""

NOT_DONE: Mapping[str, dict[str, Any]] = {
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "7"}},
    "daily-limit": {"kind": "status", "status": 400, "json": DAILY_LIMIT},
}
"""Responses by which Planfix rejects a request before it does anything."""

LOST: dict[str, Any] = {"kind": "status", "status": 200, "when": "after"}
"""An empty response after the request was done. Planfix itself answers updates like this."""

FAULTS = {
    **{f"{name}-{when}": {**fault, "when": when} for name, fault in UNCLEAR.items() for when in ("before", "after")},
    "empty-200-after": LOST,
    **NOT_DONE,
}

NO_ACCESS: Mapping[str, tuple[int, int, str]] = {
    "token": (401, 1, "copy it anew"),
    "scope": (405, 5, "lacks the scope"),
    "frozen": (403, 11, "has to be reactivated"),
    "unpaid": (200, 20, "has to pay for Planfix"),
}
"""HTTP status, code, and a part of the message to the specialist."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class FaultCase:
    """`known`: what the account holds. `earlier`: what is delivered without faults. `now`: what the faults hit."""

    now: Callable[[Scenario, Sandbox], object]
    known: Callable[[Account], object] = lambda account: None
    earlier: Callable[[Scenario, Sandbox], object] = lambda scenario, sandbox: None
    customer: dict[str, Any] = field(default_factory=dict)


def olha(account: Account) -> None:
    account.add_contact(name="Olha Koval", phones=[CLIENT])


def olha_with_an_order(account: Account) -> None:
    account.add_task(account.add_contact(name="Olha Koval", phones=[CLIENT]).id, "Order")


def delivered(scenario: Scenario, body: dict[str, Any]) -> None:
    scenario.post(body)
    scenario.deliver()


def earlier_call_of_a_contact_that_is_gone(scenario: Scenario, sandbox: Sandbox) -> None:
    delivered(scenario, answered(uniqueid=SECOND_ID))
    scenario.account.contacts[0].is_deleted = True


def forget_the_tags(scenario: Scenario, sandbox: Sandbox) -> None:
    Customer.objects.update(planfix_tags=None)


CASES = {
    "known-answered-recorded": FaultCase(
        known=olha, now=lambda scenario, sandbox: scenario.post(answered(**recorded(sandbox)))
    ),
    "new-answered": FaultCase(now=lambda scenario, sandbox: scenario.post(answered(NEW_CLIENT))),
    "new-missed": FaultCase(now=lambda scenario, sandbox: scenario.post(missed(NEW_CLIENT))),
    "outgoing": FaultCase(
        known=olha, now=lambda scenario, sandbox: scenario.post(dialled(), event="after_outgoing_call")
    ),
    "task-recorded": FaultCase(
        known=olha_with_an_order,
        now=lambda scenario, sandbox: scenario.post(answered(**recorded(sandbox))),
        customer={"call_target": "last_active_task"},
    ),
    "new-for-task": FaultCase(
        now=lambda scenario, sandbox: scenario.post(answered(NEW_CLIENT)), customer={"call_target": "last_active_task"}
    ),
    "any-format": FaultCase(
        known=lambda account: account.add_contact(name="Olha", phones=["067 123-45-67"], is_company=True),
        now=lambda scenario, sandbox: scenario.post(answered()),
        customer={"phone_matching": "any_format"},
    ),
    "contact-gone": FaultCase(
        known=olha,
        earlier=earlier_call_of_a_contact_that_is_gone,
        now=lambda scenario, sandbox: scenario.post(answered()),
    ),
    "late-recording": FaultCase(
        known=olha,
        earlier=lambda scenario, sandbox: delivered(scenario, answered(has_recording="1")),
        now=lambda scenario, sandbox: scenario.post(answered(**recorded(sandbox))),
    ),
    "analysis": FaultCase(
        known=olha,
        earlier=lambda scenario, sandbox: delivered(scenario, answered(**recorded(sandbox))),
        now=lambda scenario, sandbox: scenario.post(
            {"call_id": CALL_ID, "summary": "A price list."}, event="ai_processed"
        ),
    ),
    "first-of-customer": FaultCase(
        known=olha, earlier=forget_the_tags, now=lambda scenario, sandbox: scenario.post(answered(**recorded(sandbox)))
    ),
}

HANDOVERS = [name for name in CASES if name not in ("contact-gone", "late-recording", "analysis")]
"""Cases in which a refusal refuses the whole call."""


class Play:
    """Plays one case repeatedly, each time from the same state: so ids are the same in all runs."""

    def __init__(self, case: FaultCase, sandbox: Sandbox) -> None:
        self.case = case
        self.sandbox = sandbox
        account = sandbox.account("default")
        self.scenario = Scenario(imported(customer_data(account, sandbox, **case.customer)), account)
        discover(self.scenario.customer)
        self._discovered = Checkpoint(self.scenario, sandbox)
        self.prepare()

    def prepare(self, **columns: object) -> None:
        """Prepares the state before the first attempt: the call is posted. `columns`: of the customer."""
        self._discovered.restore()
        Customer.objects.update(**columns)
        self.case.known(self.scenario.account)
        self.case.earlier(self.scenario, self.sandbox)
        self.case.now(self.scenario, self.sandbox)
        self._posted = Checkpoint(self.scenario, self.sandbox)

    def start(self, *faults: Fault) -> None:
        """Plays the first attempt."""
        self._posted.restore()
        for fault in faults:
            self.sandbox.add_fault(fault)
        self.scenario.deliver()

    def run(self, *faults: Fault) -> dict[str, object]:
        """The account's content after the case was played with these faults and nothing is due any more."""
        self.start(*faults)
        deliver_all(self.scenario)
        return held(self.scenario.account)

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.scenario.account.requests]


@pytest.fixture(params=CASES)
def play(request: pytest.FixtureRequest, db: None, sandbox: Sandbox, settings: Any) -> Iterator[Play]:
    settings.ALLOW_PRIVATE_HOSTS = True
    sandbox.ringostat = Ringostat()
    yield Play(CASES[request.param], sandbox)
    sandbox.ringostat = Ringostat()


def deliver_all(scenario: Scenario) -> None:
    for _ in range(ROUNDS):
        if not a_while_later():
            return
        scenario.deliver()
    pytest.fail(f"still due after {ROUNDS} rounds: {[request.path for request in scenario.account.requests]}")


MAKE_WAITING_CALLS_DUE = """
    WITH customers AS (UPDATE integrations_turn SET retry_at = NULL WHERE retry_at IS NOT NULL)
    UPDATE integrations_call SET due_at = clock_timestamp() - interval '1 second' WHERE due_at IS NOT NULL
    RETURNING id
"""


def a_while_later() -> int:
    """Makes every waiting call due. Returns their number."""
    return len(run_prepared(MAKE_WAITING_CALLS_DUE, {}))


def held(account: Account) -> dict[str, object]:
    """Everything that a manager can see, with the ids. They are the same in two runs if neither created anything extra.

    Files without a comment are left out: a copy whose response was lost is made again.
    """
    return {
        "contacts": [{**vars(contact), "created": None, "updated": None} for contact in account.contacts],
        "comments": [
            {**vars(comment), "written": None, "files": [_file(file) for file in comment.files]}
            for comment in account.comments
        ],
        "tag entries": account.tag_entries,
    }


def _file(file: StoredFile) -> tuple[str, bytes]:
    return file.name, file.content


def at(position: int, fault: Mapping[str, Any], *, times: int | None = 1) -> Fault:
    """A fault at the request of this number, counted from 0."""
    return Fault(**{"account": "default", "skip": position, "times": times, **fault})


def test_fault_at_any_request_does_not_change_the_final_account(
    play: Play, subtests: pytest.Subtests, settings: Any
) -> None:
    usual, wanted, asked = settings.PLANFIX_PATIENCE_SECONDS, play.run(), play.asked
    for name, fault in FAULTS.items():
        settings.PLANFIX_PATIENCE_SECONDS = PATIENCE_SECONDS if fault["kind"] == "hang" else usual
        with subtests.test(fault=name):
            for position, request in enumerate(asked):
                outcome = play.run(at(position, fault))

                assert outcome == wanted, f"{name} at {request}: {play.asked}"
                assert [struck for _, struck in play.sandbox.faults.struck()] == [1]
                assert set(Call.objects.values_list("state", flat=True)) == {CallState.DELIVERED}


def test_two_faults_at_any_requests_do_not_change_the_final_account(play: Play) -> None:
    """The second fault hits what follows the first one: searches, repeated writes and the remaining steps."""
    wanted = play.run()
    asked = play.asked
    looks = 2
    for first, second in itertools.combinations_with_replacement(range(len(asked) + looks), 2):
        if first >= len(asked):
            break
        faults = at(first, FAULTS["reset-after"]), at(second, FAULTS["close-after"])

        assert play.run(*faults) == wanted, f"{first}, {second} of {asked}: {play.asked}"


def test_customer_without_access_is_paused_until_access_works(play: Play, subtests: pytest.Subtests) -> None:
    """If only an addition to a delivered call needs the missing permission, only that addition waits."""
    wanted, asked = play.run(), play.asked
    for name in NO_ACCESS:
        with subtests.test(access=name):
            for position, request in enumerate(asked):
                play.start(at(position, no_access(name), times=None))
                assert_left_alone(play, name)

                play.sandbox.clear_faults()
                resume_customer(Customer.objects.get())
                deliver_all(play.scenario)

                assert held(play.scenario.account) == wanted, f"{name} at {request}: {play.asked}"


def no_access(name: str) -> dict[str, Any]:
    status, code, _ = NO_ACCESS[name]
    return {"kind": "status", "status": status, "json": {"result": "fail", "code": code, "error": "No access"}}


def assert_left_alone(play: Play, name: str) -> None:
    """The customer is paused with advice, and its account is left alone, unless only an addition waits."""
    _, _, advice = NO_ACCESS[name]
    asked, customer, call = len(play.asked), Customer.objects.get(), play.scenario.call(CALL_ID)
    if name == "scope" and call.state == CallState.DELIVERED:
        assert (advice in call.detail, customer.paused_reason) == (True, "")
        return
    assert advice in customer.paused_reason
    a_while_later()
    play.scenario.deliver()
    assert len(play.asked) == asked


@pytest.mark.parametrize("play", HANDOVERS, indirect=True)
def test_a_refused_write_fails_only_its_call_and_a_retry_completes_it(play: Play) -> None:
    play.run()
    for position, request in enumerate(play.asked):
        if not is_write(*request.split(" ")):
            continue
        # A comment is sent once more, without its author, before the call fails.
        times = 2 if request.endswith("/comments/") else 1
        play.start(at(position, REFUSED, times=times))
        play.scenario.post(answered(uniqueid=SECOND_ID, call_card=""))
        deliver_all(play.scenario)

        call = play.scenario.call(CALL_ID)
        assert play.scenario.call(SECOND_ID).state == CallState.DELIVERED
        if "/file/" in request:
            assert (call.state, "/recordings/" in written(play.scenario, CALL_ID).description) == (
                CallState.DELIVERED,
                True,
            )
            continue
        assert (call.state, call.reason) == (CallState.FAILED, "refused")
        assert request in call.detail

        assert replay_calls(Call.objects.all()) == 1
        deliver_all(play.scenario)

        assert play.scenario.call(CALL_ID).state == CallState.DELIVERED
        for ringostat_id in (CALL_ID, SECOND_ID):
            assert len(written(play.scenario, ringostat_id).tags) == 1, request
        assert len(play.scenario.account.comments) == len(play.scenario.account.tag_entries) == 2
        numbers = [phone.number for contact in play.scenario.account.contacts for phone in contact.phones]
        assert len(numbers) == len(set(numbers)), request


def written(scenario: Scenario, ringostat_id: str) -> Comment:
    (comment,) = [comment for comment in scenario.account.comments if ringostat_id in comment.description]
    return comment


# News of a call while it is being delivered

SUMMARY = "The client asks for a price list."
AI = {"call_id": CALL_ID, "summary": SUMMARY}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("path", ["/contact/*/comments", "/contact/*/datatags/*"])
def test_facts_received_between_two_attempts_reach_the_comment(
    scenario: Scenario, sandbox: Sandbox, path: str, when: Literal["before", "after"]
) -> None:
    olha(scenario.account)
    sandbox.add_fault(Fault(method="POST", path=path, kind="close", when=when, times=1))
    delivered(scenario, answered())
    scenario.post(AI, event="ai_processed")
    deliver_all(scenario)

    assert SUMMARY in written(scenario, CALL_ID).description


@pytest.mark.parametrize("step", ["write_comment", "write_tag"])
def test_facts_received_during_a_delivery_reach_the_comment(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    olha(scenario.account)
    news_during(call_delivery, step, scenario, monkeypatch)
    delivered(scenario, answered())
    deliver_all(scenario)

    assert SUMMARY in written(scenario, CALL_ID).description
    assert len(scenario.account.tag_entries) == 1


def test_facts_received_during_a_follow_up_reach_the_comment(
    scenario: Scenario, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    olha(scenario.account)
    delivered(scenario, answered(has_recording="1"))
    news_during(follow_up, "update_comment", scenario, monkeypatch)
    delivered(scenario, answered(**recorded(sandbox)))
    deliver_all(scenario)

    comment = written(scenario, CALL_ID)
    assert (SUMMARY in comment.description, len(comment.files)) == (True, 1)


def news_during(module: ModuleType, step: str, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts an AI analysis just before the delivery takes this step for the first time."""
    original = getattr(module, step)

    def take(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(module, step, original)
        scenario.post(AI, event="ai_processed")
        return original(*arguments, **named)

    monkeypatch.setattr(module, step, take)


# A recording that is too much for Planfix


def test_a_recording_that_planfix_cannot_copy_does_not_delay_its_call_forever(
    scenario: Scenario, sandbox: Sandbox
) -> None:
    olha(scenario.account)
    sandbox.add_fault(Fault(path="/file/from-url", kind="status", status=500))
    scenario.post(answered(**recorded(sandbox)))
    for _ in range(3):
        a_while_later()
        scenario.deliver()

    comment = written(scenario, CALL_ID)
    assert (comment.files, "/recordings/" in comment.description, len(comment.tags)) == ([], True, 1)

    sandbox.clear_faults()
    deliver_all(scenario)

    comment = written(scenario, CALL_ID)
    assert (len(comment.files), "/recordings/" in comment.description) == (1, False)


def test_attempts_to_copy_a_failing_recording_are_limited(scenario: Scenario, sandbox: Sandbox) -> None:
    olha(scenario.account)
    sandbox.add_fault(Fault(path="/file/from-url", kind="status", status=500))
    delivered(scenario, answered(**recorded(sandbox)))
    Delivery.objects.update(attempts=80)
    deliver_all(scenario)

    assert "/recordings/" in written(scenario, CALL_ID).description
