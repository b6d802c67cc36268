"""What callback tasks contain: the new task, its comments, and who gets it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.domain.calls import CallFacts, Outcome
from integrations.domain.employees import match_employee
from integrations.domain.parties import line_number
from integrations.models import (
    Call,
    CallbackSettings,
    CallbackTask,
    CallbackTaskKind,
    Customer,
    Delivery,
    DirectoryContact,
    RememberedContact,
    TaskAssignee,
)
from integrations.outbound.allowed_hosts import ringostat_link
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.records.comments import CommentDraft
from integrations.planfix.records.contacts import responsible_employees
from integrations.planfix.records.tasks import NewTask
from integrations.planfix.task_text import (
    TaskCall,
    further_call_text,
    further_unknown_text,
    missed_call_name,
    missed_call_text,
    reached_text,
    unknown_employee_name,
    unknown_employee_text,
)
from integrations.services.callback_tasks.working_hours import WorkingHours, due_after

RECORDS = uuid.UUID("6c1be3f4-2f57-5d0f-8a1c-52494e474f46")
"""Namespace of the ids of our tasks and their comments in Planfix (sourceObjectId)."""


@dataclass(frozen=True, kw_only=True)
class Assignee:
    """The user or the group that gets a task, by Planfix id. With neither, the template decides."""

    user_id: int | None = None
    group_id: int | None = None


def record_id(kind: str, customer: Customer, call: Call) -> uuid.UUID:
    return uuid.uuid5(RECORDS, f"{kind}:{customer.pk}:{call.ringostat_id}")


def new_task(task: CallbackTask, customer: Customer, wanted: CallbackSettings, assignee: Assignee) -> NewTask:
    """The task as it is created. `task.call` is loaded."""
    language = customer.language
    is_missed = task.kind == CallbackTaskKind.MISSED_CALL
    call = task_call(task.call, customer, number=task.subject if is_missed else task.call.client_number)
    if is_missed:
        name, text = missed_call_name(call, language), missed_call_text(call, language)
    else:
        name = unknown_employee_name(task.subject, language)
        text = unknown_employee_text(call, task.subject, language)
    due = due_after(task.call.started_at, wanted.due_hours, schedule_of(wanted, customer))
    return NewTask(
        name=name,
        description=text,
        template_id=wanted.template_id or 0,
        contact_id=task.contact_id,
        user_id=assignee.user_id,
        group_id=assignee.group_id,
        due=due.astimezone(customer.zone),
        is_urgent=wanted.is_urgent,
        source_object_id=record_id("task", customer, task.call),
    )


def further_call(task: CallbackTask, call: Call, customer: Customer) -> CommentDraft:
    """The comment about a further call. The assignee is notified of it."""
    content = task_call(call, customer, number=call.client_number)
    if task.kind == CallbackTaskKind.MISSED_CALL:
        text = further_call_text(content, customer.language)
    else:
        text = further_unknown_text(content, task.subject, customer.language)
    return CommentDraft(
        owner="",
        at=call.started_at,
        text=text,
        source_object_id=record_id("further call", customer, call),
        notifies_assignee=True,
    )


def client_reached(task: CallbackTask, call: Call, customer: Customer) -> CommentDraft:
    """The comment that the client was reached on this call."""
    return CommentDraft(
        owner="",
        at=call.started_at,
        text=reached_text(task_call(call, customer, number=task.subject), customer.language),
        source_object_id=record_id("client reached", customer, task.call),
    )


def schedule_of(wanted: CallbackSettings, customer: Customer) -> WorkingHours:
    return WorkingHours(
        zone=customer.zone,
        weekdays=frozenset(wanted.weekdays),
        begin=wanted.work_begins,
        end=wanted.work_ends,
        holidays=frozenset(wanted.holidays),
    )


def task_call(call: Call, customer: Customer, *, number: str) -> TaskCall:
    facts = call.folded
    remembered = RememberedContact.objects.filter(customer=customer, number=number)
    return TaskCall(
        number=number,
        at=call.started_at.astimezone(customer.zone),
        ringostat_id=call.ringostat_id,
        client_name=remembered.values_list("name", flat=True).first() or "",
        employee=_employee_of(call, facts, customer),
        line=line_number(facts, customer.region),
        line_name=facts.line_name,
        wait_seconds=facts.wait_seconds,
        talk_seconds=facts.talk_seconds,
        source=facts.parameters.get("utm_source", ""),
        card_url=ringostat_link(facts.card_url),
    )


def _employee_of(call: Call, facts: CallFacts, customer: Customer) -> str:
    if call.employee:
        return call.employee.name
    return match_employee(facts, (), customer.region).seen


# Who gets the task


def assignee_of(task: CallbackTask, customer: Customer, wanted: CallbackSettings, planfix: Planfix) -> Assignee:
    """The first known assignee in the order of the settings. At most one request: for the contact's responsible
    employee, if the contact directory does not know the contact."""
    if task.kind == CallbackTaskKind.UNKNOWN_EMPLOYEE:
        chosen = wanted.unknown_employee_for
        return Assignee(user_id=chosen.planfix_user_id if chosen else None)
    for name in wanted.assignees:
        if user_id := FINDERS[TaskAssignee(name)](task, customer, planfix):
            return Assignee(user_id=user_id)
    chosen = wanted.employee
    return Assignee(user_id=chosen.planfix_user_id if chosen else None, group_id=wanted.group_id)


def responsible_here(task: CallbackTask, customer: Customer) -> int | None:
    """The contact's responsible employee by the contact directory; 0 for none, None if it does not know the contact."""
    if task.contact_id is None:
        return 0
    if Delivery.objects.filter(call=task.call_id, contact_created=True).exists():
        return 0  # It was created for a call that nobody answered.
    contacts = DirectoryContact.objects.filter(
        account__account=customer.planfix_account, contact_id=task.contact_id, deleted=False
    )
    known = contacts.values_list("responsible_ids", flat=True).first()
    return None if known is None else next(iter(known), 0)


def _responsible(task: CallbackTask, customer: Customer, planfix: Planfix) -> int | None:
    known = responsible_here(task, customer)
    if known is not None or task.contact_id is None:
        return known
    try:
        return next(iter(responsible_employees(planfix, task.contact_id)), None)
    except PlanfixRefused:
        return None  # The contact is gone. The error of creating the task says so.


def _last_talked(task: CallbackTask, customer: Customer, _: Planfix) -> int | None:
    earlier = Call.objects.filter(
        customer=customer,
        client_number=task.subject,
        outcome=Outcome.ANSWERED,
        started_at__lt=task.call.started_at,
        employee__planfix_user_id__isnull=False,
    )
    return earlier.order_by("-started_at").values_list("employee__planfix_user_id", flat=True).first()


def _missed_by(task: CallbackTask, customer: Customer, _: Planfix) -> int | None:
    return task.call.employee.planfix_user_id if task.call.employee else None


FINDERS: Mapping[TaskAssignee, Callable[[CallbackTask, Customer, Planfix], int | None]] = {
    TaskAssignee.RESPONSIBLE: _responsible,
    TaskAssignee.LAST_TALKED: _last_talked,
    TaskAssignee.MISSED_BY: _missed_by,
}
