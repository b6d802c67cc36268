"""Reading dates and times."""

from __future__ import annotations

import pytest

from integrations.ringostat.times import exact_time_of


@pytest.mark.parametrize("offset", ["+9939", "-99:39", "+1500", "+0260"])
def test_date_with_an_impossible_offset_is_not_read(offset: str) -> None:
    assert exact_time_of(f"30.09.2026 15:37:18 {offset}") is None
