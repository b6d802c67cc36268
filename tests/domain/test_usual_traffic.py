"""The usual busiest hour of a customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.domain.usual_traffic import usual_peak

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def days(*hours: list[int]) -> dict[datetime, int]:
    """One list for each day, one count for each of its hours."""
    return {
        DAY + timedelta(days=day, hours=hour): count
        for day, counts in enumerate(hours)
        for hour, count in enumerate(counts)
    }


@pytest.mark.parametrize(
    ("counts", "usual"),
    [
        (days(), 0),
        (days([3, 7, 5]), 7),
        (days([3, 7], [10, 2], [4, 4]), 7),
        (days([6], [6], [6], [900], [900]), 6),
        (days([6], [900]), 6),
    ],
)
def test_usual_peak_is_the_median_of_the_days_busiest_hours(counts: dict[datetime, int], usual: int) -> None:
    assert usual_peak(counts) == usual
