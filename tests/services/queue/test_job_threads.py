"""Threads take jobs, end them and take the next ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from integrations.services.queue import job_threads
from integrations.services.queue.defer import deliver_soon
from integrations.services.queue.job_threads import JobThreads, QueuedJob

pytestmark = pytest.mark.django_db(transaction=True)

WAIT_SECONDS = 30


@pytest.fixture
def worker_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        return int(cursor.fetchone()[0])


@contextmanager
def running(worker_id: int, run: Callable[[QueuedJob], None], *, concurrency: int = 2) -> Iterator[JobThreads]:
    threads = JobThreads(worker_id=worker_id, concurrency=concurrency, run=run, stopping=threading.Event())
    working = threading.Thread(target=threads.work)
    working.start()
    try:
        yield threads
    finally:
        threads.stop()
        working.join(WAIT_SECONDS)
        assert not working.is_alive()


def jobs() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs ORDER BY id")
        return [status for (status,) in cursor.fetchall()]


def test_each_job_runs_once_with_its_arguments_and_is_deleted(worker_id: int) -> None:
    seen: list[int] = []
    all_seen = threading.Event()

    def run(job: QueuedJob) -> None:
        seen.append(job.arguments["customer_id"])
        if len(seen) == 5:
            all_seen.set()

    for customer_id in range(5):
        deliver_soon(customer_id)
    with running(worker_id, run):
        assert all_seen.wait(WAIT_SECONDS)

    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert jobs() == []


def test_a_job_that_waits_for_its_customers_job_starts_when_that_one_ends(
    worker_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two jobs of one customer never run at once, and no polling is needed for the second one."""
    monkeypatch.setattr(job_threads, "POLLING_SECONDS", 10 * WAIT_SECONDS)
    first_runs, second_waits, second_runs = threading.Event(), threading.Event(), threading.Event()
    at_once: list[int] = []
    open_jobs = 0

    def run(job: QueuedJob) -> None:
        nonlocal open_jobs
        open_jobs += 1
        at_once.append(open_jobs)
        if not first_runs.is_set():
            first_runs.set()
            second_waits.wait(WAIT_SECONDS)
        else:
            second_runs.set()
        open_jobs -= 1

    deliver_soon(1)
    with running(worker_id, run):
        assert first_runs.wait(WAIT_SECONDS)
        deliver_soon(1)
        assert jobs() == ["doing", "todo"]
        second_waits.set()
        assert second_runs.wait(WAIT_SECONDS)

    assert at_once == [1, 1]
    assert jobs() == []


def test_job_after_a_failing_job_runs(worker_id: int) -> None:
    second_runs = threading.Event()

    def run(job: QueuedJob) -> None:
        if job.arguments["customer_id"] == 1:
            raise ValueError
        second_runs.set()

    deliver_soon(1)
    deliver_soon(2)
    with running(worker_id, run, concurrency=1):
        assert second_runs.wait(WAIT_SECONDS)

    assert jobs() == []


def test_stopping_waits_for_the_running_job_and_starts_no_other(worker_id: int) -> None:
    runs, may_end = threading.Event(), threading.Event()

    def run(job: QueuedJob) -> None:
        runs.set()
        may_end.wait(WAIT_SECONDS)

    deliver_soon(1)
    with running(worker_id, run, concurrency=1) as threads:
        assert runs.wait(WAIT_SECONDS)
        deliver_soon(2)
        threads.stop()
        may_end.set()

    assert jobs() == ["todo"]


def test_a_job_that_another_worker_has_freed_is_not_ended_twice(worker_id: int) -> None:
    first_runs, may_end, second_runs = threading.Event(), threading.Event(), threading.Event()

    def run(job: QueuedJob) -> None:
        if job.arguments["customer_id"] == 2:
            second_runs.set()
            return
        first_runs.set()
        may_end.wait(WAIT_SECONDS)

    deliver_soon(1)
    with running(worker_id, run, concurrency=1):
        assert first_runs.wait(WAIT_SECONDS)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        deliver_soon(2)
        may_end.set()
        assert second_runs.wait(WAIT_SECONDS)

    assert jobs() == []
