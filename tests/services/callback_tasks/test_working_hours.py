"""When a task is due: working days and hours in the customer's zone, holidays, and changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.services.callback_tasks.working_hours import WorkingHours, due_after

KYIV = ZoneInfo("Europe/Kyiv")
MONDAY_TO_FRIDAY = frozenset(range(1, 6))
EVERY_DAY = frozenset(range(1, 8))
OFFICE = WorkingHours(zone=KYIV, weekdays=MONDAY_TO_FRIDAY, begin=time(9), end=time(18))
WITH_HOLIDAY = WorkingHours(
    zone=KYIV, weekdays=MONDAY_TO_FRIDAY, begin=time(9), end=time(18), holidays=frozenset({date(2026, 3, 9)})
)
NIGHT = WorkingHours(zone=KYIV, weekdays=EVERY_DAY, begin=time(22), end=time(6))
FRIDAY_NIGHT = WorkingHours(zone=KYIV, weekdays=frozenset({5}), begin=time(22), end=time(6))
AROUND_THE_CLOCK = WorkingHours(zone=KYIV, weekdays=EVERY_DAY, begin=time(0), end=time(0))
NEVER = WorkingHours(zone=KYIV, weekdays=frozenset(), begin=time(9), end=time(18))


@pytest.mark.parametrize(
    ("start", "hours", "schedule", "due"),
    [
        pytest.param("Mon 2 Mar 10:00", 4, OFFICE, "Mon 2 Mar 14:00", id="within the day"),
        pytest.param("Mon 2 Mar 14:00", 4, OFFICE, "Mon 2 Mar 18:00", id="at the very end of the day"),
        pytest.param("Mon 2 Mar 16:30", 4, OFFICE, "Tue 3 Mar 11:30", id="into the next day"),
        pytest.param("Mon 2 Mar 07:15", 4, OFFICE, "Mon 2 Mar 13:00", id="before work begins"),
        pytest.param("Mon 2 Mar 21:40", 4, OFFICE, "Tue 3 Mar 13:00", id="after work has ended"),
        pytest.param("Mon 2 Mar 18:00", 4, OFFICE, "Tue 3 Mar 13:00", id="when work ends"),
        pytest.param("Fri 6 Mar 17:00", 4, OFFICE, "Mon 9 Mar 12:00", id="over a weekend"),
        pytest.param("Sat 7 Mar 12:00", 4, OFFICE, "Mon 9 Mar 13:00", id="on a weekend"),
        pytest.param("Mon 2 Mar 10:00", 20, OFFICE, "Wed 4 Mar 12:00", id="over several days"),
        pytest.param("Fri 6 Mar 17:00", 4, WITH_HOLIDAY, "Tue 10 Mar 12:00", id="over a weekend and a holiday"),
        pytest.param("Mon 9 Mar 10:00", 1, WITH_HOLIDAY, "Tue 10 Mar 10:00", id="on a holiday"),
        pytest.param("Mon 2 Mar 23:00", 4, NIGHT, "Tue 3 Mar 03:00", id="across midnight"),
        pytest.param("Tue 3 Mar 04:30", 4, NIGHT, "Wed 4 Mar 00:30", id="in the night that began yesterday"),
        pytest.param("Sat 7 Mar 05:00", 2, FRIDAY_NIGHT, "Fri 13 Mar 23:00", id="the last hour of the week's night"),
        pytest.param("Sat 7 Mar 23:00", 4, AROUND_THE_CLOCK, "Sun 8 Mar 03:00", id="around the clock"),
        # The clock goes from 03:00 to 04:00 on 29 March, and from 04:00 to 03:00 on 25 October.
        pytest.param("Sun 29 Mar 01:00", 4, AROUND_THE_CLOCK, "Sun 29 Mar 06:00", id="an hour is missing"),
        pytest.param("Sun 25 Oct 01:00", 4, AROUND_THE_CLOCK, "Sun 25 Oct 04:00", id="an hour comes twice"),
        pytest.param("Sat 28 Mar 23:00", 6, NIGHT, "Sun 29 Mar 06:00", id="a night of seven hours"),
        pytest.param("Fri 27 Mar 17:00", 4, OFFICE, "Mon 30 Mar 12:00", id="over a change of the clock"),
        pytest.param("Mon 2 Mar 10:00", 4, NEVER, "Mon 2 Mar 14:00", id="without any working day"),
    ],
)
def test_due_time_of_a_task_counts_working_hours(start: str, hours: int, schedule: WorkingHours, due: str) -> None:
    assert due_after(local(start), hours, schedule).astimezone(KYIV) == local(due)


def local(text: str) -> datetime:
    """ "Mon 2 Mar 10:00" of 2026 in Kyiv; the weekday is checked."""
    moment = datetime.strptime(f"2026 {text[4:]}", "%Y %d %b %H:%M").replace(tzinfo=KYIV)
    assert f"{moment:%a}" == text[:3]
    return moment


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([OFFICE, WITH_HOLIDAY, NIGHT, FRIDAY_NIGHT, AROUND_THE_CLOCK]),
)
def test_due_time_of_two_waits_in_a_row_is_that_of_their_sum(
    start: datetime, first: int, second: int, schedule: WorkingHours
) -> None:
    in_steps = due_after(due_after(start, first, schedule), second, schedule)

    assert in_steps == due_after(start, first + second, schedule) >= start
