"""The sweep: which customers get a delivery job, and which jobs it releases."""

from __future__ import annotations

import json
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django import app

from integrations.services.queue.defer import (
    CATCH_UP,
    CHECK_ACCESS,
    CLOSE_STALE_CALLS,
    DELIVER_CALLS,
    IN_LINE,
    LOCK_SPACE,
    RUN_JOB,
    deliver_soon,
    free_jobs_of_dead_workers,
    one_job_each,
    wake_customers,
    wake_jobs,
)

pytestmark = pytest.mark.django_db


def jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock, status FROM procrastinate_jobs ORDER BY id")
        return [(lock, status) for lock, status in cursor.fetchall()]


@pytest.mark.django_db
def test_sweep_enqueues_one_delivery_job_per_customer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.services.queue.defer.WOKEN_AT_ONCE", 2)
    deliver_soon(2)
    for _ in range(2):
        wake_customers([1, 2, 3, 4, 5])

    assert sorted(jobs()) == [(f"customer:{number}", "todo") for number in range(1, 6)]


@pytest.fixture
def backlog() -> range:
    """Customers with more due calls than one thread can deliver."""
    customers = range(1, 11)
    wake_customers(customers)
    return customers


def take_jobs(count: int) -> list[str]:
    """Names of the next jobs that a worker does, one after the other, while each delivery has another one to follow."""
    names = []
    with connection.cursor() as cursor:
        for _ in range(count):
            cursor.execute("SELECT id, task_name, args FROM procrastinate_fetch_job_v2(NULL, NULL)")
            number, name, arguments = cursor.fetchone()
            names.append(name)
            if name == DELIVER_CALLS:
                deliver_soon(json.loads(arguments)["customer_id"])
            cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'succeeded', true)", [number])
    return names


@pytest.mark.django_db
def test_background_job_starts_before_any_delivery_backlog(backlog: range) -> None:
    wake_jobs([1])

    assert take_jobs(1) == [RUN_JOB]


@pytest.mark.django_db
def test_access_check_of_a_paused_customer_runs_after_the_earlier_backlog(backlog: range) -> None:
    one_job_each(CHECK_ACCESS, [99])

    assert take_jobs(len(backlog) + 1).index(CHECK_ACCESS) == len(backlog)


@pytest.mark.django_db
@pytest.mark.parametrize(("task", "asked"), [(CATCH_UP, 6), (CLOSE_STALE_CALLS, 1)])
def test_call_list_job_runs_after_deliveries_but_does_not_starve(backlog: range, task: str, asked: int) -> None:
    one_job_each(task, [99])
    for _ in range(asked):
        assert task not in take_jobs(2 * len(backlog))
        one_job_each(task, [99])

    assert task in take_jobs(len(backlog) + 1)


@pytest.mark.django_db
def test_sweep_runs_before_all_waiting_jobs() -> None:
    assert app.tasks["sweep"].priority > IN_LINE


@pytest.mark.django_db(transaction=True)
def test_stalled_webhook_transaction_does_not_block_other_customers() -> None:
    with psycopg.connect(**connection.get_connection_params()) as webhook:
        webhook.execute("SELECT pg_advisory_xact_lock_shared(%s, 1)", [LOCK_SPACE])
        wake_customers([1, 2])

    assert jobs() == [("customer:2", "todo")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("silence", "is_freed"), [(timedelta(seconds=5), False), (timedelta(seconds=11), True), (None, True)]
)
def test_jobs_of_silent_or_forgotten_workers_are_released(silence: timedelta | None, is_freed: bool) -> None:
    deliver_soon(1)
    deliver_soon(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s) RETURNING id",
            [silence or timedelta()],
        )
        worker = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE lock = 'customer:1'", [worker]
        )
        if silence is None:
            cursor.execute("DELETE FROM procrastinate_workers WHERE id = %s", [worker])

    free_jobs_of_dead_workers(10)

    assert (("customer:1", "doing") in jobs()) is not is_freed
    assert ("customer:2", "todo") in jobs()
