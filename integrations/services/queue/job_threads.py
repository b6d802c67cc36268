"""Takes jobs from the queue and runs them in threads of this process. Does not know what they do.

Procrastinate's own loop takes, runs and ends each job in asyncio tasks. That costs as much processor time as the
delivery of a call. Here a thread ends its job and takes the next one in one statement, and one more thread listens for
new jobs.
"""

from __future__ import annotations

import json
import math
import select
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from django.db import DatabaseError
from procrastinate.contrib.django.utils import connector_params

from integrations.services.database import release_connection, run_prepared
from integrations.services.queue.sql import END_JOB, HEAR_OF_JOBS, NEXT_JOB, TAKE_JOB

log = structlog.get_logger(__name__)

POLLING_SECONDS = 1.0
"""How often to look for jobs without a notification. It covers a job that waited for its customer's previous job, and a
lost notification.
"""
STOPPING_SECONDS = 0.2
"""How often a waiting worker checks whether it must stop."""


@dataclass(frozen=True, kw_only=True)
class QueuedJob:
    """A job that this process has taken. `task`: its name."""

    number: int
    task: str
    arguments: Mapping[str, Any]


class JobThreads:
    """Runs jobs in `concurrency` threads, as the registered worker `worker_id`. Long jobs check `stopping`."""

    def __init__(
        self, *, worker_id: int, concurrency: int, run: Callable[[QueuedJob], None], stopping: threading.Event
    ) -> None:
        self._worker = {"worker": worker_id}
        self._concurrency = concurrency
        self._run = run
        self._stopping = stopping
        self._free = threading.Semaphore(concurrency)
        self._announced = 0

    def stop(self) -> None:
        """Makes work() return when the open jobs have ended."""
        self._stopping.set()

    def work(self) -> None:
        """Runs jobs until stop(), or until the database is lost, and waits for the open ones. Raises psycopg.Error."""
        parameters = connector_params() | {"autocommit": True}
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="job") as threads:
            try:
                with psycopg.connect(**parameters) as queue:
                    queue.add_notify_handler(self._note_announced)
                    queue.execute(HEAR_OF_JOBS)
                    self._take_jobs(queue, threads)
            finally:
                self._stopping.set()

    def _take_jobs(self, queue: psycopg.Connection[Any], threads: Executor) -> None:
        looks = math.inf
        while not self._stopping.is_set():
            if not self._free.acquire(timeout=STOPPING_SECONDS):
                continue  # Each busy thread takes the next job itself.
            if self._stopping.is_set():
                return
            job = _job_of(queue.execute(TAKE_JOB, self._worker, prepare=True).fetchall())
            if job:
                threads.submit(self._run_and_take_next, job)
            else:
                self._free.release()
            looks = looks - 1 if job else 0
            if looks == 0:
                looks = self._looks_after_waiting(queue)

    def _looks_after_waiting(self, queue: psycopg.Connection[Any]) -> float:
        """Waits for new jobs. Returns how many to take: as many as were announced, or all after POLLING_SECONDS."""
        until = time.monotonic() + POLLING_SECONDS
        while not self._announced and not self._stopping.is_set() and time.monotonic() < until:
            readable, _, _ = select.select([queue], [], [], STOPPING_SECONDS)
            if readable:
                queue.execute("")  # reads the notifications
        announced, self._announced = self._announced, 0
        return announced or math.inf

    def _note_announced(self, _: psycopg.Notify) -> None:
        self._announced += 1

    def _run_and_take_next(self, first: QueuedJob) -> None:
        job: QueuedJob | None = first
        try:
            while job:
                self._run_one(job)
                job = self._end(job)
        except DatabaseError as error:
            # While this worker is registered, the job counts as running and blocks its customer's next job. So stop.
            log.warning("job could not be ended", error=repr(error))
            self.stop()
        finally:
            release_connection()
            self._free.release()

    def _run_one(self, job: QueuedJob) -> None:
        try:
            self._run(job)
        except Exception:
            log.exception("job failed", task=job.task, **job.arguments)

    def _end(self, job: QueuedJob) -> QueuedJob | None:
        """Ends the job. Takes the next one and returns it, unless the worker must stop."""
        statement = END_JOB if self._stopping.is_set() else NEXT_JOB
        rows = run_prepared(statement, {"job": job.number} | self._worker)
        release_connection()
        ended = rows[0][0] if rows else 0
        if not ended:
            log.warning("another worker has freed the job meanwhile", task=job.task, **job.arguments)
        return _job_of([row[1:] for row in rows])


def _job_of(rows: list[tuple[Any, ...]]) -> QueuedJob | None:
    if not rows or not rows[0] or rows[0][0] is None:
        return None
    number, task, arguments = rows[0]
    return QueuedJob(number=number, task=task, arguments=json.loads(arguments))
