"""Days as the list shows them: each customer's calls by the days of its own time zone."""

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
class Days:
    """From the first to the last day, both included; None: open. One single day may be narrowed to one of its hours."""

    first: date | None = None
    last: date | None = None
    hour: int | None = None

    def at(self, hour: int | None) -> Days:
        """Only this hour, if it is one day."""
        return replace(self, hour=hour) if self.first and self.first == self.last else self


def days_of(period: str, now: datetime, zone: ZoneInfo) -> Days:
    """What "today" and the other PERIODS mean in a zone."""
    today = now.astimezone(zone).date()
    first, last = _DAYS_BACK[period]
    return Days(first=today - timedelta(days=first), last=today - timedelta(days=last))


def started_within(days_by_zone: dict[ZoneInfo, Days]) -> Q:
    """Calls that started within the days of their customer's zone."""
    if len(days_by_zone) == 1:
        return _between(*_moments(*next(iter(days_by_zone.items()))))
    condition = Q(pk__in=[])
    spans = []
    for zone, days in days_by_zone.items():
        spans.append(_moments(zone, days))
        condition |= Q(customer__timezone=zone.key) & _between(*spans[-1])
    # The outer bounds are what an index can use.
    return _between(_least(start for start, _end in spans), _greatest(end for _start, end in spans)) & condition


def _moments(zone: ZoneInfo, days: Days) -> tuple[datetime | None, datetime | None]:
    if days.first and days.hour is not None:
        hour = datetime.combine(days.first, time(days.hour))
        return _in_utc(hour, zone), _in_utc(hour + timedelta(hours=1), zone)
    return _midnight(days.first, zone), _midnight(days.last and days.last + timedelta(days=1), zone)


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return _in_utc(datetime.combine(day, time.min), zone) if day else None


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _between(start: datetime | None, end: datetime | None) -> Q:
    condition = Q(started_at__gte=start) if start else Q()
    return condition & Q(started_at__lt=end) if end else condition


def _least(moments: Iterable[datetime | None]) -> datetime | None:
    known = list(moments)
    return None if None in known else min((moment for moment in known if moment), default=None)


def _greatest(moments: Iterable[datetime | None]) -> datetime | None:
    known = list(moments)
    return None if None in known else max((moment for moment in known if moment), default=None)
