"""The status of each customer: its worst current problem. Every number comes from an index; no query counts all calls.

Does not know how a page shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.conf import settings
from django.db.models import Count, Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone

from integrations.models import (
    AccountRateLimit,
    Call,
    CallCount,
    CallState,
    CatchUpCursor,
    Customer,
    DeliveryLease,
    WebhookEvent,
)
from integrations.ringostat.webhook import TEST_EVENT

FAILED_LATELY = timedelta(days=1)
"""A call that failed earlier needs attention too, but is no news."""


class HealthStatus(IntEnum):
    """From worst to best, the order of the dashboard."""

    PAUSED = 0
    FAILED = 1
    LATE = 2
    CALL_LIST_UNREADABLE = 3
    """A call whose webhook is lost cannot be recovered."""
    WAITING = 4
    """Planfix did not answer; the next attempt is soon."""
    PAUSED_BY_HAND = 5
    NEW = 6
    """No webhook received yet."""
    CONNECTED = 7


@dataclass(frozen=True, kw_only=True)
class Health:
    customer: Customer
    status: HealthStatus
    since: datetime | None = None
    detail: str = ""
    """The pause reason or the error message; may be empty."""
    pending: int = 0
    failed: int = 0
    last_webhook_at: datetime | None = None
    requests_left: int | None = None
    """Planfix requests left today, by the last response. None: not known, or older than a day."""


@dataclass(frozen=True, kw_only=True)
class _CallGroup:
    count: int = 0
    at: datetime | None = None
    """Of waiting calls: when the oldest was first due. Of failed calls: when the last one failed."""


NO_CALLS = _CallGroup()


def health_of(customers: QuerySet[Customer]) -> list[Health]:
    """Problems first, then by name. The number of queries does not grow with the number of customers."""
    newest = WebhookEvent.objects.filter(customer=OuterRef("pk")).exclude(event=TEST_EVENT).order_by("-received_at")
    rows = list(
        customers.select_related("delivery_lease", "catch_up_cursor")
        .defer("planfix_tags", "planfix_contact_fields", "planfix_token", "ringostat_auth_key")
        .annotate(last_webhook_at=Subquery(newest.values("received_at")[:1]))
    )
    waiting = Call.objects.filter(due_at__isnull=False, state=CallState.PENDING)
    failed = Call.objects.filter(state=CallState.FAILED)
    numbers = _Numbers(
        waiting=_calls(waiting, rows, Min("due_since")),
        failed=_calls(failed, rows, Max("finished_at")),
        left=_requests_left(rows),
        now=timezone.now(),
    )
    return sorted((numbers.health(row) for row in rows), key=lambda health: (health.status, health.customer.name))


def calls_per_day(customers: Iterable[Customer], days: int) -> dict[int, list[tuple[datetime, int]]]:
    """Calls per day for the last `days` days including today, by customer ID. Days are those of the customer's zone."""
    now = timezone.now()
    by_key = {customer.pk: customer for customer in customers}
    counts = CallCount.objects.filter(
        customer_id__in=list(by_key), hour=None, day__gt=(now - timedelta(days=days + 1)).date()
    )
    sums = {
        (pk, day): calls
        for pk, day, calls in counts.order_by().values_list("customer_id", "day").annotate(Sum("calls"))
    }
    return {
        pk: [
            (moment, sums.get((pk, moment.date()), 0))
            for back in range(days - 1, -1, -1)
            if (moment := now.astimezone(customer.zone) - timedelta(days=back))
        ]
        for pk, customer in by_key.items()
    }


@dataclass(frozen=True, kw_only=True)
class _Numbers:
    waiting: Mapping[int, _CallGroup]
    failed: Mapping[int, _CallGroup]
    left: Mapping[str, int]
    now: datetime

    def health(self, customer: Customer) -> Health:
        waiting = self.waiting.get(customer.pk, NO_CALLS)
        failed = self.failed.get(customer.pk, NO_CALLS)
        status, since, detail = self._status(customer, waiting, failed)
        return Health(
            customer=customer,
            status=status,
            since=since,
            detail=detail,
            pending=waiting.count,
            failed=failed.count,
            last_webhook_at=getattr(customer, "last_webhook_at", None),
            requests_left=self.left.get(customer.planfix_account),
        )

    def _status(
        self, customer: Customer, waiting: _CallGroup, failed: _CallGroup
    ) -> tuple[HealthStatus, datetime | None, str]:
        late = self.now - timedelta(minutes=settings.ALERT_AFTER_MINUTES)
        lease: DeliveryLease | None = getattr(customer, "delivery_lease", None)
        cursor: CatchUpCursor | None = getattr(customer, "catch_up_cursor", None)
        if customer.paused_reason:
            status = HealthStatus.PAUSED_BY_HAND if customer.paused_by_hand else HealthStatus.PAUSED
            return status, customer.paused_at, customer.paused_reason
        if failed.at and failed.at > self.now - FAILED_LATELY:
            return HealthStatus.FAILED, failed.at, ""
        if waiting.at and waiting.at < late:
            return HealthStatus.LATE, waiting.at, ""
        if cursor and cursor.trouble_since and cursor.trouble_since < late:
            return HealthStatus.CALL_LIST_UNREADABLE, cursor.trouble_since, cursor.trouble
        if lease and lease.retry_at and lease.retry_at > self.now:
            return HealthStatus.WAITING, lease.retry_at, ""
        return (HealthStatus.CONNECTED if getattr(customer, "last_webhook_at", None) else HealthStatus.NEW), None, ""


def _calls(calls: QuerySet[Call], customers: Sequence[Customer], at: Min | Max) -> dict[int, _CallGroup]:
    if len(customers) == 1:
        calls = calls.filter(customer=customers[0])
    rows = calls.order_by().values_list("customer_id").annotate(count=Count("pk"), at=at)
    return {pk: _CallGroup(count=count, at=moment) for pk, count, moment in rows}


def _requests_left(customers: Sequence[Customer]) -> dict[str, int]:
    """By account, from responses of the last day."""
    accounts = {customer.planfix_account for customer in customers}
    recent = AccountRateLimit.objects.filter(
        account__in=accounts, next_request_at__gt=timezone.now() - timedelta(days=1)
    )
    return {account: left for account, left in recent.values_list("account", "requests_left") if left is not None}
