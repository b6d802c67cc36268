"""Forgets personal data after the customer's number of days. The calls stay. Knows nothing of single phone numbers.

Everything happens in short transactions, each of which leaves less to do: it may be killed at any time and started
again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.db.models import QuerySet

from integrations.models import ContactClaim, Customer, PlanfixRequest, WebhookEvent
from integrations.services.database import database_time
from integrations.services.queue.background import forget_old_dry_runs, forget_old_jobs

log = structlog.get_logger(__name__)

BATCH = 5000
LINKS_BATCH = 500
"""Fewer: these are calls, and an event of a call waits while the call is changed."""
CLAIMS_ARE_KEPT = timedelta(days=1)
"""Beyond their time: who searched before they ran out must still see them."""


def prune_all(*, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Prunes every customer by its own days; those with 0 keep everything but what was only tried out."""
    forget_old_dry_runs()
    forget_old_jobs()
    ContactClaim.objects.filter(held_until__lt=database_time() - CLAIMS_ARE_KEPT).delete()
    SessionStore.clear_expired()
    for customer in Customer.objects.filter(retention_days__gt=0).order_by("pk"):
        prune(customer, days=customer.retention_days, should_stop=should_stop)


def prune(customer: Customer, *, days: int, should_stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Deletes events and Planfix requests that are older than so many days, and forgets the recording links of calls
    that are.

    Returns how many of each.
    """
    # A worker whose own clock is ahead must not forget what is young.
    before = database_time() - timedelta(days=days)
    events = WebhookEvent.objects.filter(customer=customer, received_at__lt=before)
    requests = PlanfixRequest.objects.filter(customer=customer, sent_at__lt=before)
    done = {
        "events": _repeated(lambda: delete_some(events, BATCH), BATCH, should_stop),
        "planfix_requests": _repeated(lambda: delete_some(requests, BATCH), BATCH, should_stop),
        "recording_links": _repeated(lambda: _forget_some_links(customer, before), LINKS_BATCH, should_stop),
    }
    if any(done.values()):
        log.info("pruned", customer_id=customer.pk, days=days, **done)
    return done


def _repeated(some: Callable[[], int], batch: int, should_stop: Callable[[], bool]) -> int:
    """Does a batch after the other until one is not full."""
    total = 0
    while not should_stop():
        done = some()
        total += done
        if done < batch:
            break
    return total


def delete_some(rows: QuerySet[Any], count: int) -> int:
    """Deletes at most so many of these rows, in one transaction. Returns how many."""
    some = list(rows.order_by().values_list("pk", flat=True)[:count])
    rows.model._default_manager.filter(pk__in=some).delete()
    return len(some)


def _forget_some_links(customer: Customer, before: datetime) -> int:
    """Found by the index `call_with_recording_link`. A call in hand is passed over, and one that is yet to be delivered
    needs its link.
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
