"""Stores the progress of a background job for pages to show, and extends the worker's hold on the job."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.models import BackgroundJob, Customer
from integrations.services.clients.rate_limit import acquire_read_slot
from integrations.services.database import release_connection

STORE_SECONDS = 0.5
"""Time between two writes. Pages ask once a second, so they would not see more."""

LEASE = timedelta(seconds=30)
"""How long a worker holds a job after each write. If a step takes longer, the job's lock in the queue still keeps other
workers away, unless the worker counts as dead.
"""


class Stopped(Exception):
    """The worker must stop, or another worker has taken over the job. Another worker does the rest."""


class CannotBeDone(Exception):
    """The job cannot be done. The message tells a specialist why."""


def held(job: BackgroundJob) -> QuerySet[BackgroundJob]:
    """The job's row while the caller holds the job; no row once another worker has taken it over."""
    return BackgroundJob.objects.filter(pk=job.pk, holder=job.holder)


class Progress:
    """Counts the finished steps of a job, and extends the worker's hold on the job."""

    def __init__(self, job: BackgroundJob, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._job = job
        self.should_stop = should_stop
        self._stored_at = 0.0

    def expect(self, total: int) -> None:
        """Starts to count from 0 towards `total`. Raises Stopped."""
        self._job.done, self._job.total = 0, total
        self._store()

    def add(self, count: int = 1) -> None:
        """Adds `count` finished steps. Raises Stopped, so call it where the job may be interrupted."""
        self._job.done += count
        if time.monotonic() - self._stored_at >= STORE_SECONDS:
            self._store()
        if self.should_stop():
            raise Stopped

    def acquire_slot(self, customer: Customer, seconds: float) -> None:
        """Blocks until a request to the customer's account may be sent, then holds the job for the `seconds` that the
        request may take. Raises Stopped when another worker has taken the job over.
        """
        acquire_read_slot(customer, seconds)
        self._hold(LEASE + timedelta(seconds=seconds))
        release_connection()

    def _store(self) -> None:
        self._hold(LEASE, done=self._job.done, total=self._job.total)
        self._stored_at = time.monotonic()

    def _hold(self, lease: timedelta, **columns: Any) -> None:
        if not held(self._job).update(held_until=Now() + lease, **columns):
            raise Stopped
