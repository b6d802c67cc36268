"""manage.py catch_up: its output and its arguments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.models import Call, Customer
from sandbox.http.faults import Fault
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.rows import row
from tests.factories import make_customer
from tests.management.conftest import lines

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def scenario(scenario: Scenario, ringostat: Ringostat) -> Scenario:
    Customer.objects.update(created_at=timezone.now() - 7 * DAY)
    return scenario


def test_catch_up_prints_the_counts_of_rows(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.rejected_fields = {"recording_wav"}
    ringostat.calls = [row(), row(uniqueid="just now", ago=timedelta(minutes=1))]

    assert lines("catch_up") == [
        {
            "customer": "Acme",
            "rows": 2,
            "new": 1,
            "completed": 0,
            "added_to": 0,
            "unchanged": 0,
            "left": 1,
            "unusable": 0,
            "dropped_fields": ["recording_wav"],
            "skipped": "",
            "error": "",
        }
    ]


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-09-30", "2026-09-30", ["0:00", "12:00", "23:59"]),
        ("2026-09-30T11:00", "2026-09-30T12:00", ["12:00"]),
        ("2026-09-30 12:00:01", "2026-10-01", ["23:59", "next day"]),
        ("2026-09-30T08:59Z", "2026-09-30T09:01Z", ["12:00"]),
        ("2026-09-30T12:30+03:00", "2026-10-01T00:00+03:00", ["23:59", "next day"]),
        ("2026-09-30T12:30", None, ["23:59", "next day"]),
    ],
)
def test_catch_up_reads_the_window_in_the_customers_time(
    scenario: Scenario, ringostat: Ringostat, start: str, end: str | None, found: list[str]
) -> None:
    ringostat.calls = [
        row(uniqueid="day before", calldate="2026-09-29T23:59:59+0300"),
        row(uniqueid="0:00", calldate="2026-09-30T00:00:00+0300"),
        row(uniqueid="12:00", calldate="2026-09-30T12:00:00+0300"),
        row(uniqueid="23:59", calldate="2026-09-30T23:59:00+0300"),
        row(uniqueid="next day", calldate="2026-10-01T00:00:00+0300"),
    ]

    lines("catch_up", "--from", start, *(["--to", end] if end else []))

    expected = {*found, "next day"} if end == "2026-09-30" else set(found)
    assert set(Call.objects.values_list("ringostat_id", flat=True)) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "2026-09-30"], "--to needs --from"),
        (["--from", "yesterday"], "“yesterday” is neither a date nor a time"),
        (["--from", "2026-09-30T12:00", "--to", "2026-09-30T12:00"], "--from must lie before --to"),
        (["--customer", "Nobody"], "There is no customer named “Nobody”"),
    ],
)
def test_catch_up_reports_a_mistyped_argument(
    scenario: Scenario, ringostat: Ringostat, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("catch_up", *arguments)

    assert ringostat.requests == []


def test_catch_up_reports_a_customer_without_a_key_and_succeeds(
    make_scenario: Callable[..., Scenario], sandbox: Sandbox, ringostat: Ringostat
) -> None:
    make_scenario(ringostat={"api_url": sandbox.url})

    [line] = lines("catch_up")

    assert (line["skipped"], line["error"]) == ("The customer has no Ringostat Auth-key.", "")


def test_error_of_one_customer_fails_the_command_but_stops_no_other(
    make_scenario: Callable[..., Scenario], sandbox: Sandbox, ringostat: Ringostat
) -> None:
    for name in ("A", "B", "C"):
        make_scenario(name=name)
    Customer.objects.update(created_at=timezone.now() - timedelta(hours=6))
    ringostat.calls = [row()]
    sandbox.add_fault(Fault(path="/calls/list", status=500, skip=1, times=1))
    output = StringIO()

    with pytest.raises(CommandError, match="1 of 3 customers"):
        call_command("catch_up", stdout=output)

    assert list(Call.objects.order_by("pk").values_list("customer__name", flat=True)) == ["A", "C"]
    assert len(output.getvalue().splitlines()) == 3


def test_catch_up_reads_one_chosen_customer(make_scenario: Callable[..., Scenario], ringostat: Ringostat) -> None:
    for name in ("A", "B"):
        make_scenario(name=name)

    assert [line["customer"] for line in lines("catch_up", "--customer", "B")] == ["B"]


def test_catch_up_window_that_ends_now_is_read_until_now(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(ago=timedelta(minutes=30))]

    [line] = lines("catch_up", "--from", (datetime.now(UTC) - DAY).isoformat())

    assert line["new"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("arguments", [["--from", "0001-01-01"], ["--from", "2026-01-01", "--to", "9999-12-31"]])
def test_catch_up_refuses_years_without_calls(arguments: list[str]) -> None:
    make_customer()

    with pytest.raises(CommandError, match="is not between 2000 and 2099"):
        call_command("catch_up", *arguments)
