"""Every scenario in a covering set of worlds, which answer each open question about Planfix in every plausible way.

In each world the account ends with one call and one contact, or the call says in a sentence why not. Nothing is there
twice, nothing is lost, and nothing is stored with another client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db.models import QuerySet

from integrations.models import Call, CallState, Customer, PlanfixRequest
from integrations.services.account_traits import learn
from integrations.services.customers.account_discovery import discover
from integrations.services.trial.learnt_traits import TRAITS
from integrations.services.trial.report import Question as Q
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.phone_numbers import only_digits
from sandbox.planfix.records import Comment, Contact
from sandbox.planfix.world import (
    SWITCHES,
    CommentTime,
    ContactTemplate,
    FileFromUrl,
    Html,
    Owner,
    OwnFields,
    PhoneFilter,
    StoredNumber,
    SystemTags,
    TaskActivity,
    TaskComments,
    TaskFilter,
    World,
)
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests import covering_sets
from tests.conftest import Scenario
from tests.covering_sets import all_pairs, pairs_in, stored_rows
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, dialled, missed, recorded, unanswered
from tests.end_to_end.checkpoint import Checkpoint
from tests.end_to_end.test_faults import a_while_later
from tests.services.trial.test_worlds import USUAL
from tests.services.trial.test_worlds import WORLDS as TRIAL_FINDS

SECOND_ID = "ua9_-1790775999.2139026"
OTHER_CLIENT = "+380931112233"
ROUNDS = 8
BLIND_ROUNDS = 2
"""Where no search finds a contact, a call waits for ever: two attempts after each step show that it does."""
TOO_FAST_EVERY = 9
"""Each ninth request is refused as too fast, so that every world shows its answer to that."""

PRODUCT = {"phone_matching": ("full", "any_format"), "account": ("unknown", "tried")}
"""What meets every switch besides: settings of the customer, and whether a trial has told how the account behaves."""
STOPPING = {
    "phone_filter": (PhoneFilter.NOTHING,),
    "contact_template": (ContactTemplate.REQUIRES_FIELD,),
    "system_tags": (SystemTags.REFUSED,),
}
"""Values with which calls cannot be delivered. They would hide how the other switches go together."""


FACTORS = {**SWITCHES, **PRODUCT}


def deliverable_values() -> dict[str, list[str]]:
    """The values of each switch with which calls can be delivered."""
    return {name: [one for one in FACTORS[name] if one not in STOPPING.get(name, ())] for name in FACTORS}


def stopping_worlds() -> Iterator[dict[str, str]]:
    """Each stopping value with every value of every other switch."""
    for place, (name, (value,)) in enumerate(STOPPING.items()):
        others = {other: values for other, values in FACTORS.items() if other != name}
        for turn in range(max(map(len, others.values()))):
            world = {other: str(values[(turn + place) % len(values)]) for other, values in others.items()}
            yield {**world, name: str(value)}


WORLDS = [*stored_rows(covering_sets.WORLDS), *stopping_worlds()]

pytestmark = pytest.mark.slow


@dataclass(frozen=True, kw_only=True)
class WorldCase:
    """`steps`: what happens one after the other; due calls are delivered after each. `number`: the client's."""

    steps: Sequence[Callable[[Scenario, Sandbox], object]]
    number: str = CLIENT
    author: str = "user:5"
    """"contact" for the client's contact."""
    call_ids: tuple[str, ...] = (CALL_ID,)
    customer: dict[str, Any] = field(default_factory=dict)
    has_utm: bool = True
    has_recording: bool = False
    is_created: bool = True
    """Is a contact created when there is none?"""

    @property
    def is_new(self) -> bool:
        return self.number == NEW_CLIENT


def post(body: dict[str, Any], event: str = "after_call") -> Callable[[Scenario, Sandbox], object]:
    return lambda scenario, sandbox: scenario.post(body, event=event)


def post_recorded(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered(**recorded(sandbox)))


