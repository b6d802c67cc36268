"""Calls per day as a row of bars, ready to be drawn; the same in words for who does not see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

BAR, GAP, HEIGHT = 5, 2, 28
"""In units of the drawing."""
LEAST = 2
"""A day with a single call among busy ones is still seen."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    x: int
    y: int
    height: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    bars: list[Bar]
    width: int
    height: int
    bar: int
    words: str


def chart(days: Sequence[tuple[datetime, int]]) -> Chart:
    most = max((calls for _moment, calls in days), default=0)
    bars = []
    for place, (moment, calls) in enumerate(days):
        height = max(round(HEIGHT * calls / most), LEAST) if calls > 0 else 0
        bars.append(Bar(x=place * (BAR + GAP), y=HEIGHT - height, height=height, words=_day(moment, calls)))
    return Chart(
        bars=bars,
        width=max(len(days) * (BAR + GAP) - GAP, 1),
        height=HEIGHT,
        bar=BAR,
        words=_("Calls per day. %(days)s") % {"days": "; ".join(bar.words for bar in bars)},
    )


def _day(moment: datetime, calls: int) -> str:
    text = ngettext("%(day)s: one call", "%(day)s: %(count)s calls", calls)
    return text % {"day": date_format(moment, _("j M")), "count": calls}
