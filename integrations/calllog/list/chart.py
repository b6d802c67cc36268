"""The chart above the list: calls per hour, day or month as stacked bars, each a link that filters the list.

Decides what stands where; counts.py knows the numbers, the template draws.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
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
from integrations.ui.labels import STATES

USUAL_DAYS = 14
MOST_HOURLY_DAYS = 2
MOST_DAYS = 62
MOST_MONTHS = 36

FULL = 100
"""Percent: the template draws in shares of whatever room there is."""
GAP = 0.16
"""The share of a bar's place that stays empty."""


@dataclass(frozen=True, kw_only=True)
class Series:
    key: str
    words: str | Promise
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class Segment:
    key: str
    words: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A bar's place: from the first to the last day, or one hour of a day."""

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
    def words(self) -> str:
        if self.hour is not None:
            return f"{date_format(self.first, _('D, j M'))}, {self.hour}:00"
        return date_format(self.first, _("D, j M") if self.first == self.last else "F Y")

    @property
    def short(self) -> str:
        if self.hour is not None:
            return str(self.hour)
        return date_format(self.first, _("j M") if self.first == self.last else _("M y"))


@dataclass(frozen=True, kw_only=True)
class Bar:
    slot: Slot
    x: float
    width: float
    segments: list[Segment]
    numbers: list[int]
    """One for each series that the chart shows."""
    count: int
    address: str
    is_chosen: bool
    has_label: bool

    @property
    def words(self) -> str:
        """All of it in words, for those who do not see it."""
        parts = ", ".join(f"{segment.words.lower()}: {segment.count}" for segment in self.segments)
        return f"{self.slot.words}: {self.count}" + (f" ({parts})" if parts else "")


@dataclass(frozen=True, kw_only=True)
class Chart:
    bars: list[Bar]
    series: list[Series]
    by: str
    top: int
    """The number that the full height stands for."""
    is_complete: bool
    title: str


SERIES: dict[str, list[Series]] = {
    "outcome": [
        Series(key="answered", words=gettext_lazy("Answered")),
        Series(key="missed", words=gettext_lazy("Missed")),
        Series(key="", words=gettext_lazy("Not ended yet")),
    ],
    "state": [
        Series(key=state, words=STATES[state].label)
        for state in (
            CallState.DELIVERED,
            CallState.SKIPPED,
            CallState.PENDING,
            CallState.IN_PROGRESS,
            CallState.FAILED,
        )
    ],
}
"""From the bottom of a bar to its top."""


def chart_of(filters: CallFilter, *, by: str, now: datetime | None = None) -> Chart:
    """`by`: one of SERIES. Without days among the filters: the last two weeks."""
    first, last = _span(filters, now or timezone.now())
    slots = list(_slots(first, last))
    hourly = slots[0].hour is not None
    whole = filters.changed(hour=None)
    if not filters.days or None in _bounds(filters):
        whole = whole.changed(period=None, first_day=first, last_day=last)
    counts = counts_over_time(whole, first=first, last=last, hourly=hourly, by=by)
    cells = _by_slot(slots, counts.by_key)
    totals = {series.key: sum(cell.get(series.key, 0) for cell in cells) for series in SERIES[by]}
    shown = [Series(key=each.key, words=each.words, total=totals[each.key]) for each in SERIES[by] if totals[each.key]]
    top = max((sum(cell.values()) for cell in cells), default=0)
    return Chart(
        bars=[_bar(filters, slots, number, cells[number], shown, top) for number in range(len(slots))],
        series=shown,
        by=by,
        top=top,
        is_complete=counts.is_complete,
        title=_title(slots, hourly),
    )


def _span(filters: CallFilter, now: datetime) -> tuple[date, date]:
    """The days that are drawn."""
    first, last = _bounds(filters)
    last = last or max(now.astimezone(zone).date() for zone, _region in filters.places)
    if first is None:
        return last - timedelta(days=USUAL_DAYS - 1), last
    earliest = date(max(last.year - MOST_MONTHS // 12, 1), last.month, 1)
    return max(first, earliest), max(first, last)


def _bounds(filters: CallFilter) -> tuple[date | None, date | None]:
    firsts = [days.first for days in filters.days.values()]
    lasts = [days.last for days in filters.days.values()]
    first = None if None in firsts else min((day for day in firsts if day), default=None)
    last = None if None in lasts else max((day for day in lasts if day), default=None)
    return first, last


def _slots(first: date, last: date) -> Iterator[Slot]:
    days = (last - first).days + 1
    if days <= MOST_HOURLY_DAYS:
        yield from (Slot(first=day, last=day, hour=hour) for day in _days(first, days) for hour in range(24))
    elif days <= MOST_DAYS:
        yield from (Slot(first=day, last=day) for day in _days(first, days))
    else:
        yield from _months(first, last)


def _days(first: date, days: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(days)]


def _months(first: date, last: date) -> Iterator[Slot]:
    """The first and the last month as far as they are within."""
    begin = first
    while begin <= last:
        end = begin.replace(day=monthrange(begin.year, begin.month)[1])
        yield Slot(first=begin, last=min(end, last))
        begin = end + timedelta(days=1)


def _by_slot(slots: list[Slot], counts: dict[tuple[date | int | str, ...], int]) -> list[dict[str, int]]:
    """For each slot its numbers by series."""
    places = {
        (day, slot.hour) if slot.hour is not None else (day,): number
        for number, slot in enumerate(slots)
        for day in _days(slot.first, (slot.last - slot.first).days + 1)
    }
    cells: list[dict[str, int]] = [{} for _slot in slots]
    for (*moment, key), count in counts.items():
        place = places.get(tuple(moment))  # type: ignore[arg-type]
        if place is not None:
            cells[place][str(key)] = cells[place].get(str(key), 0) + count
    return cells


def _bar(
    filters: CallFilter, slots: list[Slot], number: int, cell: dict[str, int], series: list[Series], top: int
) -> Bar:
    slot, place = slots[number], FULL / len(slots)
    is_chosen = all(str(filters.data.get(name, "")) == str(value) for name, value in slot.filters.items())
    wider = {"hour": ""} if slot.hour is not None else dict.fromkeys(slot.filters, "")
    return Bar(
        slot=slot,
        x=round(place * (number + GAP / 2), 2),
        width=round(place * (1 - GAP), 2),
        segments=list(_segments(cell, series, top)),
        numbers=[cell.get(each.key, 0) for each in series],
        count=sum(cell.values()),
        address=list_url(filters.data, **(wider if is_chosen else slot.filters)),
        is_chosen=is_chosen,
        has_label=number % (-(-len(slots) // 8)) == 0,
    )


def _segments(cell: dict[str, int], series: list[Series], top: int) -> Iterator[Segment]:
    y = float(FULL)
    for each in series:
        count = cell.get(each.key, 0)
        if count:
            height = FULL * count / top
            y -= height
            key = each.key or "open"
            yield Segment(key=key, words=str(each.words), count=count, y=round(y, 2), height=round(height, 2))


def _title(slots: list[Slot], hourly: bool) -> str:
    kind = _("Calls per hour") if hourly else _("Calls per day")
    if slots[0].first != slots[0].last:
        kind = _("Calls per month")
    first, last = date_format(slots[0].first, _("j M")), date_format(slots[-1].last, _("j M Y"))
    return f"{kind}, {last}" if slots[0].first == slots[-1].last else f"{kind}, {first} – {last}"