def post_before_the_recording_is_ready(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.ringostat.not_ready = {CALL_ID}
    post_recorded(scenario, sandbox)


def recording_is_ready(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.ringostat.not_ready = set()


def two_at_once(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered(NEW_CLIENT))
    scenario.post(answered(NEW_CLIENT, uniqueid=SECOND_ID, call_card=""))


def lose_the_answer(path: str, body: dict[str, Any]) -> Callable[[Scenario, Sandbox], object]:
    """Planfix does what the first request to this path asks, and its answer is lost."""

    def steps(scenario: Scenario, sandbox: Sandbox) -> None:
        sandbox.add_fault(Fault(kind="close", when="after", method="POST", path=path, times=1))
        post_recorded(scenario, sandbox) if not body else scenario.post(body)

    return steps


OUT = "after_outgoing_call"
BOTH = (CALL_ID, SECOND_ID)
CASES = {
    "known answered": WorldCase(steps=[post(answered())]),
    "known missed": WorldCase(steps=[post(missed())], author="contact"),
    "outgoing answered": WorldCase(steps=[post(dialled(), OUT)], author="user:6", has_utm=False),
    "outgoing unanswered": WorldCase(steps=[post(unanswered(), OUT)], author="user:6", has_utm=False),
    "new answered": WorldCase(steps=[post(answered(NEW_CLIENT))], number=NEW_CLIENT),
    "new missed": WorldCase(steps=[post(missed(NEW_CLIENT))], number=NEW_CLIENT, author="contact"),
    "new outgoing unanswered": WorldCase(
        steps=[post(unanswered(NEW_CLIENT), OUT)], number=NEW_CLIENT, author="user:6", has_utm=False, is_created=False
    ),
    "last active task": WorldCase(steps=[post(answered())], customer={"call_target": "last_active_task"}),
    "recording": WorldCase(steps=[post_recorded], has_recording=True),
    "late recording": WorldCase(steps=[post_before_the_recording_is_ready, recording_is_ready], has_recording=True),
    "emoji": WorldCase(steps=[post(answered(utm_campaign="🔥 Знижка"))]),
    "overnight": WorldCase(steps=[post(answered(calldate="2026-09-30 23:59:10"))]),
    "repeat caller": WorldCase(
        steps=[post(answered(NEW_CLIENT)), post(answered(NEW_CLIENT, uniqueid=SECOND_ID, call_card=""))],
        number=NEW_CLIENT,
        call_ids=BOTH,
    ),
    "two at once": WorldCase(steps=[two_at_once], number=NEW_CLIENT, call_ids=BOTH),
    "answered after missed": WorldCase(steps=[post(missed()), post(answered())], author="contact"),
    "contact unclear": WorldCase(steps=[lose_the_answer("/contact", answered(NEW_CLIENT))], number=NEW_CLIENT),
    "comment unclear": WorldCase(steps=[lose_the_answer("/contact/*/comments", answered())]),
    "tag unclear": WorldCase(steps=[lose_the_answer("/contact/*/datatags/*", answered())]),
    "copy unclear": WorldCase(steps=[lose_the_answer("/file/from-url", {})], has_recording=True),
}


def label(world: dict[str, str]) -> str:
    return str(WORLDS.index(world))


LEARNT = (Q.EMPLOYEE_AUTHOR, Q.CONTACT_AUTHOR, Q.COMMENT_TIME, Q.COMMENT_HTML, Q.EMOJI, Q.FILES_ON_UPDATE)


def learn_as_a_trial_does(customer: Customer, world: World) -> None:
    """What the trial's tests find in this world, of the questions whose answers do not depend on each other."""
    found = dict(USUAL)
    for switch in world.switches().items():
        found |= TRIAL_FINDS.get(switch, {})
    for question in LEARNT:
        trait, values = TRAITS[question]
        if found[question] in values:
            learn(customer, evidence="A trial.", **{trait: values[found[question]]})


def populate(account: Account) -> None:
    """Makes the account a used one: another client with a newer task, and a number that contains the client's."""
    olha = account.add_contact(name="Olha Koval", phones=[CLIENT])
    account.add_task(olha.id, "Order")
    account.add_contact(name="Longer", phones=[f"{CLIENT}8"])
    account.add_contact(name="Deleted", phones=[NEW_CLIENT], is_deleted=True)
    other = account.add_contact(name="Ivan", phones=[OTHER_CLIENT])
    account.add_task(other.id, "Other order")


@pytest.fixture(params=WORLDS, ids=label)
def stage(request: pytest.FixtureRequest, sandbox: Sandbox, account: Account, make_scenario: Any, db: None) -> Stage:
    """A customer and its account in a world."""
    row: dict[str, str] = request.param
    world = World().with_switches({name: value for name, value in row.items() if name in SWITCHES})
    account.enter(world)
    account.slow_fetch = 0.02
    populate(account)
    scenario = make_scenario(phone_matching=row["phone_matching"])
    is_tried = row["account"] == "tried"
    if is_tried:
        learn_as_a_trial_does(scenario.customer, world)
    discover(scenario.customer)
    return Stage(scenario=scenario, sandbox=sandbox, world=world, is_tried=is_tried)


@dataclass(frozen=True, kw_only=True)
class Stage:
    scenario: Scenario
    sandbox: Sandbox
    world: World
    is_tried: bool

    def play(self, case: WorldCase) -> None:
        self.sandbox.ringostat = Ringostat()
        Customer.objects.update(**case.customer)
        for step in case.steps:
            step(self.scenario, self.sandbox)
            self._deliver_until(lambda: not waiting().exclude(state=CallState.DELIVERED).exists())
        self._deliver_until(lambda: not waiting().exists())

    def _deliver_until(self, is_done: Callable[[], bool]) -> None:
        """Runs attempts until it is done. Calls that never get on have a last attempt without a limit."""
        rounds = BLIND_ROUNDS if is_blind(self.world) else ROUNDS
        for attempt in range(rounds):
            self.scenario.account.quota.limits.every = TOO_FAST_EVERY if attempt + 1 < rounds else None
            a_while_later()
            self.scenario.deliver()
            if is_done():
                return


def test_every_world_ends_with_one_call_and_one_contact_or_a_reason(
    stage: Stage, ringostat: Ringostat, subtests: pytest.Subtests
) -> None:
    ready = Checkpoint(stage.scenario, stage.sandbox)
    for name, case in CASES.items():
        with subtests.test(scenario=name):
            ready.restore()
            stage.play(case)

            assert_nothing_doubled(stage.scenario.account, case)
            for call_id in case.call_ids:
                assert_ended(stage.scenario, case, call_id, stage.world)
            if stage.is_tried:
                assert_written_as_the_account_keeps_it(stage.scenario, stage.world)


def waiting() -> QuerySet[Call]:
    """Calls with another attempt to come. Delivered ones may wait for a recording."""
    return Call.objects.filter(due_at__isnull=False)


def assert_nothing_doubled(account: Account, case: WorldCase) -> None:
    people = clients(account, case.number)
    assert len(people) <= 1
    assert people or case.is_new
    others = [contact for contact in account.contacts if contact not in people]
    assert sorted(one.name for one in others) == sorted({"Deleted", "Longer", "Ivan", "Olha Koval"} - names(people))
    for call_id in case.call_ids:
        comments = written(account, call_id)
        assert len(comments) <= 1
        assert all(is_of(account, comment, people) for comment in comments)
        assert sum(len(comment.tags) for comment in comments) <= 1
        assert all(len(comment.files) <= 1 for comment in comments)
    assert len(account.comments) == sum(len(written(account, call_id)) for call_id in case.call_ids)


def assert_ended(scenario: Scenario, case: WorldCase, call_id: str, world: World) -> None:
    call = scenario.call(call_id)
    state, reason = expected(case, world)
    assert (call.state, re.search(reason, f"{call.reason}: {call.detail}") is not None) == (state, True), call.detail
    if state == CallState.DELIVERED:
        assert_delivered(scenario, case, call, world)
    elif state != CallState.FAILED:
        assert written(scenario.account, call_id) == []


def expected(case: WorldCase, world: World) -> tuple[CallState, str]:
    """The expected state, and a part of the expected reason."""
    if is_blind(world):
        return CallState.PENDING, "^search_blind: .* does not find a contact that exists"
    if case.is_new and not case.is_created:
        return CallState.SKIPPED, "^unknown_contact"
    if case.is_new and world.contact_template is ContactTemplate.REQUIRES_FIELD:
        return CallState.FAILED, r"^refused: .* the field \S+ .*filled in"
    if world.system_tags is SystemTags.REFUSED:
        return CallState.FAILED, "^refused: .* create a data tag with the same fields"
    return CallState.DELIVERED, "^: $"


def is_blind(world: World) -> bool:
    """No spelling that the product can know finds a contact."""
    only_masked = world.stored_number is StoredNumber.MASKED and world.phone_filter is PhoneFilter.EQUALS
    return world.phone_filter is PhoneFilter.NOTHING or only_masked


def assert_delivered(scenario: Scenario, case: WorldCase, call: Call, world: World) -> None:
    account = scenario.account
    (comment,), (client,) = written(account, call.ringostat_id), clients(account, case.number)
    (entry,) = comment.tags
    text = comment.description
    assert comment.author == expected_author(case, client, world)
    if case.author == "user:5":
        assert "Iryna Bondar" in text
    assert case.number in text
    assert (comment.task_id is not None) == is_on_task(case, world)
    assert entry.values["External line"] == "+380442223344"
    if case.has_utm:
        assert "google" in text
        assert entry.values["utm_source"] == ("google" if world.own_fields is OwnFields.ATTACHED else "")
    if case.has_recording:
        assert_recorded(call, comment, world)


def assert_written_as_the_account_keeps_it(scenario: Scenario, world: World) -> None:
    for comment in scenario.account.comments:
        assert ("<b>" in comment.description) == (world.html is Html.KEPT)
        assert "&lt;" not in comment.description
        assert ("2026-09-30 " in comment.description) == (world.comment_time is not CommentTime.HONOURED)
    refused = PlanfixRequest.objects.filter(path__contains="/comments", http_status=400)
    assert not refused.exclude(path__startswith="/task/").exists()


def assert_recorded(call: Call, comment: Comment, world: World) -> None:
    if world.file_from_url is not FileFromUrl.REFUSED:
        assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]
        assert "/recordings/" not in comment.description
    elif "/recordings/" not in comment.description:
        assert world.html is Html.STRIPPED
        assert call.delivery.recording_refused


def expected_author(case: WorldCase, client: Contact, world: World) -> str:
    person = f"contact:{client.id}" if case.author == "contact" else case.author
    rule = world.contact_owner if person.startswith("contact") else world.employee_owner
    return person if rule is Owner.HONOURED else "user:1"


def is_on_task(case: WorldCase, world: World) -> bool:
    wants_task = case.customer.get("call_target") == "last_active_task"
    finds_task = world.task_filter is TaskFilter.HONOURED and world.task_activity is TaskActivity.SHOWN
    return wants_task and finds_task and world.task_comments is TaskComments.TAKEN


def clients(account: Account, number: str) -> list[Contact]:
    return [
        contact
        for contact in account.contacts
        if not contact.is_deleted and any(only_digits(phone.number) == only_digits(number) for phone in contact.phones)
    ]


def names(contacts: Sequence[Contact]) -> set[str]:
    return {contact.name for contact in contacts}


def written(account: Account, call_id: str) -> list[Comment]:
    return [comment for comment in account.comments if call_id in comment.description]


def is_of(account: Account, comment: Comment, people: Sequence[Contact]) -> bool:
    ids = {contact.id for contact in people}
    if comment.task_id is None:
        return comment.contact_id in ids
    return account.tasks_by_id[comment.task_id].counterparty_id in ids


def test_covering_set_of_worlds_contains_every_pair_of_values(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = all_pairs(FACTORS)

    assert pairs_in(WORLDS) == pairs
    with capsys.disabled():
        print(f"\n{len(WORLDS)} worlds, {len(CASES)} scenarios, {len(pairs)} pairs of values")
