"""Notes which tasks and comments are wanted. Sends nothing; the job of run.py does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from integrations.models import CallbackSettings, CallbackTask, Customer, TaskClients
from integrations.services.callback_tasks.sql import (
    ADD_CALLS,
    CLOSE_OLD_TASKS,
    DUE_CUSTOMERS,
    NOTE_REACHED,
    NOTE_UNKNOWN_EMPLOYEE,
    OPEN_TASKS,
)

OLDEST_CALL = timedelta(days=4)
"""An older missed call gets no task: Planfix may have been unavailable for three days."""
OPEN_FOR = timedelta(days=7)
"""How long further calls are added to a task. After that the task is probably finished in Planfix."""


def note_missed_calls() -> list[int]:
    """Notes the tasks and comments that the folded missed calls need in Planfix. Returns the customers with due
    tasks."""
    ages: dict[str, Any] = {"oldest": OLDEST_CALL, "open_for": OPEN_FOR}
    with connection.cursor() as cursor:
        cursor.execute(CLOSE_OLD_TASKS, ages)
        cursor.execute(OPEN_TASKS, ages)
        cursor.execute(ADD_CALLS, ages)
        cursor.execute(NOTE_REACHED)
        cursor.execute(DUE_CUSTOMERS)
        return [row[0] for row in cursor.fetchall()]


def note_unknown_employee(customer_id: int, call_id: int, *, who: str, contact_id: int | None) -> None:
    """Notes a task about the employee of an answered call, if the customer wants one. May be repeated.

    `who`: as Ringostat names the employee; one task collects all their calls.
    """
    subject = who.strip()[:300] or "?"
    values: dict[str, Any] = {"customer": customer_id, "call": call_id, "who": subject, "contact": contact_id}
    with connection.cursor() as cursor:
        cursor.execute(NOTE_UNKNOWN_EMPLOYEE, values)


def retry_refused_tasks(customer: Customer) -> None:
    """Retries the tasks that Planfix refused. Call it after a change of the settings."""
    refused = CallbackTask.objects.filter(customer=customer, task_id=None, closed_at=None).exclude(problem="")
    refused.update(due_at=Now())


def forget_tasks_of_account(customer: Customer) -> None:
    """Forgets all tasks and switches new ones off until a template of the new account is chosen: in another account the
    ids mean something else.
    """
    CallbackTask.objects.filter(customer=customer).delete()
    CallbackSettings.objects.filter(customer=customer).update(
        clients=TaskClients.NOBODY,
        since=None,
        template_id=None,
        group_id=None,
        reached_status_id=None,
        unknown_employee_for=None,
    )
