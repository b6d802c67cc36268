"""Puts work into the queue by name. Knows nothing of what the jobs do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

DELIVER_CALLS = "deliver_calls"
CATCH_UP = "catch_up"
CHECK_ACCESS = "check_access"
CLOSE_STALE_CALLS = "settle_stale_calls"
DISCOVER_ACCOUNT = "discover_account"
LOOK_UP_CALL = "look_up_call"
RUN_JOB = "carry_out"
QUEUE = "default"

AHEAD, IN_LINE = 1, 0
"""A worker takes the job of the highest priority, and of those the oldest. Deliveries stand in line, and a customer
with many calls comes back to its end. Ahead of them goes what a person waits for, and what is short and for everybody.
"""
PRIORITIES = {
    RUN_JOB: AHEAD,
    CHECK_ACCESS: IN_LINE,
    DISCOVER_ACCOUNT: IN_LINE,
    LOOK_UP_CALL: -1,
    CATCH_UP: -6,
    CLOSE_STALE_CALLS: -1,
}
"""Calls wait for an access check and for a discovery, so these stand in line as the calls would. Reading call lists
comes behind all calls, as Ringostat may be slow for everybody at once; but each time that it is asked for while it
still waits, it gains one. In a backlog without an end it is in line after half an hour (asked for every five minutes)
or an hour.
"""
LOCK_SPACE = 0x52464958
"""Keeps our advisory locks apart from anybody else's in the same database (the letters RFIX)."""


def lock_of(customer_id: int) -> str:
    return f"customer:{customer_id}"


DELIVER_SOON = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
SELECT %(job_queue)s, %(job_task)s, %(job_lock)s, %(job_lock)s, %(job_args)s
  FROM (SELECT pg_advisory_xact_lock_shared(%(job_lock_space)s, %(job_lock_number)s)) AS held
 {condition}
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"""
"""See deliver_soon(), whose statement it is; it may also be a part of another one, with the same arguments."""


def delivery_job(customer_id: int) -> dict[str, Any]:
    """The arguments of DELIVER_SOON."""
    return {
        "job_queue": QUEUE,
        "job_task": DELIVER_CALLS,
        "job_lock": lock_of(customer_id),
        "job_args": json.dumps({"customer_id": customer_id}),
        "job_lock_space": LOCK_SPACE,
        "job_lock_number": customer_id % 2**31,
    }


def deliver_soon(customer_id: int) -> None:
    """Makes sure that a job waits which will see this transaction's calls. At most one job per customer waits.

    One statement instead of Procrastinate's defer(), for two reasons. A second waiting job is the normal case here,
    not an error that costs a savepoint. And the shared lock, which the job takes exclusively before it looks for
    calls, makes a waiting job that we rely on wait for our commit: otherwise it could start, find nothing, and end
    between our look at the queue and our commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(DELIVER_SOON.format(condition=""), delivery_job(customer_id))


WAKE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)
SELECT %(queue)s, %(task)s, lock, lock, jsonb_build_object('customer_id', id)
  FROM unnest(%(ids)s::bigint[], %(locks)s::text[]) AS customer (id, lock)
 WHERE pg_try_advisory_xact_lock(%(lock_space)s, mod(id, 2147483648)::integer)
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"""
WOKEN_AT_ONCE = 1000
"""The database has room for some 6,000 locks of all its sessions together."""


def wake_customers(customer_ids: Sequence[int]) -> None:
    """deliver_soon() for many customers, whose calls are committed. Waits for none of them.

    Where somebody has the lock, the customer is left out: it is a transaction that sees to a job itself, or a job that
    is about to look for calls. A web process that stands still in the midst of a transaction thus holds up nobody else.
    """
    for start in range(0, len(customer_ids), WOKEN_AT_ONCE):
        ids = list(customer_ids[start : start + WOKEN_AT_ONCE])
        arguments: dict[str, Any] = {"ids": ids, "locks": [lock_of(customer_id) for customer_id in ids]}
        with connection.cursor() as cursor:
            cursor.execute(WAKE, {"queue": QUEUE, "task": DELIVER_CALLS, "lock_space": LOCK_SPACE, **arguments})


def free_jobs_of_dead_workers(seconds: float) -> None:
    """Deletes the jobs in hand of workers that have not been heard of for so long. In one statement: jobs that end
    meanwhile are no error.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM procrastinate_jobs AS job
             WHERE status = 'doing'
               AND NOT EXISTS (SELECT FROM procrastinate_workers AS worker
                                WHERE worker.id = job.worker_id
                                  AND worker.last_heartbeat > now() - make_interval(secs => %s))
            """,
            [seconds],
        )


def one_job_each(task: str, customer_ids: Iterable[int]) -> None:
    """Puts one job of this task per customer into the queue, unless one waits there already, so that a slow answer
    for one customer holds up no other.
    """
    _one_job_each(task, "customer_id", customer_ids)


def wake_jobs(work_ids: Iterable[int]) -> None:
    """Puts a job for each of these pieces of long work into the queue, unless one waits there already."""
    _one_job_each(RUN_JOB, "work_id", work_ids)


def _one_job_each(task: str, argument: str, ids: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO procrastinate_jobs AS job (queue_name, task_name, priority, lock, queueing_lock, args)
            SELECT %(queue)s, %(task)s, %(priority)s, %(task)s || ':' || id, %(task)s || ':' || id,
                   jsonb_build_object(%(argument)s::text, id)
              FROM unnest(%(ids)s::bigint[]) AS id
             ORDER BY id
            ON CONFLICT (queueing_lock) WHERE status = 'todo'
            DO UPDATE SET priority = job.priority + 1 WHERE job.priority < %(in_line)s
            """,
            {
                "queue": QUEUE,
                "task": task,
                "priority": PRIORITIES[task],
                "in_line": IN_LINE,
                "argument": argument,
                "ids": list(ids),
            },
        )


def discover_soon(customer_id: int) -> None:
    """Enqueues the discovery of a customer's Planfix account, unless one waits there already."""
    one_job_each(DISCOVER_ACCOUNT, [customer_id])


def look_up_soon(call_id: int) -> None:
    """Enqueues a look at Ringostat's call list for one call, unless one waits there already."""
    _one_job_each(LOOK_UP_CALL, "call_id", [call_id])


def catch_up_soon(customer_ids: Iterable[int]) -> None:
    one_job_each(CATCH_UP, customer_ids)


def wait_for_intake(customer_id: int) -> None:
    """Returns when every transaction that relied on the running job to deliver its calls has ended. Outside a
    transaction.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_SPACE, customer_id % 2**31])
