"""Keeps background jobs: enqueues them, lists those that nobody runs, and gives each to one worker at a time. Knows
nothing of what they do.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.queue.defer import wake_jobs
from integrations.services.queue.progress import LEASE


def enqueue(
    kind: BackgroundJobKind,
    *,
    customer: Customer | None = None,
    by: User | AnonymousUser | None = None,
    **arguments: Any,
) -> BackgroundJob:
    """Stores the job and wakes a worker for it. Returns the same job when it already waits or runs."""
    with transaction.atomic():
        same = BackgroundJob.objects.filter(kind=kind, customer=customer, arguments=arguments, finished_at=None).first()
        asked_by = by.pk if by else None
        job = same or BackgroundJob.objects.create(
            kind=kind, customer=customer, arguments=arguments, asked_by_id=asked_by
        )
        wake_jobs([job.pk])
    return job


def unfinished_jobs() -> list[int]:
    """The jobs that nobody runs: the sweep wakes them, in case the queue lost them."""
    return list(_free().order_by("asked_at").values_list("pk", flat=True))


def take(job_id: int) -> BackgroundJob | None:
    """The job, held for the caller; None if it is finished or another worker's. Of several callers one gets it."""
    holder = uuid.uuid4()
    now = Now()
    _free().filter(pk=job_id).update(holder=holder, held_until=now + LEASE, started_at=Coalesce("started_at", now))
    return BackgroundJob.objects.select_related("customer").filter(pk=job_id, holder=holder).first()


def _free() -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(finished_at=None).exclude(held_until__gt=Now())
