"""Writes one callback task and its comments to Planfix, each of them once.

The step in flight is stored before its request and its receipt before the next one. After a crash or an unclear answer
Planfix is searched before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now

from integrations.models import (
    Call,
    CallbackComment,
    CallbackSettings,
    CallbackStep,
    CallbackTask,
    CallbackTaskKind,
    Customer,
)
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixError, PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.comments import CommentDraft, Target, find_comment, write_comment
from integrations.planfix.records.tasks import NewTask, create_task, find_task, set_status
from integrations.services.callback_tasks.content import (
    Assignee,
    assignee_of,
    client_reached,
    further_call,
    new_task,
    record_id,
)
from integrations.services.callback_tasks.refusals import show_problem
from integrations.services.callback_tasks.sql import BEGIN_WRITE
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import logged_client

STATUS_REFUSED = "The task's process in Planfix did not let the status be changed."


@dataclass(frozen=True, kw_only=True)
class InFlight:
    """How a row marks a write: `sent` if it may have been sent, `not_sent` if it certainly was not."""

    column: str
    sent: str | bool
    not_sent: str | bool


IN_FLIGHT_TASK = InFlight(column="in_flight_step", sent=CallbackStep.TASK.value, not_sent="")
IN_FLIGHT_REACHED = InFlight(column="in_flight_step", sent=CallbackStep.REACHED.value, not_sent="")
IN_FLIGHT_COMMENT = InFlight(column="in_flight", sent=True, not_sent=False)


class TaskWriter:
    """`task`: loaded with its call and the call's employee."""

    def __init__(self, task: CallbackTask, customer: Customer, wanted: CallbackSettings, lease: HeldLease) -> None:
        self.task = task
        self.customer = customer
        self.wanted = wanted
        self.lease = lease

    def write(self) -> None:
        """Writes everything that is noted. Raises PlanfixError if the task cannot be created or Planfix cannot answer
        now, LeaseLost.
        """
        task = self.task
        if task.task_id is None and not self._find_or_create():
            self._close()
            return
        for row in (
            task.comments.filter(comment_id=None, refused=False)
            .select_related("call__employee")
            .order_by("call__started_at", "call_id")
        ):
            if not self._add_call(row):
                return
        if task.reached_in_id is not None:
            self._tell_that_the_client_was_reached()
            self._close()

    # --- the task ---

    def _find_or_create(self) -> bool:
        """Finds or creates the task. Returns False if it is no longer wanted."""
        task, call = self.task, self.task.call
        client = self._client(call)
        if task.in_flight_step == CallbackStep.TASK or self.customer.searches_first(call.started_at):
            found = find_task(
                client,
                contact_id=task.contact_id,
                name_part=task.subject[:60],
                source_object_id=record_id("task", self.customer, call),
                marker=call.ringostat_id,
            )
            self._save(task, task_id=found, in_flight_step="")
        if task.task_id is not None:
            return True
        if not self._is_wanted():
            return False
        draft = new_task(task, self.customer, self.wanted, assignee_of(task, self.customer, self.wanted, client))
        created = self._send(task, IN_FLIGHT_TASK, partial(self._create, client, draft))
        self._save(task, task_id=created, in_flight_step="")
        return True

    def _is_wanted(self) -> bool:
        if self.task.kind == CallbackTaskKind.UNKNOWN_EMPLOYEE:
            return self.wanted.unknown_employee_for_id is not None
        return self.wanted.is_on and self.task.reached_in_id is None

    def _create(self, client: Planfix, draft: NewTask) -> int:
        """Creates the task, without its assignee if Planfix may have refused that one. A task without an assignee is
        better than none.
        """
        try:
            return create_task(client, draft)
        except PlanfixRefused as error:
            if Assignee(user_id=draft.user_id, group_id=draft.group_id) == Assignee() or not error.may_concern_author:
                raise
            created = create_task(client, replace(draft, user_id=None, group_id=None))
            show_problem(self.task.call_id, error.message)
            return created

    # --- comments ---

    def _add_call(self, row: CallbackComment) -> bool:
        """Returns False when the task is gone in Planfix: the call then gets a task of its own."""
        draft = further_call(self.task, row.call, self.customer)
        try:
            comment_id = self._comment(row.call, draft, row, IN_FLIGHT_COMMENT, is_in_flight=row.in_flight)
        except PlanfixRefused as error:
            if error.is_missing_task:
                row.delete()
                self._close()
                return False
            self._save(row, refused=True, in_flight=False)
            show_problem(row.call_id, error.message)
            return True
        self._save(row, comment_id=comment_id, in_flight=False)
        return True

    def _tell_that_the_client_was_reached(self) -> None:
        task = self.task
        reached = Call.objects.select_related("employee").filter(pk=task.reached_in_id or 0).first()
        if task.task_id is None or reached is None:
            return
        try:
            if task.reached_comment_id is None:
                is_in_flight = task.in_flight_step == CallbackStep.REACHED
                draft = client_reached(task, reached, self.customer)
                comment_id = self._comment(reached, draft, task, IN_FLIGHT_REACHED, is_in_flight=is_in_flight)
                self._save(task, reached_comment_id=comment_id, in_flight_step="")
            self._set_status(reached)
        except PlanfixRefused as error:
            if not error.is_missing_task:
                show_problem(task.call_id, error.message)

    def _comment(self, call: Call, draft: CommentDraft, row: Model, step: InFlight, *, is_in_flight: bool) -> int:
        client, target = self._client(call), Target(kind="task", id=self.task.task_id or 0)
        if is_in_flight or self.customer.searches_first(call.started_at):
            found = find_comment(
                client,
                target,
                source_object_id=draft.source_object_id,
                marker=call.ringostat_id,
                since=draft.at,
            )
            if found is not None:
                return found
        return self._send(row, step, lambda: write_comment(client, target, draft))

    def _set_status(self, reached: Call) -> None:
        status_id, task_id = self.wanted.reached_status_id, self.task.task_id
        if status_id and task_id and not set_status(self._client(reached), task_id, status_id):
            show_problem(self.task.call_id, STATUS_REFUSED)

    # --- requests and receipts ---

    def _client(self, call: Call) -> Planfix:
        return logged_client(self.customer, acquire_slot=self.lease.acquire_slot, call_id=call.pk)

    def _send(self, row: Model, step: InFlight, send: Callable[[], int]) -> int:
        """Sends a write. It stays in flight until its receipt is saved or Planfix has certainly not done it."""
        self._begin(row, step)
        try:
            return send()
        except PlanfixError as error:
            if not (isinstance(error, PlanfixUnavailable) and error.may_have_written):
                self._save(row, **{step.column: step.not_sent})
            raise

    def _begin(self, row: Model, step: InFlight) -> None:
        """Stores the step in flight while the lease is held. Raises LeaseLost."""
        statement = BEGIN_WRITE.format(table=row._meta.db_table, column=step.column)
        held = {"customer": self.customer.pk, "holder": self.lease.holder, "id": row.pk}
        with connection.cursor() as cursor:
            cursor.execute(statement, held | {"sent": step.sent})
            if cursor.rowcount == 0:
                raise LeaseLost
        setattr(row, step.column, step.sent)

    def _close(self) -> None:
        self._save(self.task, closed_at=Now(), due_at=None, in_flight_step="")

    def _save(self, row: Model, **columns: Any) -> None:
        for name, value in columns.items():
            setattr(row, name, value)
        row.save(update_fields=list(columns))
