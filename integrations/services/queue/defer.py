"""Enqueues jobs by name. Does not know what they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from integrations.services.queue.sql import (
    DELIVER_SOON,
    FREE_JOBS_OF_DEAD_WORKERS,
    LOCK_SPACE,
    ONE_JOB_EACH,
    WAKE_CUSTOMERS,
)

# The names and arguments of jobs stay as they are, even old ones (carry_out, settle_stale_calls): jobs that an older
# release has enqueued wait under them, and releases overlap.
DELIVER_CALLS = "deliver_calls"
CALLBACK_TASKS = "callback_tasks"
CATCH_UP = "catch_up"
CHECK_ACCESS = "check_access"
CLOSE_STALE_CALLS = "settle_stale_calls"
DISCOVER_ACCOUNT = "discover_account"
LOOK_UP_CALL = "look_up_call"
READ_BACK = "read_back"
READ_DIRECTORY = "read_directory"
READ_ONLINE = "read_online"
RUN_JOB = "carry_out"
SEND_CONTACTS = "send_contacts"
QUEUE = "default"

AHEAD, IN_LINE = 1, 0
"""A worker takes the job of the highest priority, and the oldest of those. Deliveries wait in line; a customer with
many calls goes back to the end of the line after a while. Jobs that a person waits for, and short jobs that serve all
customers, go ahead of deliveries.
"""
PRIORITIES = {
    RUN_JOB: AHEAD,
    CALLBACK_TASKS: IN_LINE,
    CHECK_ACCESS: IN_LINE,
    READ_ONLINE: IN_LINE,
    DISCOVER_ACCOUNT: IN_LINE,
    LOOK_UP_CALL: -1,
    CATCH_UP: -6,
    CLOSE_STALE_CALLS: -1,
    READ_BACK: -10_000,
    SEND_CONTACTS: -60,
    READ_DIRECTORY: -10_000,
}
"""Access checks and discoveries wait in line like deliveries, because calls wait for them. Reading call lists comes
after all calls, because Ringostat may be slow for every customer at once. The priority of a waiting job rises by one
each time it is enqueued again: under a lasting backlog it reaches the line after half an hour (if enqueued every five
minutes) or an hour. Reading calls back and reading contacts never reach the line: they wait until workers have nothing
else to do.
"""
WOKEN_AT_ONCE = 1000
"""Customers per statement. Each takes a lock, and all sessions of the database share about 6,000 locks."""


LOCK_OF_CUSTOMER = "customer"


def lock_of(customer_id: int) -> str:
    return f"{LOCK_OF_CUSTOMER}:{customer_id}"


def delivery_statement(condition: str = "") -> str:
    """The statement of deliver_soon(), whose only argument is the customer_id. It may be a part of another statement.

    `condition`: the WHERE clause without which the job is always enqueued.
    """
    return DELIVER_SOON.format(
        queue=QUEUE, task=DELIVER_CALLS, lock=LOCK_OF_CUSTOMER, lock_space=LOCK_SPACE, condition=condition
    )


def deliver_soon(customer_id: int) -> None:
    """Enqueues a delivery job that will see the calls of this transaction, unless such a job already waits.

    It runs a statement of its own instead of Procrastinate's defer() for two reasons. A job that already waits is the
    normal case here; defer() treats it as an error, which costs a savepoint. And the statement takes a shared lock,
    which the job takes exclusively before it reads calls: a job that already waits thus also waits for our commit.
    Without the lock, that job could start, find no call and end before our commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(delivery_statement(), {"customer_id": customer_id})


def wake_customers(customer_ids: Sequence[int]) -> None:
    """Enqueues delivery jobs for many customers whose calls are committed. Waits for no lock.

    Skips a customer whose lock is taken. The lock's holder is a transaction that enqueues a job itself, or a job that
    is about to read calls. A web process that hangs inside a transaction thus blocks no other customer.
    """
    for start in range(0, len(customer_ids), WOKEN_AT_ONCE):
        ids = list(customer_ids[start : start + WOKEN_AT_ONCE])
        arguments: dict[str, Any] = {"ids": ids, "locks": [lock_of(customer_id) for customer_id in ids]}
        with connection.cursor() as cursor:
            cursor.execute(
                WAKE_CUSTOMERS, {"queue": QUEUE, "task": DELIVER_CALLS, "lock_space": LOCK_SPACE, **arguments}
            )


def free_jobs_of_dead_workers(seconds: float) -> None:
    """Deletes the running jobs of workers that have sent no heartbeat for so many seconds.

    Uses one statement, so that a job that ends meanwhile causes no error.
    """
    with connection.cursor() as cursor:
        cursor.execute(FREE_JOBS_OF_DEAD_WORKERS, [seconds])


def one_job_each(task: str, customer_ids: Iterable[int], *, lock: str = "") -> None:
    """Enqueues one job of this task per customer, unless one already waits. A slow answer for one customer thus delays
    no other customer.

    `lock`: LOCK_OF_CUSTOMER for a job that must not run beside a delivery of the customer.
    """
    _one_job_each(task, "customer_id", customer_ids, lock=lock)


def wake_jobs(job_ids: Iterable[int]) -> None:
    """Enqueues these background jobs, unless they already wait in the queue."""
    _one_job_each(RUN_JOB, "work_id", job_ids)


def _one_job_each(task: str, argument: str, ids: Iterable[int], *, lock: str = "") -> None:
    arguments: dict[str, Any] = {
        "queue": QUEUE,
        "task": task,
        "lock": lock or task,
        "priority": PRIORITIES[task],
        "in_line": IN_LINE,
        "argument": argument,
        "ids": list(ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(ONE_JOB_EACH, arguments)


def discover_soon(customer_id: int) -> None:
    """Enqueues the discovery of a customer's Planfix account, unless one already waits."""
    one_job_each(DISCOVER_ACCOUNT, [customer_id])


def look_up_soon(call_id: int) -> None:
    """Enqueues a lookup of one call in Ringostat's call list, unless one already waits."""
    _one_job_each(LOOK_UP_CALL, "call_id", [call_id])


def catch_up_soon(customer_ids: Iterable[int]) -> None:
    one_job_each(CATCH_UP, customer_ids)
