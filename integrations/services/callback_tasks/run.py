"""The job that writes a customer's callback tasks to Planfix, under the customer's delivery lease."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now

from integrations.models import Call, CallbackSettings, CallbackTask, Customer
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixUnavailable
from integrations.planfix.http.json_fields import masked_text
from integrations.services.callback_tasks.refusals import hide_problem, show_problem
from integrations.services.callback_tasks.sql import FINISH
from integrations.services.callback_tasks.writer import TaskWriter
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.retry_delay import doubling_delay, retry_delay

log = structlog.get_logger(__name__)

RUN_SECONDS = 10
MOST_ATTEMPTS = 80
"""About three days."""


def write_callback_tasks(customer_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Writes what is due. Safe to call at any time, any number of times. Never changes a call's delivery.

    The queue runs it in turn with the deliveries of the customer's calls. While calls wait, it writes one task and
    leaves the rest to its next run.
    """
    wanted = CallbackSettings.objects.select_related("employee", "unknown_employee_for").filter(pk=customer_id).first()
    customer = Customer.objects.filter(pk=customer_id, paused_reason="").first()
    if customer is None or wanted is None:
        return
    lease = HeldLease(customer)
    if not lease.acquire():
        return
    try:
        _run(customer, wanted, lease, should_stop)
    except LeaseLost:
        log.warning("lease lost", customer_id=customer_id)
    finally:
        lease.release()


def _run(customer: Customer, wanted: CallbackSettings, lease: HeldLease, should_stop: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + RUN_SECONDS
    while not should_stop() and time.monotonic() < ends_at:
        task = _next_task(customer)
        if task is None or not _write(task, customer, wanted, lease) or _calls_wait(customer):
            return


def _next_task(customer: Customer) -> CallbackTask | None:
    due = CallbackTask.objects.filter(customer=customer, due_at__lte=Now())
    return due.select_related("call__employee").order_by("due_at", "pk").first()


def _calls_wait(customer: Customer) -> bool:
    return Call.objects.filter(customer=customer, due_at__lte=Now()).exists()


def _write(task: CallbackTask, customer: Customer, wanted: CallbackSettings, lease: HeldLease) -> bool:
    """Writes one task. Returns whether the customer's next task can be tried now."""
    if task.problem:  # It is shown again if it still exists.
        CallbackTask.objects.filter(pk=task.pk).update(problem="")
        hide_problem(task.call_id)
    try:
        TaskWriter(task, customer, wanted, lease).write()
    except (OperationalError, InterfaceError, LeaseLost):
        raise
    except (PlanfixUnavailable, PlanfixAccessDenied) as error:
        _postpone(task, error)
        return False
    except Exception as error:
        if not isinstance(error, PlanfixError):
            log.error("callback task failed", customer_id=customer.pk, call_id=task.call_id, exc_info=error)
        _give_up(task, str(error) or repr(error))
        return True
    with connection.cursor() as cursor:
        cursor.execute(FINISH, {"task": task.pk, "reached": task.reached_in_id})
    log.info("callback task written", customer_id=customer.pk, call_id=task.call_id, task_id=task.task_id)
    return True


def _postpone(task: CallbackTask, error: PlanfixUnavailable | PlanfixAccessDenied) -> None:
    """Tries all due tasks of the customer again later. What Planfix denies is shown at once: a person has to act."""
    attempts = task.attempts + 1
    if isinstance(error, PlanfixAccessDenied):
        show_problem(task.call_id, error.message)
        CallbackTask.objects.filter(pk=task.pk).update(problem=error.message)
    if attempts >= MOST_ATTEMPTS:
        _give_up(task, error.message)
        return
    CallbackTask.objects.filter(pk=task.pk).update(attempts=attempts)
    due = CallbackTask.objects.filter(customer=task.customer_id, due_at__lte=Now())
    due.update(due_at=Now() + _delay(attempts, error))


def _give_up(task: CallbackTask, message: str) -> None:
    """Leaves the task open and unwritten: a further missed call of the client, or changed settings, try it again."""
    problem = masked_text(message)[:300]
    CallbackTask.objects.filter(pk=task.pk).update(due_at=None, problem=problem)
    show_problem(task.call_id, problem)
    log.warning("callback task refused", call_id=task.call_id)


def _delay(attempts: int, error: PlanfixUnavailable | PlanfixAccessDenied) -> timedelta:
    if isinstance(error, PlanfixUnavailable):
        return timedelta(seconds=retry_delay(attempts, error))
    return timedelta(seconds=doubling_delay(attempts))
