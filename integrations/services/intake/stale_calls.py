"""Handles calls without a final event: looks them up in Ringostat's call list, and closes them after a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Now

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer
from integrations.services.database import database_time
from integrations.services.intake.call_list import AROUND
from integrations.services.intake.catch_up import Window, catch_up
from integrations.services.queue.defer import CLOSE_STALE_CALLS, one_job_each

log = structlog.get_logger(__name__)

ASKED_AFTER = timedelta(hours=3)
"""Age at which a call is looked up. Not earlier: a call may last for hours, and catching up completes most others."""

CLOSED_AFTER = timedelta(hours=24)
LONGEST_WINDOW = timedelta(hours=48)
"""The longest period of the call list to read. A call may report an impossible start, years ago."""

BATCH = 500


def close_all_stale_calls() -> None:
    """Enqueues one job for each customer with stale calls."""
    one_job_each(CLOSE_STALE_CALLS, _stale(ASKED_AFTER).order_by().values_list("customer_id", flat=True).distinct())


def close_stale_calls(customer_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Reads the call list around the customer's stale calls, if the customer has an Auth-key. Closes calls that are
    still open after a day. A later final event makes them due again.
    """
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        return
    window = _window(_stale(ASKED_AFTER).filter(customer=customer))
    if window and customer.ringostat_auth_key:
        catch_up(customer, window=window, should_stop=should_stop)
    closed = _close(_stale(CLOSED_AFTER).filter(customer=customer))
    if closed:
        log.info("calls closed without a final event", customer_id=customer_id, calls=closed)


def _stale(age: timedelta) -> QuerySet[Call]:
    """Calls of this age without a final event. Uses the index `call_in_progress`."""
    return Call.objects.filter(state=CallState.IN_PROGRESS, received_at__lt=Now() - age)


def _window(calls: QuerySet[Call]) -> Window | None:
    """The window around the starts of these calls. None if all of them are older than LONGEST_WINDOW."""
    now = database_time()
    earliest = now - LONGEST_WINDOW
    began = calls.filter(started_at__range=(earliest, now)).aggregate(first=Min("started_at"), last=Max("started_at"))
    if not began["first"]:
        return None
    return Window(start=began["first"] - AROUND, end=began["last"] + AROUND)


def _close(calls: QuerySet[Call]) -> int:
    """Closes the calls in batches, so that no webhook waits long for a row's lock. Returns the number of calls."""
    closed = 0
    while call_ids := list(calls.values_list("pk", flat=True)[:BATCH]):
        # Checks the state again: a final event may have arrived between the two queries.
        still_open = Call.objects.filter(pk__in=call_ids, state=CallState.IN_PROGRESS)
        closed += still_open.update(state=CallState.SKIPPED, reason=Reason.NO_FINAL_EVENT, finished_at=Now())
    return closed
