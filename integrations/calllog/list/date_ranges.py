"""Date ranges of the list. A day means a day in the customer's own time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

PERIODS = {"today": _("Today"), "yesterday": _("Yesterday"), "7_days": _("7 days"), "30_days": _("30 days")}

_DAYS_BACK = {"today": (0, 0), "yesterday": (1, 1), "7_days": (6, 0), "30_days": (29, 0)}


@dataclass(frozen=True, kw_only=True)
class DateRange:
    """From the first to the last day, both included. None: open. A single day may be narrowed to one of its hours."""

    first: date | None = None
    last: date | None = None
    hour: int | None = None

    def at(self, hour: int | None) -> DateRange:
        """The range narrowed to this hour if it is a single day."""
        return replace(self, hour=hour) if self.first and self.first == self.last else self


def date_range_of(period: str, now: datetime, zone: ZoneInfo) -> DateRange:
    """The dates of one of PERIODS in a time zone."""
    today = now.astimezone(zone).date()
    first, last = _DAYS_BACK[period]
    return DateRange(first=today - timedelta(days=first), last=today - timedelta(days=last))


def started_within(ranges: dict[ZoneInfo, DateRange]) -> Q:
    """The condition for calls that started within the range of their customer's zone."""
    if len(ranges) == 1:
        return _between(*_utc_bounds(*next(iter(ranges.items()))))
    condition = Q(pk__in=[])
    spans = []
    for zone, dates in ranges.items():
        spans.append(_utc_bounds(zone, dates))
        condition |= Q(customer__timezone=zone.key) & _between(*spans[-1])
    # The earliest start and the latest end let PostgreSQL use an index.
    return _between(_earliest(start for start, _end in spans), _latest(end for _start, end in spans)) & condition


def _utc_bounds(zone: ZoneInfo, dates: DateRange) -> tuple[datetime | None, datetime | None]:
    if dates.first and dates.hour is not None:
        hour = datetime.combine(dates.first, time(dates.hour))
        return _in_utc(hour, zone), _in_utc(hour + timedelta(hours=1), zone)
    return _midnight(dates.first, zone), _midnight(dates.last and dates.last + timedelta(days=1), zone)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return _in_utc(datetime.combine(day, time.min), zone) if day else None


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _between(start: datetime | None, end: datetime | None) -> Q:
    condition = Q(started_at__gte=start) if start else Q()
    return condition & Q(started_at__lt=end) if end else condition


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    known = list(times)
    return None if None in known else min((time for time in known if time), default=None)


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    known = list(times)
    return None if None in known else max((time for time in known if time), default=None)
