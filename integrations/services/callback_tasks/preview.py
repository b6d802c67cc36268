"""What a call would mean for callback tasks, for a dry run. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.domain.calls import Direction, Outcome
from integrations.models import Call, CallbackSettings, CallbackTask, CallbackTaskKind, Customer, TaskClients
from integrations.planfix.http.client import Planfix
from integrations.planfix.records.tasks import NewTask
from integrations.services.callback_tasks.content import assignee_of, new_task
from integrations.services.callback_tasks.settings_file import settings_of


@dataclass(frozen=True, kw_only=True)
class PlannedTask:
    """A new task, or a comment in the open task `open_task_id` of the same client or employee."""

    draft: NewTask
    open_task_id: int | None = None


def task_for_missed_call(
    call: Call, customer: Customer, planfix: Planfix, *, number: str, contact_id: int | None
) -> PlannedTask | None:
    """The task of a missed incoming call; None if the customer wants none for this client.

    `contact_id`: None for a contact that would be created. At most one request, which reads.
    """
    wanted = settings_of(customer)
    clients = TaskClients(wanted.clients)
    if clients is TaskClients.ALL or clients is (TaskClients.NEW if contact_id is None else TaskClients.KNOWN):
        return _planned(CallbackTaskKind.MISSED_CALL, number, contact_id, call, wanted, planfix)
    return None


def task_for_unknown_employee(call: Call, customer: Customer, planfix: Planfix, *, who: str) -> PlannedTask | None:
    """The task about an employee whom nobody knows; None if the customer wants none. Sends no request."""
    wanted = settings_of(customer)
    if not wanted.unknown_employee_for or not who:
        return None
    return _planned(CallbackTaskKind.UNKNOWN_EMPLOYEE, who, None, call, wanted, planfix)


def is_missed(direction: str, outcome: str) -> bool:
    return (direction, outcome) == (Direction.INCOMING, Outcome.MISSED)


def _planned(
    kind: CallbackTaskKind,
    subject: str,
    contact_id: int | None,
    call: Call,
    wanted: CallbackSettings,
    planfix: Planfix,
) -> PlannedTask:
    customer = wanted.customer
    task = CallbackTask(customer=customer, kind=kind, subject=subject, call=call, contact_id=contact_id)
    earlier = CallbackTask.objects.filter(customer=customer, kind=kind, subject=subject, closed_at=None)
    return PlannedTask(
        draft=new_task(task, customer, wanted, assignee_of(task, customer, wanted, planfix)),
        open_task_id=earlier.exclude(call=call.pk).values_list("task_id", flat=True).first(),
    )
