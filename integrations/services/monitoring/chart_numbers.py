"""Reads the numbers for charts of many customers: calls per day and state, webhooks per hour, the delay to Planfix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from integrations.models import AccountRateLimit, CallState, Customer
from integrations.services.monitoring.sql import PICTURES

HOURS = 24
MOST_DELAYS = 5000
"""How many calls of the last day measure the delay, the newest ones."""


@dataclass(frozen=True, kw_only=True)
class DayCounts:
    """The calls of one day, by state."""

    day: date
    by_state: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True, kw_only=True)
class Pictures:
    days: Mapping[int, Sequence[DayCounts]]
    """By customer ID: the last days including today, in the customer's own zone."""
    fleet: Sequence[DayCounts]
    """The same days for all customers together."""
    webhooks: Mapping[int, Sequence[int]]
    """By customer ID: requests in each of the last HOURS, the oldest first."""
    delays: Mapping[int, float]
    """Seconds from when a call became due until its delivery, by percentile (50 and 95); empty without calls."""


def pictures_of(
    shown: Iterable[Customer], days: int, *, fleet: Sequence[int] | None = None, now: datetime | None = None
) -> Pictures:
    """Reads the numbers of the shown customers and of the fleet with one query. `fleet`: customer IDs; None for all."""
    now, customers = now or timezone.now(), {customer.pk: customer for customer in shown}
    values = _values(list(customers), fleet, now, days)
    newest = max((now.astimezone(customer.zone).date() for customer in customers.values()), default=now.date())
    return Pictures(
        days={
            pk: [_counts(values["customer_day"], pk, day) for day in _last_days(now.astimezone(one.zone).date(), days)]
            for pk, one in customers.items()
        },
        fleet=[_counts(values["fleet_day"], None, day) for day in _last_days(newest, days)],
        webhooks={pk: _hours(values["webhook_hour"], pk) for pk in customers},
        delays={percent: took for (_pk, _day, percent, _state), took in values["delay"].items() if percent is not None},
    )


def requests_left(customer: Customer) -> int | None:
    """Planfix requests left today, by the last response. None if unknown, or if the response is older than a day."""
    recent = AccountRateLimit.objects.filter(
        account=customer.planfix_account, next_request_at__gt=timezone.now() - timedelta(days=1)
    )
    return recent.values_list("requests_left", flat=True).first()


Key = tuple[int | None, date | None, int | None, str]
"""Customer, day, number (hours ago, or a percentile) and state."""


def _values(
    shown: Sequence[int], fleet: Sequence[int] | None, now: datetime, days: int
) -> Mapping[str, dict[Key, Any]]:
    statement = PICTURES.format(
        of_fleet="customer_id IS NULL" if fleet is None else "customer_id = ANY(%(fleet)s::bigint[])",
        of_calls="" if fleet is None else "AND customer_id = ANY(%(fleet)s::bigint[])",
    )
    arguments: dict[str, Any] = {
        "shown": list(shown),
        "fleet": list(fleet or ()),
        # One day more: in zones west of UTC, the last days may begin a day earlier.
        "first_day": (now - timedelta(days=days + 1)).date(),
        "now": now,
        "most_delays": MOST_DELAYS,
    }
    found: dict[str, dict[Key, Any]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        for picture, customer_id, day, number, state, value in cursor.fetchall():
            found[picture][customer_id, day, number, state] = value
    return found


def _last_days(today: date, days: int) -> list[date]:
    return [today - timedelta(days=back) for back in range(days - 1, -1, -1)]


def _counts(values: Mapping[Key, float], customer_id: int | None, day: date) -> DayCounts:
    return DayCounts(
        day=day,
        by_state={
            state.value: int(calls)
            for state in CallState
            if (calls := values.get((customer_id, day, None, state.value), 0)) > 0
        },
    )


def _hours(values: Mapping[Key, float], customer_id: int) -> list[int]:
    return [int(values.get((customer_id, None, back, ""), 0)) for back in range(HOURS - 1, -1, -1)]
