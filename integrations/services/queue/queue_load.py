"""Measures the queue: how many jobs wait, for how long, and how many workers live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import IntegerField
from django.db.models.expressions import RawSQL

from integrations.services.queue.sql import LAST_PERIODIC_RUNS, LIVE_WORKERS, WAITING_JOBS, WORKERS_LAST_SEEN


@dataclass(frozen=True, kw_only=True)
class QueueLoad:
    waiting_jobs: int
    oldest_job_seconds: float
    """How long the oldest waiting job has waited; 0 when none waits."""
    workers: int
    """Those that sent a heartbeat in the last 30 seconds."""


def queue_load() -> QueueLoad:
    with connection.cursor() as cursor:
        cursor.execute(WAITING_JOBS)
        waiting, oldest = cursor.fetchone()
    return QueueLoad(waiting_jobs=waiting, oldest_job_seconds=float(oldest), workers=live_workers())


def live_workers() -> int:
    """The number of workers that sent a heartbeat in the last 30 seconds."""
    with connection.cursor() as cursor:
        cursor.execute(LIVE_WORKERS)
        return int(cursor.fetchone()[0])


def live_workers_column() -> RawSQL:
    """live_workers() as a column of another query, which PostgreSQL computes once for all rows."""
    return RawSQL(f"({LIVE_WORKERS})", [], IntegerField())  # noqa: S611 - a constant


def worker_last_seen() -> datetime | None:
    """The newest heartbeat; None if no worker is registered."""
    with connection.cursor() as cursor:
        cursor.execute(WORKERS_LAST_SEEN)
        seen: datetime | None = cursor.fetchone()[0]
    return seen


def last_periodic_runs() -> Mapping[str, datetime]:
    """When each periodic job was last enqueued, by its name."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_PERIODIC_RUNS)
        return dict(cursor.fetchall())
