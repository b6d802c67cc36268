"""Counts working hours to find when a task is due. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST_BREAK = timedelta(days=366)
"""A schedule without a working hour for so long has no working hours: time then counts around the clock."""
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class WorkingHours:
    """`weekdays`: 1 for Monday to 7 for Sunday. A day that ends at or before its begin ends on the next day."""

    zone: ZoneInfo
    weekdays: frozenset[int]
    begin: time
    end: time
    holidays: frozenset[date] = frozenset()


def due_after(start: datetime, hours: int, schedule: WorkingHours) -> datetime:
    """The moment, in UTC, at which so many working hours have passed since `start`."""
    left = timedelta(hours=hours)
    for begin, end in _shifts(start, schedule):
        begin = max(begin, start.astimezone(UTC))
        if begin + left <= end:
            return begin + left
        left -= max(end - begin, timedelta())
    return start.astimezone(UTC) + timedelta(hours=hours)


def _shifts(start: datetime, schedule: WorkingHours) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end of the working days in UTC, from the one in which `start` may be.

    In UTC the hour that a change of the clock takes or gives is counted as it passes.
    """
    day = start.astimezone(schedule.zone).date() - DAY
    last_shift = day
    while day - last_shift <= LONGEST_BREAK:
        if day.isoweekday() in schedule.weekdays and day not in schedule.holidays:
            yield _moment(day, schedule.begin, schedule), _moment(_last_day(day, schedule), schedule.end, schedule)
            last_shift = day
        day += DAY


def _last_day(day: date, schedule: WorkingHours) -> date:
    return day if schedule.end > schedule.begin else day + DAY


def _moment(day: date, at: time, schedule: WorkingHours) -> datetime:
    return datetime.combine(day, at, schedule.zone).astimezone(UTC)
