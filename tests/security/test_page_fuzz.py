"""No parameter value of any page causes a server error or shows a viewer another customer's data."""

from __future__ import annotations

import os

import pytest
from django.db import OperationalError, connection

from tests.security.page_fuzz import FOREIGN, client_of, fuzz, make_world, pages, send, unchanged

MOST = int(os.environ.get("PAGE_FUZZ_REQUESTS", "120"))
"""Requests of each run; `python -m bench page_fuzz` sends them all."""

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _nothing_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    from integrations.calllog.call import recording
    from integrations.services.recordings.proxy import NoRecording, NoRecordingReason

    def no_recording(*arguments: object, **named: object) -> None:
        raise NoRecording(NoRecordingReason.GONE)

    monkeypatch.setattr(recording, "open_recording", no_recording)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("who", ["viewer", "superuser"])
def test_no_parameter_value_causes_an_error_or_shows_another_customer(who: str, method: str) -> None:
    world = make_world()
    before = unchanged(world)

    figures = fuzz(world, getattr(world, who), method, MOST)

    print(f"\n{method} as {who}: {figures}")
    assert figures.failures == []
    assert figures.leaks == []
    assert figures.requests > 100
    assert unchanged(world) == before


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "1999-12-31", "2100-01-02"])
@pytest.mark.parametrize("address", ["/calls/", "/calls/chart/", "/calls/news/", "/calls/export.csv", "/api/v1/calls/"])
def test_extreme_dates_cause_no_server_error(address: str, day: str) -> None:
    client = client_of(make_world().superuser)
    ranges = ([("first_day", day)], [("last_day", day)], [("first_day", day), ("last_day", day), ("hour", "23")])

    for parameters in (*ranges, [("started_after", f"{day}T23:59:59+14:00")]):
        answer = send(client, "GET", address, [(name, value.encode()) for name, value in parameters])
        assert answer.status < 500, answer.error


def test_leak_check_finds_the_markers_of_the_other_customer() -> None:
    """Without these markers the test above could not find a leak."""
    world = make_world()
    client = client_of(world.superuser)

    told = "".join(
        send(client, "GET", page.address(world.foreign), []).text for page in pages() if "<int:call_id>" in page.route
    )
    assert [mark for mark in FOREIGN if mark not in told] == []


def test_page_fuzz_notices_a_failing_page(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()

    def fail(*arguments: object, **named: object) -> None:
        raise OperationalError

    monkeypatch.setattr("integrations.calllog.list.views.active_filters", fail)

    assert send(client_of(world.viewer), "GET", "/calls/", []).status == 500
    assert connection.is_usable()
