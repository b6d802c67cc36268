"""Finds clients who still wait to be called back, and counts how soon clients were called back. Writes nothing.

The cost grows with the missed calls of the period, not with all calls of the customer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import connection

from integrations.domain.reasons import Reason
from integrations.models import Call
from integrations.services.missed_calls.sql import CALLED_BACK, WAITING_CLIENTS

NOBODY_WAITS = (Reason.INTERNAL_CALL, Reason.IGNORED_NUMBER, Reason.ERASED)
"""Calls skipped for these reasons have no client who waits."""
SHOWN = (
    *("ringostat_id", "client_number", "started_at", "utm_source", "facts"),
    *("customer__name", "customer__timezone", "employee__name"),
)
"""The columns to load of a waiting client's newest call. The customer's other columns are wide."""
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
    """Missed calls of one group, such as an employee's or a source's, by how soon the client was reached."""

    group: str
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


def called_back(
    customer_ids: Collection[int] | None, *, since: datetime
) -> dict[Literal["all", "employee", "source"], list[CalledBack]]:
    """Counts missed calls: all together, by the employee who reached the client, and by UTM source. The largest groups
    come first.

    `customer_ids` None: of all customers. "all" has one group, or none without missed calls.
    """
    found: dict[Literal["all", "employee", "source"], list[CalledBack]] = {"all": [], "employee": [], "source": []}
    rows = _rows(CALLED_BACK, customer_ids, since=since, quarter=QUARTER_HOUR, hour=HOUR)
    for bits, group, quarter, hour, later, not_yet in rows:
        groups = found[GROUPINGS[bits]]
        if quarter + hour + later + not_yet and len(groups) < MOST_GROUPS:
            groups.append(CalledBack(group=group, in_quarter_hour=quarter, in_hour=hour, later=later, not_yet=not_yet))
    return found


GROUPINGS: Mapping[int, Literal["all", "employee", "source"]] = {0b11: "all", 0b01: "employee", 0b10: "source"}
"""Names of the groupings, by GROUPING() of the statement. It sets a bit for each column that does not group the row."""
MOST_GROUPS = 20


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
