"""What is usual for a customer, by its counts per hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from statistics import median_low


def usual_peak(counts: Mapping[datetime, int]) -> int:
    """The busiest hour of an ordinary day: the median of the days' busiest hours, 0 without counts.

    A flood on some days does not raise it, so nobody can raise a limit step by step.
    """
    peaks: dict[date, int] = {}
    for hour, count in counts.items():
        peaks[hour.date()] = max(count, peaks.get(hour.date(), 0))
    return median_low(peaks.values()) if peaks else 0
