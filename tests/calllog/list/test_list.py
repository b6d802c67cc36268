"""The call list: its rows, the parts that load later, and its number of queries."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.calllog.list.keyset_paging import PAGE_SIZE
from integrations.models import Call, CallState, RememberedContact
from tests.factories import (
    MISSED,
    NOON,
    OUTGOING,
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_specialist,
    make_superuser,
    make_viewer,
)

pytestmark = pytest.mark.django_db

KYIV = ZoneInfo("Europe/Kyiv")


def listed(log: Client, query: str = "") -> list[int]:
    return [row.id for row in log.get(f"/calls/{query}").context["rows"]]


def test_call_list_requires_a_login(client: Client, settings: Any) -> None:
    settings.LOGIN_URL = "calllog:login"

    response = client.get("/calls/?state=failed")

    assert response["Location"] == "/calls/login/?next=/calls/%3Fstate%3Dfailed"


def test_call_list_shows_the_newest_call_first(log: Client) -> None:
    customer = make_customer()
    old, new = make_call(customer, started_at=NOON), make_call(customer, started_at=NOON + timedelta(seconds=1))
    twin = make_call(customer, started_at=NOON)

    assert listed(log) == [new.pk, twin.pk, old.pk]


def test_paging_through_the_call_list_shows_every_call_once_and_in_order(log: Client) -> None:
    customers = [make_customer(), make_customer()]
    # Three to each second, so that pages end among calls of one moment.
    calls = [
        make_call(customers[number % 2], started_at=NOON + timedelta(seconds=number // 3), receipts={})
        for number in range(2 * PAGE_SIZE + 5)
    ]

    seen, address = [], "?"
    while address:
        context = log.get(f"/calls/{address}").context
        seen += [row.id for row in context["rows"]]
        address = context["older"]

    assert seen == [call.pk for call in sorted(calls, key=lambda call: (call.started_at, call.pk), reverse=True)]


def test_new_call_does_not_shift_older_pages(log: Client) -> None:
    customer = make_customer()
    calls = [make_call(customer, started_at=NOON + timedelta(seconds=number)) for number in range(PAGE_SIZE + 2)]
    older = log.get("/calls/").context["older"]

    make_call(customer, started_at=NOON + timedelta(days=1))

    assert listed(log, older) == [calls[1].pk, calls[0].pk]


def test_next_page_of_calls_keeps_the_filters(log: Client) -> None:
    customer = make_customer()
    for number in range(PAGE_SIZE + 1):
        make_call(customer, started_at=NOON + timedelta(seconds=number), state=CallState.FAILED)
    make_call(customer, started_at=NOON - timedelta(days=1))

    older = log.get("/calls/?state=failed&number=067").context["older"]

    assert "state=failed" in older
    assert len(listed(log, older)) == 1


def test_htmx_request_to_the_call_list_gets_only_rows(log: Client) -> None:
    make_call(make_customer())

    html = log.get("/calls/?before=9999999999999999-1", headers={"HX-Request": "true"}).content.decode()

    assert html.strip().startswith("<tr")


@pytest.mark.parametrize("before", ["x", "1", "1-x", "9" * 18 + "-1", "-" + "9" * 18 + "-1", "1-" + "9" * 19])
def test_malformed_page_position_is_not_found(log: Client, before: str) -> None:
    assert log.get(f"/calls/?before={before}").status_code == 404


@pytest.mark.parametrize("make", [make_superuser, make_specialist], ids=["superuser", "specialist"])
@pytest.mark.parametrize("query", ["", "?state=failed&number=067&period=7_days", "?before=9999999999999999-1"])
def test_full_page_of_calls_makes_few_queries(client: Client, make: Any, query: str) -> None:
    client.force_login(make())
    for zone in ("Europe/Kyiv", "Europe/Warsaw", "Asia/Almaty"):
        customer = make_customer(timezone=zone)
        employee = make_employee(customer)
        for number in range(20):
            now = timezone.now() - timedelta(minutes=number)
            make_call(customer, state=CallState.FAILED, reason="refused", employee=employee, started_at=now)

    client.get("/calls/chart/")  # the first request of a minute also notes that the session is in use
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/calls/{query}")

    assert len(response.context["rows"]) == PAGE_SIZE
    assert len(queries) <= 12


@pytest.mark.parametrize("query", ["", "?number=0671", "?employee={employee}", "?call_id=x", "?period=7_days"])
def test_viewers_page_of_calls_makes_few_queries(client: Client, query: str) -> None:
    customer = make_customer()
    client.force_login(make_viewer(customer))
    employee = make_employee(customer)
    for _ in range(30):
        make_call(customer, employee=employee)

    client.get("/calls/chart/")  # the first request of a minute also notes that the session is in use
    with CaptureQueriesContext(connection) as queries:
        client.get("/calls/" + query.format(employee=employee.pk))

    assert len(queries) <= 12


@pytest.mark.parametrize(
    "spelling",
    [
        "+380671234567",
        "380671234567",
        "0671234567",
        "067 123-45-67",
        "+38 (067) 123 45 67",
        "80671234567",
        "1234567",
        "4567",
        "067 123",
        "67 12",
        "+38067",
    ],
)
def test_number_is_found_in_any_spelling_and_in_part(log: Client, spelling: str) -> None:
    customer = make_customer()
    call = make_call(customer)
    make_call(customer, call_facts(e164="+380509998877", caller=""))

    response = log.get("/calls/", {"number": spelling})

    assert [row.id for row in response.context["rows"]] == [call.pk]


def test_number_that_matches_at_its_start_and_end_is_counted_once(log: Client) -> None:
    make_call(make_customer(), call_facts(e164="380671230067"))

    chips = log.get("/calls/?number=067").context["chips"]

    assert next(chip.count for chip in chips) == 1


def test_searched_local_number_is_read_in_the_customers_country(log: Client) -> None:
    ukrainian, polish = make_customer(), make_customer(region="PL", timezone="Europe/Warsaw")
    make_call(ukrainian)
    call = make_call(polish, call_facts(e164="+48221234567", caller=""))

    assert listed(log, "?number=22+123+45+67") == [call.pk]


def test_calls_of_hidden_numbers_are_found_by_a_word_for_hidden(log: Client) -> None:
    customer = make_customer()
    make_call(customer)
    call = make_call(customer, call_facts(e164="", caller="anonymous"), state=CallState.SKIPPED, reason="hidden_number")

    assert listed(log, "?number=Anonym") == [call.pk]


def test_each_filter_shows_only_matching_calls(log: Client) -> None:
    customer, other = make_customer(), make_customer()
    answered = make_call(customer)
    missed = make_call(customer, call_facts(**MISSED), state=CallState.PENDING)
    outgoing = make_call(other, call_facts(**OUTGOING), state=CallState.SKIPPED, reason="unknown_employee")

    found = {
        query: set(listed(log, query))
        for query in (
            f"?customer={customer.pk}",
            "?direction=outgoing",
            "?outcome=missed",
            "?state=pending",
            f"?call_id={answered.ringostat_id}",
            "?direction=incoming&outcome=answered",
        )
    }

    assert list(found.values()) == [
        {answered.pk, missed.pk},
        {outgoing.pk},
        {missed.pk},
        {missed.pk},
        {answered.pk},
        {answered.pk},
    ]


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ("?first_day=2026-03-02&last_day=2026-03-02", {0, 23}),
        ("?first_day=2026-03-02", {0, 23, 24}),
        ("?last_day=2026-03-02", {-1, 0, 23}),
        ("?last_day=2026-03-01", {-1}),
    ],
)
def test_day_filter_uses_the_customers_zone(log: Client, query: str, hours: set[int]) -> None:
    customer = make_customer()
    midnight = datetime(2026, 3, 2, tzinfo=KYIV)
    calls = {hour: make_call(customer, started_at=midnight + timedelta(hours=hour)).pk for hour in (-1, 0, 23, 24)}

    assert set(listed(log, query)) == {calls[hour] for hour in hours}


def test_day_filter_uses_the_own_zone_of_each_customer(log: Client) -> None:
    kyiv, almaty = make_customer(), make_customer(timezone="Asia/Almaty")
    late = datetime(2026, 3, 2, 22, 0, tzinfo=KYIV)
    in_kyiv = make_call(kyiv, started_at=late)
    in_almaty = make_call(almaty, started_at=late)

    assert listed(log, "?first_day=2026-03-02&last_day=2026-03-02") == [in_kyiv.pk]
    assert listed(log, "?first_day=2026-03-03&last_day=2026-03-03") == [in_almaty.pk]


@pytest.mark.parametrize(("period", "days_ago"), [("today", {0}), ("yesterday", {1}), ("7_days", {0, 1, 6})])
def test_period_filter_counts_days_back_from_today(log: Client, period: str, days_ago: set[int]) -> None:
    customer = make_customer()
    noon = timezone.now().astimezone(KYIV).replace(hour=12, minute=0)
    calls = {days: make_call(customer, started_at=noon - timedelta(days=days)).pk for days in (0, 1, 6, 7)}

    assert set(listed(log, f"?period={period}")) == {calls[days] for days in days_ago}


def test_explicit_days_override_a_period(log: Client) -> None:
    call = make_call(make_customer(), started_at=NOON)

    assert listed(log, "?period=today&first_day=2026-03-01") == [call.pk]


@pytest.mark.parametrize("day", ["31.02.2026", "9999-12-31", "0001-01-01", "x"])
def test_invalid_day_is_reported_beside_its_field(log: Client, day: str) -> None:
    response = log.get("/calls/", {"last_day": day, "first_day": day})

    assert response.status_code == 200
    assert response.context["filter"].form.errors.keys() == {"first_day", "last_day"}


def test_state_chips_count_calls_under_the_other_filters(log: Client) -> None:
    customer, other = make_customer(), make_customer()
    for state in CallState:
        make_call(customer, state=state)
    make_call(customer, state=CallState.FAILED)
    make_call(other, state=CallState.FAILED)

    chips = log.get(f"/calls/?customer={customer.pk}&state=failed").context["chips"]

    assert [chip.count for chip in chips] == [6, 1, 1, 1, 1, 2]
    assert [str(chip.label) for chip in chips if chip.is_chosen] == ["Failed"]


def test_state_chip_keeps_the_other_filters(log: Client) -> None:
    customer, other = make_customer(), make_customer()
    call = make_call(customer, state=CallState.SKIPPED, reason="hidden_number")
    make_call(other, state=CallState.SKIPPED, reason="hidden_number")

    chips = log.get(f"/calls/?customer={customer.pk}").context["chips"]

    assert listed(log, chips[4].url) == [call.pk]


@pytest.mark.parametrize(
    ("facts", "columns", "expected"),
    [
        ({}, {}, ["2 Mar, 12:00:00", "Incoming, answered", "+380 67 123 45 67", "1:03 / 0:12", "google", "In Planfix"]),
        (MISSED, {}, ["Incoming, missed", "0:00 / 0:12"]),
        (OUTGOING, {}, ["Outgoing, answered", "+380 67 123 45 67"]),
        ({"talk_seconds": 3723}, {}, ["1:02:03"]),
        ({"is_final": False, "status": ""}, {"state": "in_progress"}, ["Incoming", "In progress"]),
        ({}, {"state": "skipped", "reason": "hidden_number"}, ["Skipped", "number is hidden"]),
        (
            {},
            {"state": "pending", "reason": "unavailable", "receipts": {"attempts": 3}},
            ["Waiting", "Planfix did not answer", "3 attempts"],
        ),
        ({}, {"state": "failed", "reason": "new_reason"}, ["Failed", "new_reason"]),
        (
            {},
            {"receipts": {"contact_id": 812, "task_id": 55, "comment_id": 9}},
            ["https://acme.planfix.com/contact/812", "https://acme.planfix.com/task/55?comment=9"],
        ),
        ({}, {"receipts": {"contact_id": 812, "comment_id": 9}}, ["https://acme.planfix.com/contact/812?comment=9"]),
        ({"employee_name": "New Comer"}, {}, ["New Comer"]),
        ({"employee_name": "", "connected_with": "SIP/acmecom_new"}, {}, ["acmecom_new"]),
    ],
)
def test_list_row_shows_call_details(
    log: Client, facts: dict[str, Any], columns: dict[str, Any], expected: list[str]
) -> None:
    make_call(make_customer(), call_facts(**facts), **columns)

    html = " ".join(log.get("/calls/").content.decode().split())

    assert [text for text in expected if text not in html] == []


def test_list_row_shows_the_mapped_employees_name(log: Client) -> None:
    customer = make_customer()
    make_call(customer, employee=make_employee(customer, name="Oleh Tkachenko"))

    assert "Oleh Tkachenko" in log.get("/calls/").content.decode()


def test_list_row_says_that_the_customer_is_paused(log: Client) -> None:
    make_call(make_customer(paused_reason="The token is switched off."), state=CallState.PENDING)

    assert "the customer is paused" in log.get("/calls/").content.decode()


def test_webhook_values_cannot_become_markup(log: Client) -> None:
    make_call(make_customer(), call_facts(employee_name="<img src=x>", parameters={"utm_source": "<b>x</b>"}))

    html = log.get("/calls/").content.decode()

    assert "<img src=x>" not in html
    assert "<b>x</b>" not in html


@pytest.mark.parametrize(
    ("query", "words"), [("", "paste them into the webhooks"), ("?state=failed", "Choose a longer period")]
)
def test_empty_call_list_says_what_to_do(log: Client, query: str, words: str) -> None:
    assert words in log.get(f"/calls/{query}").content.decode()


def test_list_names_the_customer_only_if_there_are_several(log: Client) -> None:
    customer = make_customer(name="The One")
    make_call(customer)
    alone = log.get("/calls/").content.decode()
    make_customer()

    together = log.get("/calls/").content.decode()

    assert not re.search(r"text-xs\">The One<", alone)
    assert re.search(r"text-xs\">The One<", together)


def test_client_name_from_planfix_is_shown_with_the_call_of_its_contact(log: Client) -> None:
    customer = make_customer()
    for number, contact_id in (("+380671234567", 8), ("+380501112233", 9)):
        name = f"Name {contact_id}"
        RememberedContact.objects.create(customer=customer, number=number, contact_id=contact_id, name=name)
    calls = {
        make_call(customer, receipts={"contact_id": 8}).pk: "Name 8",
        make_call(customer, state=CallState.FAILED).pk: "Name 8",
        make_call(customer, receipts={"contact_id": 7}).pk: "",
        make_call(make_customer()).pk: "",
    }

    rows = log.get("/calls/").context["rows"]

    assert {row.id: row.client_name for row in rows} == calls


def test_row_links_to_all_calls_of_its_number(log: Client) -> None:
    customer = make_customer()
    calls = {make_call(customer).pk, make_call(customer, call_facts(**OUTGOING)).pk}
    make_call(customer, call_facts(e164="+380501112233", caller=""))

    row = next(row for row in log.get("/calls/").context["rows"] if row.id in calls)

    assert set(listed(log, row.number_url)) == calls


@pytest.mark.parametrize(
    ("changes", "can_play"), [({}, True), ({"has_recording": False}, False), ({"recording_url": ""}, False)]
)
def test_row_offers_to_play_a_recording_that_has_a_link(log: Client, changes: dict[str, Any], can_play: bool) -> None:
    call = make_call(make_customer(), call_facts(**changes))

    (row,) = log.get("/calls/").context["rows"]

    assert row.recording_url == (f"/calls/{call.pk}/recording" if can_play else "")


def live_rows(log: Client, rows: list[Any]) -> list[int]:
    live = ",".join(f"{row.id}.{row.version}" for row in rows if row.version)
    return [row.id for row in log.get("/calls/news/", {"after": "9000000000000000-1", "live": live}).context["rows"]]


def test_polled_news_contain_waiting_rows_that_changed(log: Client) -> None:
    customer = make_customer()
    waiting, delivered = (make_call(customer, state=CallState.PENDING) for _ in range(2))
    make_call(customer)
    rows = log.get("/calls/").context["rows"]
    assert live_rows(log, rows) == []

    Call.objects.filter(pk=delivered.pk).update(state=CallState.DELIVERED, due_at=None)

    assert live_rows(log, rows) == [delivered.pk]
    assert waiting.pk in [row.id for row in rows if row.version]


def test_polled_news_contain_no_row_of_another_customer(client: Client) -> None:
    foreign = make_call(make_customer(), state=CallState.PENDING)
    client.force_login(make_viewer(make_customer()))

    assert client.get("/calls/news/", {"live": f"{foreign.pk}.x"}).context["rows"] == []


@pytest.mark.parametrize("live", ["", ",", "x", "1", "1.", "99999999999999999999.x", "1.x," * 500])
def test_malformed_row_list_in_a_poll_is_no_error(log: Client, live: str) -> None:
    assert log.get("/calls/news/", {"live": live}).status_code == 200


def test_totals_count_only_filtered_calls(log: Client) -> None:
    customer = make_customer()
    for _ in range(2):
        make_call(customer)
    make_call(customer, call_facts(**MISSED), state=CallState.SKIPPED, reason="hidden_number")
    make_call(customer, call_facts(is_final=False, status=""), state=CallState.IN_PROGRESS)

    every, skipped = (log.get(f"/calls/{query}").context["totals"] for query in ("", "?state=skipped"))

    assert (every.calls, every.answered_percent) == (4, 67)
    assert (skipped.calls, skipped.answered_percent) == (1, 0)


def test_talk_time_is_summed_and_averaged_over_the_filtered_calls(log: Client) -> None:
    customer = make_customer()
    for seconds in (30, 90):
        make_call(customer, call_facts(talk_seconds=seconds))
    make_call(customer, call_facts(**MISSED))
    make_call(customer, call_facts(talk_seconds=3600, e164="+380501112233", caller=""))

    text = " ".join(log.get("/calls/talk/?number=0671234567").content.decode().split())

    assert text == "· <strong>2:00</strong> talk time (average talk 1:00)"


def test_talk_time_of_many_calls_is_averaged_over_the_newest(log: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.calllog.list.counts.MAX_TALKS", 2)
    customer = make_customer()
    for number, seconds in enumerate((1, 60, 60, 60)):
        make_call(customer, call_facts(talk_seconds=seconds), started_at=NOON + timedelta(seconds=number))

    talk = log.get("/calls/talk/").context["talk"]

    assert (talk.is_complete, talk.average) == (False, 60)


def test_talk_time_without_a_call_is_left_out(log: Client) -> None:
    assert log.get("/calls/talk/").content.decode().strip() == ""
    assert log.get("/calls/talk/?first_day=x").content.decode().strip() == ""


def test_chart_is_closed_while_a_number_is_searched(log: Client) -> None:
    make_call(make_customer())

    assert log.get("/calls/").context["is_chart_open"]
    assert not log.get("/calls/?number=067").context["is_chart_open"]
