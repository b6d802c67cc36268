"""Computes the chart above the list: calls per hour, day or month as stacked bars. Each bar links to a filtered list.

counts.py counts the calls, and the template draws the chart.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.calllog.list.counts import counts_over_time
from integrations.calllog.list.filters import CallFilter
from integrations.calllog.list.query_string import list_url
from integrations.models import CallState
from integrations.ui.labels import BAR_ORDER, STATES

DEFAULT_DAYS = 14
MAX_HOURLY_DAYS = 2
MAX_DAYS = 62
MAX_MONTHS = 36

FULL = 100
"""Percent of the chart's height and width."""
GAP = 0.16
"""The share of a bar's slot that stays empty."""


@dataclass(frozen=True, kw_only=True)
class Series:
    key: str
    label: str | Promise
    state: CallState
    """Gives the series its colour and pattern."""
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class Segment:
    state: CallState
    label: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The time span of a bar: from the first to the last day, or one hour of a day."""

    first: date
    last: date
    hour: int | None = None

    @property
    def filters(self) -> dict[str, object]:
        return {
            "period": "",
            "first_day": self.first.isoformat(),
            "last_day": self.last.isoformat(),
            "hour": "" if self.hour is None else self.hour,
        }

    @property
    def label(self) -> str:
        if self.hour is not None:
            return f"{date_format(self.first, _('D, j M'))}, {self.hour}:00"
        return date_format(self.first, _("D, j M") if self.first == self.last else "F Y")

    @property
    def short_label(self) -> str:
        if self.hour is not None:
            return str(self.hour)
        return date_format(self.first, _("j M") if self.first == self.last else _("M y"))


@dataclass(frozen=True, kw_only=True)
class Bar:
    slot: Slot
    x: float
    width: float
    segments: list[Segment]
    counts: list[int]
    """One number for each series of the chart."""
    count: int
    url: str
    is_chosen: bool
    has_label: bool

    @property
    def description(self) -> str:
        """The bar as text, for its tooltip."""
        parts = ", ".join(f"{segment.label.lower()}: {segment.count}" for segment in self.segments)
        return f"{self.slot.label}: {self.count}" + (f" ({parts})" if parts else "")


@dataclass(frozen=True, kw_only=True)
class Chart:
    bars: list[Bar]
    series: list[Series]
    by: str
    max_count: int
    """The count that fills the full height."""
    is_complete: bool
    title: str


SERIES: dict[str, list[Series]] = {
    "state": [Series(key=state, label=STATES[state].label, state=state) for state in BAR_ORDER],
    "outcome": [
        Series(key="answered", label=gettext_lazy("Answered"), state=CallState.DELIVERED),
        Series(key="missed", label=gettext_lazy("Missed"), state=CallState.FAILED),
        Series(key="", label=gettext_lazy("Not ended yet"), state=CallState.IN_PROGRESS),
    ],
}
"""The series of each grouping, from the bottom of a bar to its top. The first grouping is the default."""


def build_chart(filters: CallFilter, *, by: str, now: datetime | None = None) -> Chart:
    """Computes the chart of the filtered calls, grouped by `by`, a key of SERIES.

    Without a date filter it shows the last two weeks.
    """
    first, last = _span(filters, now or timezone.now())
    slots = list(_slots(first, last))
    hourly = slots[0].hour is not None
    shown_filters = filters.with_values(hour=None)
    if not filters.date_ranges or None in _bounds(filters):
        shown_filters = shown_filters.with_values(period=None, first_day=first, last_day=last)
    counts = counts_over_time(shown_filters, first=first, last=last, hourly=hourly, by=by)
    cells = _by_slot(slots, counts.by_key)
    totals = {series.key: sum(cell.get(series.key, 0) for cell in cells) for series in SERIES[by]}
    shown = [replace(each, total=totals[each.key]) for each in SERIES[by] if totals[each.key]]
    max_count = max((sum(cell.values()) for cell in cells), default=0)
    return Chart(
        bars=[_bar(filters, slots, number, cells[number], shown, max_count) for number in range(len(slots))],
        series=shown,
        by=by,
        max_count=max_count,
        is_complete=counts.is_complete,
        title=_title(slots, hourly),
    )


def _span(filters: CallFilter, now: datetime) -> tuple[date, date]:
    """The first and the last day of the chart."""
    first, last = _bounds(filters)
    last = last or max(now.astimezone(zone).date() for zone, _region in filters.zones_and_regions)
    if first is None:
        return last - timedelta(days=DEFAULT_DAYS - 1), last
    earliest = date(max(last.year - MAX_MONTHS // 12, 1), last.month, 1)
    return max(first, earliest), max(first, last)


def _bounds(filters: CallFilter) -> tuple[date | None, date | None]:
    firsts = [days.first for days in filters.date_ranges.values()]
    lasts = [days.last for days in filters.date_ranges.values()]
    first = None if None in firsts else min((day for day in firsts if day), default=None)
    last = None if None in lasts else max((day for day in lasts if day), default=None)
    return first, last


def _slots(first: date, last: date) -> Iterator[Slot]:
    days = (last - first).days + 1
    if days <= MAX_HOURLY_DAYS:
        yield from (Slot(first=day, last=day, hour=hour) for day in _days(first, days) for hour in range(24))
    elif days <= MAX_DAYS:
        yield from (Slot(first=day, last=day) for day in _days(first, days))
    else:
        yield from _months(first, last)


def _days(first: date, days: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(days)]


def _months(first: date, last: date) -> Iterator[Slot]:
    """Yields one slot per month. Cuts the first and the last month to the span."""
    begin = first
    while begin <= last:
        end = begin.replace(day=monthrange(begin.year, begin.month)[1])
        yield Slot(first=begin, last=min(end, last))
        begin = end + timedelta(days=1)


def _by_slot(slots: list[Slot], counts: dict[tuple[date | int | str, ...], int]) -> list[dict[str, int]]:
    """For each slot, the count of each series."""
    slot_of = {
        (day, slot.hour) if slot.hour is not None else (day,): number
        for number, slot in enumerate(slots)
        for day in _days(slot.first, (slot.last - slot.first).days + 1)
    }
    cells: list[dict[str, int]] = [{} for _slot in slots]
    for (*moment, key), count in counts.items():
        place = slot_of.get(tuple(moment))  # type: ignore[arg-type]
        if place is not None:
            cells[place][str(key)] = cells[place].get(str(key), 0) + count
    return cells


def _bar(
    filters: CallFilter, slots: list[Slot], number: int, cell: dict[str, int], series: list[Series], max_count: int
) -> Bar:
    slot, place = slots[number], FULL / len(slots)
    is_chosen = all(str(filters.data.get(name, "")) == str(value) for name, value in slot.filters.items())
    wider = {"hour": ""} if slot.hour is not None else dict.fromkeys(slot.filters, "")
    return Bar(
        slot=slot,
        x=round(place * (number + GAP / 2), 2),
        width=round(place * (1 - GAP), 2),
        segments=list(_segments(cell, series, max_count)),
        counts=[cell.get(each.key, 0) for each in series],
        count=sum(cell.values()),
        url=list_url(filters.data, **(wider if is_chosen else slot.filters)),
        is_chosen=is_chosen,
        has_label=number % (-(-len(slots) // 8)) == 0,
    )


def _segments(cell: dict[str, int], series: list[Series], max_count: int) -> Iterator[Segment]:
    y = float(FULL)
    for each in series:
        count = cell.get(each.key, 0)
        if count:
            height = FULL * count / max_count
            y -= height
            yield Segment(state=each.state, label=str(each.label), count=count, y=round(y, 2), height=round(height, 2))


def _title(slots: list[Slot], hourly: bool) -> str:
    kind = _("Calls per hour") if hourly else _("Calls per day")
    if slots[0].first != slots[0].last:
        kind = _("Calls per month")
    first, last = date_format(slots[0].first, _("j M")), date_format(slots[-1].last, _("j M Y"))
    return f"{kind}, {last}" if slots[0].first == slots[-1].last else f"{kind}, {first} – {last}"
