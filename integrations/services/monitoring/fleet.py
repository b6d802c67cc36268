"""Numbers of many customers for pictures: calls per day and state. Reads the tallies, never the calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from integrations.models import AccountRateLimit, CallCount, Customer


@dataclass(frozen=True, kw_only=True)
class DayCounts:
    """The calls of one day, by state."""

    day: date
    by_state: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


def calls_per_day(customers: Iterable[Customer], days: int) -> dict[int, list[DayCounts]]:
    """The last `days` days including today, by customer ID. Days are those of the customer's zone. One query."""
    now = timezone.now()
    by_key = {customer.pk: customer for customer in customers}
    counts = CallCount.objects.filter(
        customer_id__in=list(by_key), hour=None, day__gt=(now - timedelta(days=days + 1)).date()
    )
    sums: dict[tuple[int, date], dict[str, int]] = defaultdict(dict)
    rows = counts.order_by().values_list("customer_id", "day", "state").annotate(Sum("calls"))
    for pk, day, state, calls in rows:
        sums[pk, day][state] = calls
    return {pk: [_day(sums, pk, day) for day in last_days(customer, now, days)] for pk, customer in by_key.items()}


def last_days(customer: Customer, now: datetime, days: int) -> list[date]:
    today = now.astimezone(customer.zone).date()
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]


def _day(sums: Mapping[tuple[int, date], Mapping[str, int]], customer_id: int, day: date) -> DayCounts:
    return DayCounts(day=day, by_state={state: n for state, n in sums.get((customer_id, day), {}).items() if n > 0})


def requests_left(customer: Customer) -> int | None:
    """Planfix requests left today, by the last response. None: not known, or older than a day."""
    recent = AccountRateLimit.objects.filter(
        account=customer.planfix_account, next_request_at__gt=timezone.now() - timedelta(days=1)
    )
    return recent.values_list("requests_left", flat=True).first()
