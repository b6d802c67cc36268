"""How each customer fares, as one light: the worst that is wrong with it. Every figure by an index, none by counting
all calls; knows nothing of how a page shows it.
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
"""A call that failed longer ago waits for a person as much, but is no news."""


class HealthStatus(IntEnum):
    """From the worst to the best: in this order customers are listed."""

    PAUSED = 0
    FAILED = 1
    LATE = 2
    CALL_LIST = 3
    """Ringostat's call list cannot be read: a lost webhook would be a lost call."""
    WAITING = 4
    """Planfix did not answer, and is asked again soon."""
    PAUSED_BY_HAND = 5
    NEW = 6
    """No webhook has come yet."""
    WELL = 7


@dataclass(frozen=True, kw_only=True)
class Health:
    customer: Customer
    light: HealthStatus
    since: datetime | None = None
    detail: str = ""
    """Why, in the words of whoever noticed it; may be empty."""
    pending: int = 0
    failed: int = 0
    last_webhook_at: datetime | None = None
    requests_left: int | None = None
    """Today, as Planfix said last; None: it did not, or too long ago."""


@dataclass(frozen=True, kw_only=True)
class _Calls:
    count: int = 0
    at: datetime | None = None
    """Waiting calls: since when the oldest is due. Failed ones: when the last one failed."""


NO_CALLS = _Calls()


def healths(customers: QuerySet[Customer]) -> list[Health]:
    """Trouble first, then by name. A handful of queries, however many customers there are."""
    newest = WebhookEvent.objects.filter(customer=OuterRef("pk")).exclude(event=TEST_EVENT).order_by("-received_at")
    rows = list(
        customers.select_related("delivery_lease", "catch_up_cursor")
        .defer("planfix_tags", "planfix_contact_fields", "planfix_token", "ringostat_auth_key")
        .annotate(last_webhook_at=Subquery(newest.values("received_at")[:1]))
    )
    waiting = Call.objects.filter(due_at__isnull=False, state=CallState.PENDING)
    failed = Call.objects.filter(state=CallState.FAILED)
    figures = _Figures(
        waiting=_calls(waiting, rows, Min("due_since")),
        failed=_calls(failed, rows, Max("finished_at")),
        left=_requests_left(rows),
        now=timezone.now(),
    )
    return sorted((figures.health(row) for row in rows), key=lambda health: (health.light, health.customer.name))


def calls_per_day(customers: Iterable[Customer], days: int) -> dict[int, list[tuple[datetime, int]]]:
    """The number of calls of each of the last days up to today, by customer; the days are those of its own zone."""
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
class _Figures:
    waiting: Mapping[int, _Calls]
    failed: Mapping[int, _Calls]
    left: Mapping[str, int]
    now: datetime

    def health(self, customer: Customer) -> Health:
        waiting = self.waiting.get(customer.pk, NO_CALLS)
        failed = self.failed.get(customer.pk, NO_CALLS)
        light, since, detail = self._light(customer, waiting, failed)
        return Health(
            customer=customer,
            light=light,
            since=since,
            detail=detail,
            pending=waiting.count,
            failed=failed.count,
            last_webhook_at=getattr(customer, "last_webhook_at", None),
            requests_left=self.left.get(customer.planfix_account),
        )

    def _light(self, customer: Customer, waiting: _Calls, failed: _Calls) -> tuple[HealthStatus, datetime | None, str]:
        late = self.now - timedelta(minutes=settings.ALERT_AFTER_MINUTES)
        turn: DeliveryLease | None = getattr(customer, "delivery_lease", None)
        cursor: CatchUpCursor | None = getattr(customer, "catch_up_cursor", None)
        if customer.paused_reason:
            light = HealthStatus.PAUSED_BY_HAND if customer.paused_by_hand else HealthStatus.PAUSED
            return light, customer.paused_at, customer.paused_reason
        if failed.at and failed.at > self.now - FAILED_LATELY:
            return HealthStatus.FAILED, failed.at, ""
        if waiting.at and waiting.at < late:
            return HealthStatus.LATE, waiting.at, ""
        if cursor and cursor.trouble_since and cursor.trouble_since < late:
            return HealthStatus.CALL_LIST, cursor.trouble_since, cursor.trouble
        if turn and turn.retry_at and turn.retry_at > self.now:
            return HealthStatus.WAITING, turn.retry_at, ""
        return (HealthStatus.WELL if getattr(customer, "last_webhook_at", None) else HealthStatus.NEW), None, ""


def _calls(calls: QuerySet[Call], customers: Sequence[Customer], at: Min | Max) -> dict[int, _Calls]:
    if len(customers) == 1:
        calls = calls.filter(customer=customers[0])
    rows = calls.order_by().values_list("customer_id").annotate(count=Count("pk"), at=at)
    return {pk: _Calls(count=count, at=moment) for pk, count, moment in rows}


def _requests_left(customers: Sequence[Customer]) -> dict[str, int]:
    """By account; what was said before yesterday's calls is of no use."""
    accounts = {customer.planfix_account for customer in customers}
    said = AccountRateLimit.objects.filter(account__in=accounts, next_request_at__gt=timezone.now() - timedelta(days=1))
    return {account: left for account, left in said.values_list("account", "requests_left") if left is not None}
