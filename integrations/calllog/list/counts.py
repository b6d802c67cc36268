"""Counts the calls that match the filters, by state and over time.

For the filters in TALLIED (customer, direction, outcome, state, dates) it reads the numbers from CallCount: they are
exact and cost the same for any number of calls. For other filters it counts only the newest calls, up to a maximum. It
marks the result as incomplete if there are more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet, Sum

from integrations.calllog.list.date_ranges import DateRange
from integrations.calllog.list.filters import CallFilter
from integrations.calllog.list.keyset_paging import NEWEST
from integrations.models import Call, CallCount

MAX_BY_STATE = 2000
MAX_OVER_TIME = 5_000
MAX_TALKS = 1_000


@dataclass(frozen=True, kw_only=True)
class Counts:
    by_key: dict[Any, int]
    is_complete: bool = True
    """False: more calls match than were counted."""

    @property
    def total(self) -> int:
        return sum(self.by_key.values())


def counts_by_state(filters: CallFilter) -> Counts:
    """Counts calls by (state, outcome). Counts every state, even if the filters name one."""
    every = filters.with_values(state=None)
    tally = _tally(every, hourly=False)
    if tally is not None:
        return Counts(by_key=_summed(tally, "state", "outcome"))
    parts = every.parts
    # In the list's order PostgreSQL finds the first calls by an index. Without an order it may scan all calls.
    order = NEWEST if len(parts) == 1 else ()
    return _counted([part.order_by(*order) for part in parts], _BY_STATE, MAX_BY_STATE)


@dataclass(frozen=True, kw_only=True)
class TalkTime:
    """The talk time of the newest calls."""

    calls: int
    talked: int
    """Calls with talk time."""
    seconds: int
    is_complete: bool
    """False: more calls match than were read."""

    @property
    def average(self) -> int:
        return round(self.seconds / self.talked) if self.talked else 0


def talk_time(filters: CallFilter) -> TalkTime:
    """Sums up the talk time. Reads at most MAX_TALKS calls, because no index holds the talk time."""
    parts = [part.order_by(*NEWEST) for part in filters.parts]
    (calls, talked, seconds), *_none = _newest_of(parts, ("facts", "started_at"), _TALK, MAX_TALKS) or [(0, 0, 0)]
    return TalkTime(calls=min(calls, MAX_TALKS), talked=talked, seconds=seconds, is_complete=calls <= MAX_TALKS)


def counts_over_time(filters: CallFilter, *, first: date, last: date, hourly: bool, by: str) -> Counts:
    """Counts calls by (day, value of the column `by`), or by (day, hour, value), in the customers' time zones."""
    tally = _tally(filters, hourly=hourly)
    columns = ("day", "hour", by) if hourly else ("day", by)
    if tally is not None:
        return Counts(by_key=_summed(tally.filter(day__range=(first, last)), *columns))
    names = ", ".join(_EXPRESSIONS.get(column, column) for column in columns)
    places = ", ".join(str(place) for place in range(1, len(columns) + 1))
    parts = [part.order_by(*NEWEST) for part in filters.parts]
    return _counted(parts, _OVER_TIME.format(names=names, places=places, by=by, calls="{calls}"), MAX_OVER_TIME)


def _tally(filters: CallFilter, *, hourly: bool) -> QuerySet[CallCount] | None:
    """The counts to sum up; None if CallCount cannot answer these filters."""
    ranges = set(filters.date_ranges.values())
    chosen = _customers(filters)
    if not filters.is_tallied or len(ranges) > 1 or (hourly and chosen is not None):
        # "Today" may be two dates in two time zones. And CallCount does not hold the hours of a single customer.
        return None
    whose = {"customer_id": None} if chosen is None else {"customer_id__in": chosen}
    equal = {name: filters.values[name] for name in ("direction", "outcome", "state") if name in filters.values}
    (within,) = ranges or {DateRange()}
    if within.hour is not None and not hourly:
        return None
    cells = CallCount.objects.filter(**whose, **equal, hour__isnull=not hourly)
    return cells.filter(**_range(within))


def _range(dates: DateRange) -> dict[str, Any]:
    named = {"day__gte": dates.first, "day__lte": dates.last, "hour": dates.hour}
    return {name: value for name, value in named.items() if value is not None}


def _customers(filters: CallFilter) -> list[int] | None:
    """The keys of the customers to count; None for all."""
    if filters.chosen_customer:
        return [filters.chosen_customer.pk]
    return filters.customer_ids


def _summed(cells: QuerySet[CallCount], *columns: str) -> dict[Any, int]:
    rows = cells.order_by().values_list(*columns).annotate(sum=Sum("calls"))
    return _by_key((*key, sum_) for *key, sum_ in rows if sum_ > 0)


def _counted(parts: list[QuerySet[Call]], statement: str, most: int) -> Counts:
    by_key = _by_key(_newest_of(parts, _SOURCES, statement, most))
    return Counts(by_key=by_key, is_complete=sum(by_key.values()) <= most)


def _newest_of(
    parts: list[QuerySet[Call]], columns: tuple[str, ...], statement: str, most: int
) -> list[tuple[Any, ...]]:
    """Runs the statement on the newest `most` + 1 calls. The ORM cannot group a sliced query, so this wraps the SQL of
    the slice. Returns no rows if Django knows that no call matches.
    """
    try:
        firsts = [part.values_list(*columns)[: most + 1].query.sql_with_params() for part in parts]
    except EmptyResultSet:
        return []
    union = " UNION ALL ".join(f"({sql})" for sql, _parameters in firsts)
    parameters = [*(value for _sql, values in firsts for value in values), most + 1]
    with connection.cursor() as cursor:
        calls = f"SELECT * FROM ({union}) AS part ORDER BY started_at DESC LIMIT %s"  # noqa: S608
        cursor.execute(statement.replace("{calls}", calls), parameters)
        return list(cursor.fetchall())


_SOURCES = ("state", "outcome", "started_at", "customer_id")

_BY_STATE = """
SELECT state, outcome, count(*) FROM ({calls}) AS call (state, outcome, started_at, customer_id) GROUP BY 1, 2
"""

_TALK = """
SELECT count(*), count(*) FILTER (WHERE seconds > 0), coalesce(sum(seconds), 0)::bigint
  FROM (SELECT (facts #>> '{facts,talk,4}')::numeric AS seconds FROM ({calls}) AS call (facts, started_at)) AS talks
"""
"""domain/folding.py defines the place of the value in `facts`."""

_OVER_TIME = """
SELECT {names}, sum(calls)::bigint
  FROM (SELECT {by}, timezone, date_bin('15 minutes', started_at, 'epoch') AS quarter, count(*) AS calls
          FROM ({calls}) AS call (state, outcome, started_at, customer_id)
          JOIN integrations_customer AS customer ON customer.id = customer_id
         GROUP BY 1, 2, 3) AS quarters
 GROUP BY {places}
"""
"""Groups by quarters of an hour first: they divide the hours of every zone, and converting time zones is slow."""

_LOCAL = "integrations_local_time(quarter, timezone)"
_EXPRESSIONS = {"day": f"{_LOCAL}::date", "hour": f"extract(hour FROM {_LOCAL})::int"}


def _by_key(rows: Iterable[tuple[Any, ...]]) -> dict[Any, int]:
    """Maps the first columns of each row to its last one. The key is a tuple, or a plain value if it is one column."""
    return {key[0] if len(key) == 1 else tuple(key): count for *key, count in rows}
