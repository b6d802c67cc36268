"""Callback tasks in Planfix: one per client, a comment for each further call, and one when the client was reached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from integrations.models import CallbackSettings, CallbackTask, CallState, Customer, Delivery, DirectoryAccount
from integrations.models.directory import DirectoryContact
from integrations.services.callback_tasks.notes import note_missed_calls
from integrations.services.callback_tasks.run import write_callback_tasks
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.services.privacy.erasure import erase_number
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.records import Comment, Task
from sandbox.planfix.template_account import CALL_BACK_TEMPLATE
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, NEW_CLIENT, answered, dialled, missed, unanswered

pytestmark = pytest.mark.django_db

KYIV = ZoneInfo("Europe/Kyiv")
MINUTE = timedelta(minutes=1)


def want_tasks(customer: Customer, **changes: Any) -> CallbackSettings:
    """Settings with tasks around the clock, for every client."""
    columns = {"clients": "all", "template_id": CALL_BACK_TEMPLATE, "weekdays": list(range(1, 8))}
    hours = {"work_begins": "00:00", "work_ends": "00:00"}
    return CallbackSettings.objects.update_or_create(customer=customer, defaults={**columns, **hours, **changes})[0]


@pytest.fixture
def wanting(scenario: Scenario) -> Scenario:
    want_tasks(scenario.customer)
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    return scenario


_BEGAN = timezone.now() - timedelta(hours=3)


def at(minute: int) -> dict[str, str]:
    """The start of a call this many minutes after the first one."""
    local = (_BEGAN + minute * MINUTE).astimezone(KYIV)
    return {"calldate": f"{local:%Y-%m-%d %H:%M:%S}", "date": f"{local:%Y-%m-%d %H:%M:%S}"}


def started(minute: int) -> datetime:
    return (_BEGAN + minute * MINUTE).replace(microsecond=0)


def happens(scenario: Scenario, body: dict[str, Any], call_id: str, minute: int, event: str = "after_call") -> None:
    """A call comes in and is delivered, and the jobs that follow have run."""
    key = "call_id" if "call_id" in body else "uniqueid"
    scenario.post({**body, key: call_id, "call_card": "", **at(minute)}, event=event)
    scenario.deliver()
    write_tasks(scenario)


def write_tasks(scenario: Scenario) -> None:
    fold_missed_calls()
    for customer_id in note_missed_calls():
        write_callback_tasks(customer_id)


def tasks(account: Account) -> list[Task]:
    return account.tasks


def comments_of(account: Account, task: Task) -> list[Comment]:
    """The comments of the task, without the description, which is its first comment."""
    return [comment for comment in account.comments if comment.task_id == task.id][1:]


def test_missed_calls_of_a_client_make_one_callback_task_with_comments(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    happens(wanting, missed(), "two", 5)
    happens(wanting, unanswered(), "attempt", 7, "after_outgoing_call")
    happens(wanting, dialled(), "reached", 12, "after_outgoing_call")
    happens(wanting, answered(), "later", 20)

    account = wanting.account
    (task,) = account.tasks
    assert task.name == f"Call back: Olha Koval, {CLIENT}"
    assert (task.template_id, task.counterparty_id) == (CALL_BACK_TEMPLATE, account.contacts[0].id)
    assert task.due == (started(0) + timedelta(hours=4)).replace(second=0)
    assert "one" in task.description
    again, reached = comments_of(account, task)
    assert ("The client called again" in again.description, "two" in again.description) == (True, True)
    assert "The client was reached" in reached.description
    assert "Employee: Oleh Tkachenko" in reached.description
    assert (task.status.id, CallbackTask.objects.get().closed_at is not None) == (1, True)
    assert {call.state for call in wanting.customer.calls.all()} == {CallState.DELIVERED}


def test_callback_task_takes_one_request_per_write(wanting: Scenario) -> None:
    want_tasks(wanting.customer, assignees=["last_talked", "missed_by"])
    account = wanting.account
    wanting.post({**missed(), "uniqueid": "one", **at(0)})
    wanting.deliver()
    before = len(account.requests)
    write_tasks(wanting)

    assert [request.path for request in account.requests[before:]] == ["/task/"]
    write_tasks(wanting)
    assert len(account.requests) == before + 1


def test_call_sends_no_further_requests_when_callback_tasks_are_off(scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post({**missed(), "uniqueid": "one", **at(0)})
    scenario.deliver()
    before = len(scenario.account.requests)
    write_tasks(scenario)

    assert (scenario.account.tasks, CallbackTask.objects.count()) == ([], 0)
    assert len(scenario.account.requests) == before


@pytest.mark.parametrize(
    ("clients", "numbers"), [("new", [NEW_CLIENT]), ("known", [CLIENT]), ("all", [CLIENT, NEW_CLIENT]), ("nobody", [])]
)
def test_only_clients_of_the_setting_get_a_callback_task(wanting: Scenario, clients: str, numbers: list[str]) -> None:
    want_tasks(wanting.customer, clients=clients)
    happens(wanting, missed(CLIENT), "one", 0)
    happens(wanting, missed(NEW_CLIENT), "two", 1)

    assert [task.name.rsplit(" ")[-1] for task in wanting.account.tasks] == numbers


def test_client_reached_after_the_missed_call_gets_no_task_whatever_arrives_first(wanting: Scenario) -> None:
    happens(wanting, answered(), "reached", 10)
    happens(wanting, missed(), "one", 0)

    assert wanting.account.tasks == []


def test_client_who_is_reached_before_the_task_is_written_gets_none(wanting: Scenario) -> None:
    wanting.post({**missed(), "uniqueid": "one", **at(0)})
    wanting.deliver()
    fold_missed_calls()
    note_missed_calls()
    happens(wanting, answered(), "reached", 10)

    assert wanting.account.tasks == []
    assert CallbackTask.objects.get().closed_at is not None


def test_missed_call_after_the_client_was_reached_makes_a_new_task(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    happens(wanting, answered(), "reached", 10)
    happens(wanting, missed(), "two", 20)

    first, second = wanting.account.tasks
    assert ("one" in first.description, "two" in second.description) == (True, True)


def test_old_calls_and_calls_from_before_the_setting_get_no_task(wanting: Scenario) -> None:
    CallbackSettings.objects.update(since=timezone.now() + MINUTE)
    happens(wanting, missed(), "before", 0)
    CallbackSettings.objects.update(since=timezone.now() - timedelta(days=30))
    wanting.post({**missed(NEW_CLIENT), "uniqueid": "old", "calldate": "2026-03-02 10:00:00"})
    wanting.deliver()
    write_tasks(wanting)

    assert [task.description for task in wanting.account.tasks if "old" in task.description] == []


# Who gets it


def responsible_in_planfix(scenario: Scenario) -> None:
    scenario.account.contacts[0].supervisors = ["user:7"]


def responsible_in_the_directory(scenario: Scenario) -> None:
    account = DirectoryAccount.objects.create(account=scenario.customer.planfix_account)
    contact = scenario.account.contacts[0].id
    DirectoryContact.objects.create(account=account, contact_id=contact, is_company=False, responsible_ids=[6])


def talked_before(scenario: Scenario) -> None:
    happens(scenario, dialled(), "before", -60, "after_outgoing_call")


@pytest.mark.parametrize(
    ("prepare", "changes", "assignees"),
    [
        (responsible_in_planfix, {}, ["user:7"]),
        (responsible_in_the_directory, {}, ["user:6"]),
        (talked_before, {}, ["user:6"]),
        (talked_before, {"assignees": ["missed_by", "last_talked"]}, ["user:5"]),
        (responsible_in_planfix, {"assignees": []}, []),
        (lambda scenario: None, {"group_id": 3, "assignees": []}, [3]),
    ],
    ids=["responsible", "responsible in the directory", "talked last", "missed by", "nobody", "group"],
)
def test_callback_task_is_assigned_by_the_order_of_sources(
    wanting: Scenario, prepare: Callable[[Scenario], None], changes: dict[str, Any], assignees: list[object]
) -> None:
    want_tasks(wanting.customer, **changes)
    prepare(wanting)
    happens(wanting, missed(connected_with="acmecom_iryna"), "one", 0)

    (task,) = wanting.account.tasks
    assert [*task.assignees, *task.assigned_groups] == assignees


def test_callback_task_without_another_assignee_goes_to_the_chosen_employee(wanting: Scenario) -> None:
    want_tasks(wanting.customer, employee=wanting.customer.employees.get(name="Maria Kovalenko"), is_urgent=True)
    happens(wanting, missed(NEW_CLIENT), "one", 0)

    (task,) = wanting.account.tasks
    assert (task.assignees, task.is_urgent) == (["user:7"], True)


def test_callback_task_is_created_without_an_assignee_that_planfix_refuses(wanting: Scenario) -> None:
    want_tasks(wanting.customer, assignees=[], group_id=99)
    happens(wanting, missed(), "one", 0)

    (task,) = wanting.account.tasks
    assert task.assigned_groups == []
    assert wanting.call("one").reason == "task_refused"


# The status


@pytest.mark.parametrize(("world", "status", "reason"), [("changed", 3, ""), ("refused", 1, "task_refused")])
def test_callback_task_gets_its_status_once_the_client_is_reached(
    wanting: Scenario, world: str, status: int, reason: str
) -> None:
    want_tasks(wanting.customer, reached_status_id=3)
    wanting.account.enter(wanting.account.world.with_switches({"task_status": world}))
    happens(wanting, missed(), "one", 0)
    happens(wanting, answered(), "reached", 10)

    (task,) = wanting.account.tasks
    call = wanting.call("one")
    assert (task.status.id, call.state, call.reason) == (status, CallState.DELIVERED, reason)
    assert len(comments_of(wanting.account, task)) == 1


# Refusals


def test_refused_callback_task_is_reported_on_the_call_and_retried_after_a_settings_change(wanting: Scenario) -> None:
    wanting.account.enter(wanting.account.world.with_switches({"task_template": "required"}))
    happens(wanting, missed(), "one", 0)
    happens(wanting, answered(NEW_CLIENT), "other", 1)

    call = wanting.call("one")
    assert (call.state, call.reason, call.due_at) == (CallState.DELIVERED, "task_refused", None)
    assert "task template" in call.detail
    assert wanting.call("other").state == CallState.DELIVERED

    wanting.account.enter(wanting.account.world.with_switches({"task_template": "free"}))
    happens(wanting, missed(), "two", 5)

    (task,) = wanting.account.tasks
    assert len(comments_of(wanting.account, task)) == 1
    assert wanting.call("one").reason == ""


def test_refused_comments_of_a_callback_task_are_reported_on_their_calls(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    wanting.account.enter(wanting.account.world.with_switches({"task_comments": "refused"}))
    happens(wanting, missed(), "two", 5)
    happens(wanting, answered(), "reached", 10)

    assert len(wanting.account.tasks) == 1
    assert (wanting.call("two").reason, wanting.call("one").reason) == ("task_refused", "task_refused")
    assert CallbackTask.objects.get().closed_at is not None


def test_missed_call_after_a_deleted_task_makes_a_new_task(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    wanting.account.tasks[0].is_deleted = True
    happens(wanting, missed(), "two", 5)
    write_tasks(wanting)

    assert ["two" in task.description for task in wanting.account.tasks] == [False, True]


def test_missing_right_for_tasks_is_reported_and_pauses_no_customer(wanting: Scenario) -> None:
    wanting.account.scopes = frozenset({"contact_readonly", "comment_add", "datatag_add", "datatag_readonly"})
    happens(wanting, missed(), "one", 0)

    call = wanting.call("one")
    assert (call.state, call.reason) == (CallState.DELIVERED, "task_refused")
    assert "task_add" in call.detail or "contact_readonly" in call.detail
    assert Customer.objects.get().paused_reason == ""


# Unknown employees


UNKNOWN = answered(connected_with="acmecom_newcomer")


@pytest.mark.parametrize("fallback", [None, "Oleh Tkachenko"])
def test_an_unknown_employee_makes_one_task_for_the_chosen_person(wanting: Scenario, fallback: str | None) -> None:
    customer = wanting.customer
    chosen = customer.employees.get(name="Iryna Bondar")
    want_tasks(customer, clients="nobody", unknown_employee_for=chosen)
    if fallback:
        Customer.objects.update(fallback_employee=customer.employees.get(name=fallback))
    happens(wanting, UNKNOWN, "one", 0)
    happens(wanting, answered(), "known", 1)
    happens(wanting, {**UNKNOWN, "E164": NEW_CLIENT}, "two", 5)

    (task,) = wanting.account.tasks
    assert (task.assignees, "acmecom_newcomer" in task.name) == (["user:5"], True)
    assert ("acmecom_newcomer" in task.description, CLIENT in task.description) == (True, True)
    (again,) = comments_of(wanting.account, task)
    assert NEW_CLIENT in again.description


def test_unknown_employee_makes_no_task_by_default(wanting: Scenario) -> None:
    happens(wanting, UNKNOWN, "one", 0)

    assert (wanting.account.tasks, CallbackTask.objects.count()) == ([], 0)


# Erasure, restore


def test_erasing_a_number_deletes_its_stored_callback_tasks(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    happens(wanting, missed(), "two", 5)
    erase_number(wanting.customer, CLIENT)

    assert not CallbackTask.objects.exists()
    write_tasks(wanting)
    assert len(wanting.account.tasks) == 1


def test_after_a_restore_an_existing_callback_task_is_found_first(wanting: Scenario) -> None:
    happens(wanting, missed(), "one", 0)
    happens(wanting, missed(), "two", 5)
    CallbackTask.objects.all().delete()
    Customer.objects.update(look_first_before=timezone.now())
    write_tasks(wanting)

    (task,) = wanting.account.tasks
    assert CallbackTask.objects.get().task_id == task.id
    assert len(comments_of(wanting.account, task)) == 1


@pytest.mark.parametrize("switches", [{}, {"source_object_id": "not_readable"}, {"task_filter": "nothing"}])
def test_callback_task_whose_answer_was_lost_is_found_and_not_repeated(
    wanting: Scenario, sandbox: Sandbox, switches: dict[str, str]
) -> None:
    wanting.account.enter(wanting.account.world.with_switches(switches))
    sandbox.add_fault(Fault(kind="close", when="after", method="POST", path="/task", times=1))
    happens(wanting, missed(), "one", 0)
    CallbackTask.objects.update(due_at=timezone.now())
    write_tasks(wanting)

    assert len(wanting.account.tasks) == 1
    assert CallbackTask.objects.get().task_id == wanting.account.tasks[0].id


def test_a_contact_created_for_the_call_has_no_responsible_employee(wanting: Scenario) -> None:
    happens(wanting, missed(NEW_CLIENT), "one", 0)

    assert Delivery.objects.get().contact_created
    assert not [request for request in wanting.account.requests if request.method == "GET"]
