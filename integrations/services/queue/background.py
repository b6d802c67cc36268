"""Enqueues background jobs, gives each to one worker at a time, and deletes old ones. Does not know what they do."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now

from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.queue.defer import wake_jobs
from integrations.services.queue.progress import LEASE

KEPT_FOR = timedelta(days=90)
DRY_RUN_KEPT_FOR = timedelta(days=1)


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
    """The ids of the jobs that no worker runs. The sweep wakes them, in case the queue lost them."""
    return list(_free().order_by("asked_at").values_list("pk", flat=True))


def newest_unfinished(customer: Customer, *kinds: BackgroundJobKind) -> BackgroundJob | None:
    """The customer's newest job of these kinds that waits or runs."""
    return customer.background_jobs.filter(kind__in=kinds, finished_at=None).order_by("pk").last()


def take(job_id: int) -> BackgroundJob | None:
    """Takes the job for the caller. Returns None if it is finished or another worker holds it.

    Of several callers at the same time, one gets it.
    """
    holder = uuid.uuid4()
    now = Now()
    _free().filter(pk=job_id).update(holder=holder, held_until=now + LEASE, started_at=Coalesce("started_at", now))
    return BackgroundJob.objects.select_related("customer").filter(pk=job_id, holder=holder).first()


def is_among_first(job: BackgroundJob, count: int) -> bool:
    """Tells whether fewer than `count` earlier jobs of the same kind are running."""
    earlier = BackgroundJob.objects.filter(kind=job.kind, pk__lt=job.pk, finished_at=None, held_until__gt=Now())
    return earlier.count() < count


def forget_old_jobs() -> None:
    """Deletes jobs that finished KEPT_FOR ago. Their results remain in the calls and in the audit log."""
    BackgroundJob.objects.filter(finished_at__lt=Now() - KEPT_FOR).delete()


def forget_old_dry_runs() -> None:
    """Deletes dry runs that finished DRY_RUN_KEPT_FOR ago: their results hold personal data."""
    BackgroundJob.objects.filter(kind=BackgroundJobKind.DRY_RUN, finished_at__lt=Now() - DRY_RUN_KEPT_FOR).delete()


def _free() -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(finished_at=None).exclude(held_until__gt=Now())
