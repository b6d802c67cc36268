"""Deletes personal data that is older than the customer keeps it (retention_days). Calls stay.

Works in short transactions. It may be killed at any time and started again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import QuerySet

from integrations.models import (
    CallHistory,
    ContactClaim,
    Customer,
    PlanfixRequest,
    ReadBack,
    RoutingAnswer,
    WebhookEvent,
)
from integrations.services.account_traits import forget_unused_traits
from integrations.services.contacts.creation_limit import forget_old_counts
from integrations.services.database import database_time
from integrations.services.directory.accounts import forget_unused_directories
from integrations.services.privacy.monthly_partitions import update_partitions
from integrations.services.queue.background import forget_old_dry_runs, forget_old_jobs
from integrations.services.queue.job_files import delete_expired_files

log = structlog.get_logger(__name__)

BATCH = 5000
LINKS_BATCH = 500
"""Smaller, because the events of a call wait while the call is updated."""
MOST_DAYS = 36_500
"""No data is older. With more days, the date would lie before the year 1, which Python cannot represent."""
CLAIMS_ARE_KEPT = timedelta(days=1)
"""How long expired claims stay: a search that began before they expired must still see them."""


def prune_all(*, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Deletes each customer's data older than its retention_days (0 keeps all), and expired data of all customers."""
    update_partitions()
    forget_old_dry_runs()
    forget_old_jobs()
    forget_unused_traits()
    forget_unused_directories()
    delete_expired_files()
    forget_old_counts()
    ContactClaim.objects.filter(held_until__lt=database_time() - CLAIMS_ARE_KEPT).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    Session.objects.filter(expire_date__lt=database_time()).delete()  # of releases up to 0.1
    for customer in Customer.objects.filter(retention_days__gt=0).order_by("pk"):
        prune(customer, days=customer.retention_days, should_stop=should_stop)


def prune(customer: Customer, *, days: int, should_stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Deletes events, Planfix requests, call history and routing answers older than `days`. Also deletes the recording
    links of older calls, the differences of older read-backs, and the names of clients whose last call is older.

    Returns the number of each.
    """
    # The database's clock: a worker whose clock is ahead must not delete young data.
    before = database_time() - timedelta(days=min(days, MOST_DAYS))
    events = WebhookEvent.objects.filter(customer=customer, received_at__lt=before)
    requests = PlanfixRequest.objects.filter(customer=customer, sent_at__lt=before)
    history = CallHistory.objects.filter(call__customer=customer, at__lt=before)
    answers = RoutingAnswer.objects.filter(customer=customer, asked_at__lt=before)
    done = {
        "events": _repeated(lambda: delete_some(events, BATCH), BATCH, should_stop),
        "planfix_requests": _repeated(lambda: delete_some(requests, BATCH), BATCH, should_stop),
        "history": _repeated(lambda: delete_some(history, BATCH), BATCH, should_stop),
        "routing_answers": _repeated(lambda: delete_some(answers, BATCH), BATCH, should_stop),
        "client_names": _repeated(lambda: _forget_some_names(customer, before), BATCH, should_stop),
        "read_backs": _forget_differences(customer, before),
        "recording_links": _repeated(lambda: _forget_some_links(customer, before), LINKS_BATCH, should_stop),
    }
    if any(done.values()):
        log.info("pruned", customer_id=customer.pk, days=days, **done)
    return done


def _repeated(some: Callable[[], int], batch: int, should_stop: Callable[[], bool]) -> int:
    """Calls `some` until it does less than a full batch. Returns the total."""
    total = 0
    while not should_stop():
        done = some()
        total += done
        if done < batch:
            break
    return total


def delete_some(rows: QuerySet[Any], count: int) -> int:
    """Deletes at most `count` of these rows in one transaction. Returns how many."""
    some = list(rows.order_by().values_list("pk", flat=True)[:count])
    rows.model._default_manager.filter(pk__in=some).delete()
    return len(some)


def _forget_some_links(customer: Customer, before: datetime) -> int:
    """Deletes one batch of recording links. Skips locked calls and calls that are not delivered yet.

    Uses the index `call_with_recording_link`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_call SET facts = facts #- '{facts,recording_url}'
             WHERE id IN (
                   SELECT id FROM integrations_call
                    WHERE customer_id = %s AND started_at < %s AND due_at IS NULL
                      AND (facts -> 'facts') ? 'recording_url'
                    LIMIT %s
                      FOR NO KEY UPDATE SKIP LOCKED)
            """,
            [customer.pk, before, LINKS_BATCH],
        )
        return int(cursor.rowcount)


def _forget_some_names(customer: Customer, before: datetime) -> int:
    """Deletes one batch of client names. The contact stays remembered, so that its next call needs no search.

    Uses the index `calls_by_number`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_rememberedcontact SET name = ''
             WHERE id IN (
                   SELECT id FROM integrations_rememberedcontact AS remembered
                    WHERE customer_id = %(customer)s AND name <> ''
                      AND NOT EXISTS (
                          SELECT FROM integrations_call
                           WHERE client_number = remembered.number AND customer_id = %(customer)s
                             AND started_at >= %(before)s)
                    LIMIT %(batch)s
                      FOR UPDATE SKIP LOCKED)
            """,
            {"customer": customer.pk, "before": before, "batch": BATCH},
        )
        return int(cursor.rowcount)


def _forget_differences(customer: Customer, before: datetime) -> int:
    """Deletes the differing values of old read-backs, which are personal data. Keeps whether each call was verified."""
    old = ReadBack.objects.filter(customer=customer, read_at__lt=before).exclude(differences=[])
    return old.update(differences=[])
