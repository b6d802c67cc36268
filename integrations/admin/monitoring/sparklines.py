"""Pictures of numbers as SVG: stacked bars of calls by state, and the heartbeat of webhooks. Each has its text too.

Computes the layout; the templates draw. States differ by pattern and position as well as by colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import CallState
from integrations.services.monitoring.chart_numbers import DayCounts
from integrations.ui.labels import BAR_ORDER, STATES, LazyText

FULL = 100
"""Percent of a picture's height and width."""
MOST_LABELS = 7
"""The most days that are written below a chart. More would overlap on a narrow screen."""
SPARK_WIDTH, SPARK_HEIGHT = 112, 28
"""The size of a picture in a table row."""
GAP = 0.25
"""The share of a bar's slot that stays empty."""
LEAST = 4
"""Percent of the height: one call among busy days stays visible."""


@dataclass(frozen=True, kw_only=True)
class Segment:
    state: str
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Bar:
    day: date
    x: float
    width: float
    segments: tuple[Segment, ...]
    counts: tuple[int, ...]
    """One number for each of the chart's states."""
    total: int
    label: str
    has_label: bool
    """True if the day is written below the bar."""

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True, kw_only=True)
class StateTotal:
    state: str
    label: LazyText
    count: int


@dataclass(frozen=True, kw_only=True)
class Chart:
    bars: tuple[Bar, ...]
    states: tuple[StateTotal, ...]
    """The states that occur."""
    total: int
    most: int
    """The calls of the busiest day, which fills the height."""
    text: str
    """The numbers as a sentence, for screen readers."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Bars of one state, as the `d` of an SVG path: far less to draw than each bar by itself."""

    state: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Sparkline:
    """A small chart without axes, in units of SPARK_WIDTH × SPARK_HEIGHT."""

    shapes: tuple[Shape, ...]
    total: int
    delivered: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """Webhook requests per hour, in the same units."""

    path: str
    text: str


def stacked_chart(days: Sequence[DayCounts]) -> Chart:
    totals = {state: sum(day.by_state.get(state, 0) for day in days) for state in BAR_ORDER}
    states = tuple(StateTotal(state=s, label=STATES[s].label, count=totals[s]) for s in BAR_ORDER if totals[s])
    most = max((day.total for day in days), default=0)
    return Chart(
        bars=tuple(_bar(days, number, states, most) for number in range(len(days))),
        states=states,
        total=sum(totals.values()),
        most=most,
        text=_text(days),
    )


def sparkline(days: Sequence[DayCounts]) -> Sparkline:
    most = max((day.total for day in days), default=0)
    slot = SPARK_WIDTH / len(days)
    paths: dict[str, list[str]] = {}
    for number, day in enumerate(days):
        for segment in _segments(day, most):
            paths.setdefault(segment.state, []).append(_bar_path(number * slot, slot, segment.y, segment.height))
    return Sparkline(
        shapes=tuple(Shape(state=state, path="".join(parts)) for state, parts in paths.items()),
        total=sum(day.total for day in days),
        delivered=sum(day.by_state.get(CallState.DELIVERED, 0) for day in days),
        text=_text(days),
    )


def heartbeat(requests: Sequence[int]) -> Heartbeat:
    """Requests per hour, the oldest first. An hour without a request has no bar."""
    most, count, slot = max(requests, default=0), sum(requests), SPARK_WIDTH / len(requests)
    text = ngettext(
        "One webhook request in the last 24 hours", "%(count)s webhook requests in the last 24 hours", count
    )
    heights = {hour: _share(number, most) for hour, number in enumerate(requests) if number}
    bars = (_bar_path(hour * slot, slot, FULL - height, height) for hour, height in heights.items())
    return Heartbeat(path="".join(bars), text=text % {"count": count})


def _bar_path(x: float, slot: float, y: float, height: float) -> str:
    """A bar of a sparkline; `y` and `height` are percent."""
    top, length = y * SPARK_HEIGHT / FULL, height * SPARK_HEIGHT / FULL
    return f"M{x:.1f} {top:.1f}h{slot * (1 - GAP):.1f}v{length:.1f}h-{slot * (1 - GAP):.1f}z"


def _text(days: Sequence[DayCounts]) -> str:
    calls = sum(day.total for day in days)
    delivered = sum(day.by_state.get(CallState.DELIVERED, 0) for day in days)
    text = ngettext("One call, %(delivered)s in Planfix", "%(count)s calls, %(delivered)s in Planfix", calls)
    return text % {"count": calls, "delivered": delivered}


def _bar(days: Sequence[DayCounts], number: int, states: Sequence[StateTotal], most: int) -> Bar:
    counts, slot = days[number], FULL / len(days)
    parts = [f"{str(each.label).lower()}: {n}" for each in states if (n := counts.by_state.get(each.state, 0))]
    day = date_format(counts.day, _("D, j M"))
    return Bar(
        day=counts.day,
        x=round(slot * (number + GAP / 2), 2),
        width=round(slot * (1 - GAP), 2),
        segments=_segments(counts, most),
        counts=tuple(counts.by_state.get(each.state, 0) for each in states),
        total=counts.total,
        label=f"{day}: {counts.total}" + (f" ({', '.join(parts)})" if parts else ""),
        has_label=(len(days) - 1 - number) % -(-len(days) // MOST_LABELS) == 0,
    )


def _segments(counts: DayCounts, most: int) -> tuple[Segment, ...]:
    segments, y = [], float(FULL)
    for state in BAR_ORDER:
        if count := counts.by_state.get(state, 0):
            height = _share(count, most)
            y = max(y - height, 0)
            segments.append(Segment(state=state, y=round(y, 2), height=height))
    return tuple(segments)


def _share(count: int, most: int) -> float:
    return round(max(FULL * count / most, LEAST), 2)
