"""What the sweep does to the queue: whom it wakes, and whose jobs it frees."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from integrations.services.jobs import LOCK_SPACE, deliver_soon, free_jobs_of_dead_workers, wake


@pytest.fixture(autouse=True)
def _empty_queue(db: None) -> None:
    """Jobs of earlier tests, whose customers are gone, may still stand in it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


def jobs() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock, status FROM procrastinate_jobs ORDER BY id")
        return [(lock, status) for lock, status in cursor.fetchall()]


@pytest.mark.django_db
def test_each_customer_is_woken_by_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.services.jobs.WOKEN_AT_ONCE", 2)
    deliver_soon(2)
    for _ in range(2):
        wake([1, 2, 3, 4, 5])

    assert sorted(jobs()) == [(f"customer:{number}", "todo") for number in range(1, 6)]


@pytest.mark.django_db(transaction=True)
def test_a_webhook_that_stands_still_in_its_transaction_holds_up_nobody_elses_calls() -> None:
    with psycopg.connect(**connection.get_connection_params()) as webhook:
        webhook.execute("SELECT pg_advisory_xact_lock_shared(%s, 1)", [LOCK_SPACE])
        wake([1, 2])

    assert jobs() == [("customer:2", "todo")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("silence", "is_freed"), [(timedelta(seconds=5), False), (timedelta(seconds=11), True), (None, True)]
)
def test_jobs_of_workers_that_are_silent_or_forgotten_are_freed(silence: timedelta | None, is_freed: bool) -> None:
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
