"""Finds clients who still wait to be called back, and counts how soon clients were called back. Writes nothing.

The cost grows with the missed calls of the period, not with all calls of the customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import connection

from integrations.domain.reasons import Reason
from integrations.models import Call
from integrations.services.missed_calls.sql import (
    CALLED_BACK,
    CALLED_BACK_BY,
    WAITING_CLIENTS,
)

NOBODY_WAITS = (Reason.INTERNAL_CALL, Reason.IGNORED_NUMBER, Reason.ERASED)
"""Calls skipped for these reasons have no client who waits."""
SHOWN = (
    *("ringostat_id", "client_number", "started_at", "utm_source", "facts"),
    *("customer__name", "customer__timezone", "employee__name"),
)
"""The columns to load of a waiting client's newest call. The customer's other columns are wide."""
Grouping = Literal["employee", "source"]
QUARTER_HOUR, HOUR = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class WaitingClient:
    """A client whose call was missed and who has not been reached since."""

    customer_id: int
    number: str
    calls: int
    """Missed calls of the period."""
    attempts: int
    """Attempts to call back since the first of these calls."""
    waits_since: datetime
    newest: Call
    """The newest missed call."""


@dataclass(frozen=True, kw_only=True)
class CalledBack:
    """Missed calls by how soon the client was reached."""

    group: str
    """The name of the employee or the source whose calls these are; "" for none, or for all calls together."""
    in_quarter_hour: int
    in_hour: int
    later: int
    not_yet: int

    @property
    def total(self) -> int:
        return self.in_quarter_hour + self.in_hour + self.later + self.not_yet

    @property
    def share(self) -> float | None:
        """The share of missed calls whose client was reached; None without missed calls."""
        return (self.total - self.not_yet) / self.total if self.total else None

    @property
    def percent(self) -> float:
        return 100 * (self.share or 0)


def waiting_clients(customer_ids: Collection[int] | None, *, since: datetime, most: int) -> list[WaitingClient]:
    """Returns at most `most` waiting clients, the longest waiting first. `customer_ids` None: of all customers."""
    rows = _rows(WAITING_CLIENTS, customer_ids, since=since, most=most)
    calls = Call.objects.select_related("customer", "employee").only(*SHOWN).in_bulk([row[-1] for row in rows])
    return [
        WaitingClient(
            customer_id=customer_id,
            number=number,
            calls=count,
            attempts=attempts,
            waits_since=first,
            newest=calls[newest],
        )
        for customer_id, number, count, attempts, first, newest in rows
        if newest in calls
    ]


def called_back(customer_ids: Collection[int] | None, *, since: datetime) -> CalledBack:
    """Counts all missed calls together. `customer_ids` None: of all customers."""
    [counts] = _called_back(CALLED_BACK, customer_ids, since)
    return counts


def called_back_by(grouping: Grouping, customer_ids: Collection[int] | None, *, since: datetime) -> list[CalledBack]:
    """Counts missed calls by the employee who reached the client, or by the call's UTM source. Returns the MOST_GROUPS
    largest groups, the largest first. `customer_ids` None: of all customers.
    """
    return _called_back(CALLED_BACK_BY[grouping], customer_ids, since, most=MOST_GROUPS)


MOST_GROUPS = 20


def _called_back(
    statement: str, customer_ids: Collection[int] | None, since: datetime, **values: int
) -> list[CalledBack]:
    rows = _rows(statement, customer_ids, since=since, quarter=QUARTER_HOUR, hour=HOUR, **values)
    return [
        CalledBack(group=group, in_quarter_hour=quarter, in_hour=hour, later=later, not_yet=not_yet)
        for group, quarter, hour, later, not_yet in rows
    ]


def _rows(statement: str, customer_ids: Iterable[int] | None, **values: Any) -> list[tuple[Any, ...]]:
    arguments = {
        "every": customer_ids is None,
        "customers": list(customer_ids or ()),
        "reasons": [reason.value for reason in NOBODY_WAITS],
        **values,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return list(cursor.fetchall())
