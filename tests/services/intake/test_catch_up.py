"""Catch-up of lost webhooks from Ringostat's call list: requests, calls and the cursor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.domain.calls import CallFacts
from integrations.models import Call, CallState, CatchUpCursor, Customer, WebhookEvent
from integrations.services.clients.ringostat import ringostat_client
from integrations.services.intake.catch_up import (
    OVERLAP,
    CatchUpReport,
    Fate,
    Window,
    catch_up,
    customers_to_catch_up,
    is_reliable,
)
from integrations.services.intake.receive import fold_into_call
from integrations.services.queue.defer import catch_up_soon
from integrations.tasks import catch_up_all
from sandbox.http.faults import Fault
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered
from tests.end_to_end.rows import at, row, unanswered_row

NOW = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def scenario(scenario: Scenario, ringostat: Ringostat) -> Scenario:
    """A customer that was created a week ago."""
    began(scenario, timezone.now() - 7 * DAY)
    return scenario


def began(scenario: Scenario, created_at: datetime) -> None:
    Customer.objects.filter(pk=scenario.customer.pk).update(created_at=created_at)
    scenario.customer.refresh_from_db()


def fates(report: CatchUpReport) -> dict[str, int]:
    assert report.error == ""
    return {fate.value: count for fate, count in report.fates.items()}


def read_until() -> datetime:
    return CatchUpCursor.objects.get().read_until


def asked(ringostat: Ringostat) -> list[tuple[str, str]]:
    """The first and the last time of the requested window."""
    queries = [parse_qs(request.query) for request in ringostat.requests]
    return [(query["from"][0], query["to"][0]) for query in queries]


# --- what becomes of a row ---


def test_a_call_whose_webhook_was_lost_reaches_planfix(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row()]

    report = catch_up(scenario.customer)
    scenario.deliver()

    assert fates(report) == {"new": 1}
    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    assert [comment.author for comment in scenario.account.comments] == ["user:5"]


def test_reading_a_call_list_row_again_changes_nothing(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row()]
    catch_up(scenario.customer)
    scenario.deliver()
    before = Call.objects.values().get()

    report = catch_up(scenario.customer)

    assert fates(report) == {"unchanged": 1}
    assert Call.objects.values().get() == before


def test_catch_up_completes_a_call_in_progress(scenario: Scenario, ringostat: Ringostat) -> None:
    scenario.post({"uniqueid": CALL_ID, "call_type": "in", "E164": CLIENT}, event="before_call")
    ringostat.calls = [row()]

    report = catch_up(scenario.customer)

    assert fates(report) == {"completed": 1}
    assert (scenario_call := Call.objects.get()).state == CallState.PENDING
    assert (scenario_call.outcome, scenario_call.client_number) == ("answered", CLIENT)


def test_delivered_call_stays_delivered_and_takes_facts_of_the_row(scenario: Scenario, ringostat: Ringostat) -> None:
    scenario.post(answered(calldate=at(timezone.now() - HOUR)))
    scenario.deliver()
    ringostat.calls = [row(client_id="1234.5678")]

    report = catch_up(scenario.customer)

    assert fates(report) == {"added_to": 1}
    call = Call.objects.get()
    assert (call.state, call.folded.parameters["client_id"]) == (CallState.DELIVERED, "1234.5678")
    scenario.deliver()
    assert len(scenario.account.comments) == 1


def test_a_running_call_is_shown_and_completed_by_a_later_run(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [unanswered_row(ago=MINUTE, disposition="IN PROGRESS")]
    assert fates(catch_up(scenario.customer)) == {"new": 1}
    assert Call.objects.get().state == CallState.IN_PROGRESS

    ringostat.calls = [row(ago=10 * MINUTE)]
    assert fates(catch_up(scenario.customer)) == {"completed": 1}
    assert Call.objects.get().state == CallState.PENDING


def test_a_call_that_just_ended_is_left_to_its_webhook(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(ago=4 * MINUTE)]

    assert fates(catch_up(scenario.customer)) == {"left": 1}
    assert not Call.objects.exists()


def test_call_list_rows_without_a_call_id_are_counted(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(uniqueid="")]

    assert fates(catch_up(scenario.customer)) == {"unusable": 1}


def test_call_list_row_that_cannot_be_stored_does_not_block_others(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(uniqueid="poison", ago=2 * HOUR), row()]

    def fold(recipient: Any, facts: CallFacts, now: datetime) -> int:
        if facts.ringostat_id == "poison":
            raise ZeroDivisionError
        return fold_into_call(recipient, facts, now)

    with patch("integrations.services.intake.catch_up.fold_into_call", fold):
        report = catch_up(scenario.customer)

    assert fates(report) == {"unusable": 1, "new": 1}
    assert Call.objects.get().ringostat_id == CALL_ID


def test_the_call_list_makes_no_webhook_events(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row()]
    catch_up(scenario.customer)

    assert not WebhookEvent.objects.exists()


ENDED = {"is_final": True, "status": "ANSWERED"}
SILENT = {"is_final": True, "status": "NO ANSWER", "total_seconds": 0, "talk_seconds": 0}


@pytest.mark.parametrize(
    ("facts", "ago", "in_progress", "settled"),
    [
        (ENDED | {"total_seconds": 60}, 3 * MINUTE, False, False),
        (ENDED | {"total_seconds": 60}, 4 * MINUTE, False, True),
        (ENDED | {"wait_seconds": 30, "talk_seconds": 30}, 3 * MINUTE, False, False),
        (ENDED, 3 * MINUTE, False, True),
        (ENDED, -HOUR, False, False),
        (SILENT | {"total_seconds": 20}, 4 * MINUTE, False, True),
        (SILENT, 59 * MINUTE, False, False),
        (SILENT, 60 * MINUTE, False, True),
        (SILENT, 119 * MINUTE, True, False),
        (SILENT, 120 * MINUTE, True, True),
        (SILENT | {"is_final": False, "status": "IN PROGRESS"}, MINUTE, False, True),
    ],
    ids=[
        "ended 2 minutes ago",
        "ended 3 minutes ago",
        "ended 2 minutes ago by its parts",
        "of unknown length",
        "in the future",
        "rang and ended",
        "silent for 59 minutes",
        "silent for an hour",
        "silent, but a webhook said that it began",
        "silent for longer than a call lasts",
        "says itself that it goes on",
    ],
)
def test_call_list_row_is_reliable_once_its_call_has_ended(
    facts: dict[str, Any], ago: timedelta, in_progress: bool, settled: bool
) -> None:
    read_facts = CallFacts(ringostat_id=CALL_ID, exact_start=NOW - ago, **facts)

    assert is_reliable(read_facts, now=NOW, in_progress=in_progress) == settled


def test_call_list_row_without_a_time_is_reliable() -> None:
    assert is_reliable(CallFacts(ringostat_id=CALL_ID, **ENDED), now=NOW, in_progress=False)


# --- which rows are asked for ---


def test_first_catch_up_starts_when_the_customer_was_created(scenario: Scenario, ringostat: Ringostat) -> None:
    began(scenario, timezone.now() - HOUR)
    ringostat.calls = [row(uniqueid="before", ago=2 * HOUR), row(uniqueid="since", ago=30 * MINUTE)]

    catch_up(scenario.customer)

    assert [call.ringostat_id for call in Call.objects.all()] == ["since"]


def test_catch_up_reads_the_last_two_hours_again_and_moves_the_cursor_to_now(
    scenario: Scenario, ringostat: Ringostat
) -> None:
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=timezone.now() - HOUR)
    ringostat.calls = [row(uniqueid="long ago", ago=4 * HOUR), row(uniqueid="came late", ago=2 * HOUR)]

    assert fates(catch_up(scenario.customer)) == {"new": 1}
    assert Call.objects.get().ringostat_id == "came late"
    assert timezone.now() - read_until() < MINUTE


def test_failed_read_of_the_call_list_is_repeated_by_the_next_run(
    scenario: Scenario, ringostat: Ringostat, sandbox: Sandbox
) -> None:
    cursor = timezone.now() - 6 * HOUR
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=cursor)
    ringostat.calls = [row(ago=5 * HOUR)]
    sandbox.add_fault(Fault(path="/calls/list", status=503, times=1))

    report = catch_up(scenario.customer)
    assert "503" in report.error
    assert read_until() == cursor

    assert fates(catch_up(scenario.customer)) == {"new": 1}
    assert timezone.now() - read_until() < MINUTE


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="reset"),
        Fault(kind="html"),
        Fault(kind="cut_json", when="after"),
        Fault(status=200, body='{"ok": true}'),
    ],
    ids=["reset", "html", "cut json", "no list"],
)
def test_every_ringostat_error_is_reported_and_keeps_the_cursor(
    scenario: Scenario, ringostat: Ringostat, sandbox: Sandbox, fault: Fault
) -> None:
    cursor = timezone.now() - HOUR
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=cursor)
    sandbox.add_fault(fault)

    assert catch_up(scenario.customer).error
    assert read_until() == cursor


def test_wrong_auth_key_is_reported_without_showing_it(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.auth_key = "another"

    report = catch_up(scenario.customer)

    assert "401" in report.error
    assert "ringostat-key" not in str(report.as_json())


def test_ringostat_error_is_stored_with_its_start_until_a_read_succeeds(
    scenario: Scenario, ringostat: Ringostat
) -> None:
    ringostat.auth_key = "another"
    catch_up(scenario.customer)
    since = CatchUpCursor.objects.get().trouble_since
    catch_up(scenario.customer)

    cursor = CatchUpCursor.objects.get()
    assert (cursor.trouble, cursor.trouble_since) == ("Ringostat answered 401: the Auth-key is wrong.", since)

    ringostat.auth_key = ""
    catch_up(scenario.customer)

    cursor = CatchUpCursor.objects.get()
    assert (cursor.trouble, cursor.trouble_since) == ("", None)


def test_internal_error_is_reported_and_not_raised(scenario: Scenario, ringostat: Ringostat) -> None:
    with patch("integrations.services.intake.catch_up.parse_list_row", side_effect=ZeroDivisionError):
        ringostat.calls = [row()]
        assert "ZeroDivisionError" in catch_up(scenario.customer).error


def test_catch_up_cursor_waits_for_a_call_longer_than_the_overlap(scenario: Scenario, ringostat: Ringostat) -> None:
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=timezone.now() - 3 * HOUR)
    ringostat.calls = [unanswered_row(ago=4 * HOUR, disposition="IN PROGRESS")]
    catch_up(scenario.customer)
    assert read_until() < timezone.now() - 3 * HOUR + MINUTE

    CatchUpCursor.objects.update(read_until=timezone.now() - 4 * HOUR)
    ringostat.calls = [row(ago=4 * HOUR, duration=3 * 3600)]
    assert fates(catch_up(scenario.customer)) == {"completed": 1}
    assert timezone.now() - read_until() < MINUTE


def test_catch_up_cursor_does_not_wait_for_a_row_that_never_ends(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [unanswered_row(ago=13 * HOUR, disposition="IN PROGRESS")]
    catch_up(scenario.customer)

    assert timezone.now() - read_until() < MINUTE


def test_catch_up_cursor_is_never_moved_back(scenario: Scenario, ringostat: Ringostat) -> None:
    ahead = timezone.now() + DAY
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=ahead)

    catch_up(scenario.customer)

    assert read_until() == ahead


def test_catch_up_cursor_in_the_future_hides_no_calls(scenario: Scenario, ringostat: Ringostat) -> None:
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=timezone.now() + DAY)
    ringostat.calls = [row(ago=HOUR)]

    assert fates(catch_up(scenario.customer)) == {"new": 1}


def test_catch_up_of_an_explicit_window_reads_it_whole_and_keeps_the_cursor(
    scenario: Scenario, ringostat: Ringostat
) -> None:
    ringostat.calls = [row(uniqueid=f"day {days}", ago=days * DAY + HOUR) for days in range(40)]
    now = timezone.now()

    report = catch_up(scenario.customer, window=Window(start=now - 30 * DAY, end=now - 10 * DAY))

    assert fates(report) == {"new": 20}
    assert not CatchUpCursor.objects.exists()


def test_catch_up_reads_a_long_gap_day_by_day_and_a_stop_loses_no_day(scenario: Scenario, ringostat: Ringostat) -> None:
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=timezone.now() - 4 * DAY)
    ringostat.calls = [row(uniqueid=f"day {days}", ago=days * DAY + HOUR) for days in range(4)]

    catch_up(scenario.customer, should_stop=lambda: len(ringostat.requests) == 2)
    assert len(ringostat.requests) == 2
    assert timedelta(0) <= read_until() - (timezone.now() - 3 * DAY - OVERLAP - MINUTE) < 2 * MINUTE

    catch_up(scenario.customer)
    assert Call.objects.count() == 4


@pytest.mark.parametrize("zone", ["Europe/Kyiv", "Europe/Warsaw", "Asia/Tokyo"])
def test_catch_up_window_is_requested_in_the_projects_time_zone(
    make_scenario: Callable[..., Scenario], db: None, ringostat: Ringostat, zone: str
) -> None:
    ringostat.zone = ZoneInfo(zone)
    ringostat.calls = [row(calldate="2026-02-10T10:30:00+0000")]
    window = Window(start=datetime(2026, 2, 10, 10, 0, tzinfo=UTC), end=datetime(2026, 2, 10, 11, 0, tzinfo=UTC))

    catch_up(make_scenario(timezone=zone).customer, window=window)

    local = [moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") for moment in (window.start, window.end)]
    assert asked(ringostat) == [tuple(local)]
    assert Call.objects.get().started_at == datetime(2026, 2, 10, 10, 30, tzinfo=UTC)


class _OneReading(Ringostat):
    """Takes an hour that comes twice always for its first, or always for its second time."""

    fold = 0

    def _moment(self, text: str) -> datetime:
        return super()._moment(text).replace(fold=self.fold).astimezone(UTC)


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("half_hours", range(0, 9, 2))
def test_no_call_is_lost_in_the_night_of_the_clock_change(
    scenario: Scenario, sandbox: Sandbox, half_hours: int, fold: int
) -> None:
    """In Kyiv 03:30 occurs twice in that night."""
    half_hour = timedelta(minutes=30)
    night = datetime(2026, 10, 24, 22, 45, tzinfo=UTC)
    began_at = night + half_hours * half_hour
    began(scenario, night - DAY)
    CatchUpCursor.objects.create(customer=scenario.customer, read_until=night)
    sandbox.ringostat = _OneReading()
    sandbox.ringostat.fold = fold
    sandbox.ringostat.calls = [row(calldate=at(began_at))]

    for step in range(16):
        with patch("integrations.services.intake.catch_up.database_time", return_value=night + step * half_hour):
            catch_up(scenario.customer)

    assert Call.objects.get().started_at == began_at


# --- whose rows are asked for ---


def test_a_customer_without_a_key_is_skipped_without_a_request(
    make_scenario: Callable[..., Scenario], db: None, ringostat: Ringostat, sandbox: Sandbox
) -> None:
    scenario = make_scenario(ringostat={"project_id": "110070", "api_url": sandbox.url})

    report = catch_up(scenario.customer)

    assert "no Ringostat Auth-key" in report.skipped
    assert ringostat.requests == []
    assert customers_to_catch_up() == []


def test_call_list_fields_that_a_project_refuses_are_omitted_and_reported(
    scenario: Scenario, ringostat: Ringostat
) -> None:
    ringostat.rejected_fields = {"recording_wav"}
    ringostat.calls = [row()]

    report = catch_up(scenario.customer)

    assert (fates(report), report.dropped_fields) == ({"new": 1}, ("recording_wav",))


def test_refused_call_list_fields_are_requested_again_on_the_next_day_only(
    scenario: Scenario, ringostat: Ringostat
) -> None:
    ringostat.rejected_fields = {"recording_wav"}
    for _ in range(2):
        assert catch_up(scenario.customer).dropped_fields == ("recording_wav",)
    assert CatchUpCursor.objects.get().refused_fields == ["recording_wav"]
    assert ["recording_wav" in request.query for request in ringostat.requests[-2:]] == [False, False]

    ringostat.rejected_fields = set()
    CatchUpCursor.objects.update(read_until=timezone.now() - DAY)
    assert catch_up(scenario.customer).dropped_fields == ()
    assert CatchUpCursor.objects.get().refused_fields == []


@pytest.mark.django_db(transaction=True)
def test_periodic_job_enqueues_one_low_priority_job_per_customer(
    make_scenario: Callable[..., Scenario], ringostat: Ringostat
) -> None:
    scenario = make_scenario()
    lock = f"catch_up:{scenario.customer.pk}"
    for _run in range(2):
        catch_up_all(timestamp=0)

    job = ProcrastinateJob.objects.get(queueing_lock=lock)
    assert (job.task_name, job.args, job.lock) == ("catch_up", {"customer_id": scenario.customer.pk}, lock)
    assert job.priority < 0


def test_catch_up_without_customers_enqueues_nothing(db: None) -> None:
    before = ProcrastinateJob.objects.count()
    catch_up_soon([])

    assert ProcrastinateJob.objects.count() == before


def test_catch_up_report_counts_every_row_once(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(uniqueid="1"), row(uniqueid="2", ago=3 * MINUTE), row(uniqueid="")]

    report = catch_up(scenario.customer).as_json()

    assert report["rows"] == sum(int(str(report[fate.value])) for fate in Fate) == 3


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_is_held_during_a_ringostat_request(scenario: Scenario) -> None:
    assert ringostat_client(scenario.customer) is not None
    assert connection.connection is None
