"""Calls per day as a row of bars, and as text for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.services.monitoring.fleet import DayCounts

BAR, GAP, HEIGHT = 5, 2, 28
"""In units of the SVG drawing."""
LEAST = 2
"""A day with one call among busy days stays visible."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    x: int
    y: int
    height: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    bars: list[Bar]
    width: int
    height: int
    bar: int
    label: str


def chart(days: Sequence[DayCounts]) -> Chart:
    most = max((day.total for day in days), default=0)
    bars = []
    for index, counts in enumerate(days):
        day, calls = counts.day, counts.total
        height = max(round(HEIGHT * calls / most), LEAST) if calls > 0 else 0
        bars.append(Bar(x=index * (BAR + GAP), y=HEIGHT - height, height=height, label=_day(day, calls)))
    return Chart(
        bars=bars,
        width=max(len(days) * (BAR + GAP) - GAP, 1),
        height=HEIGHT,
        bar=BAR,
        label=_("Calls per day. %(days)s") % {"days": "; ".join(bar.label for bar in bars)},
    )


def _day(day: date, calls: int) -> str:
    text = ngettext("%(day)s: one call", "%(day)s: %(count)s calls", calls)
    return text % {"day": date_format(day, _("j M")), "count": calls}
