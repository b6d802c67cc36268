"""Measures the queue: how many jobs wait, for how long, and how many workers live."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from integrations.services.queue.sql import LIVE_WORKERS, WAITING_JOBS


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
