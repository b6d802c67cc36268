"""The filters of the call list: which calls each one finds."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from integrations.calllog.list.filters import MAX_MENU_CUSTOMERS
from integrations.models import CallState, Customer
from tests.factories import (
    MISSED,
    NOON,
    OUTGOING,
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_viewer,
)

pytestmark = pytest.mark.django_db

KYIV = ZoneInfo("Europe/Kyiv")


def listed(log: Client, query: str) -> set[int]:
    return {row.id for row in log.get(f"/calls/{query}").context["rows"]}


def test_each_extended_filter_shows_only_matching_calls(log: Client) -> None:
    customer = make_customer(name="Acme")
    employee = make_employee(customer)
    known = make_call(customer, employee=employee)
    unknown = make_call(customer, state=CallState.SKIPPED, reason="unknown_employee")
    bare = make_call(make_customer(), call_facts(**OUTGOING, has_recording=False))

    found = {
        query: listed(log, query)
        for query in (
            f"?employee={employee.pk}",
            "?reason=unknown_employee",
            "?unmatched=true",
            "?unmatched=false",
            "?recording=true",
            "?recording=false",
            "?utm_source=google",
            "?utm_source=Google+Ads",
            "?customer=acme",
        )
    }

    assert list(found.values()) == [
        {known.pk},
        {unknown.pk},
        {unknown.pk},
        {known.pk, bare.pk},
        {known.pk, unknown.pk},
        {bare.pk},
        {known.pk, unknown.pk},
        set(),
        {known.pk, unknown.pk},
    ]


@pytest.mark.parametrize(
    "query", ["?customer=0", "?customer=Nobody", "?employee=0", "?state=x", "?hour=24", "?period=x", "?first_day=x"]
)
def test_invalid_filter_shows_no_call_and_can_be_removed(log: Client, query: str) -> None:
    make_call(make_customer())

    response = log.get(f"/calls/{query}")

    assert response.context["rows"] == []
    assert "A filter is invalid" in response.content.decode()
    (active,) = response.context["active_filters"]
    assert "invalid" in active.value
    assert len(listed(log, active.url_without)) == 1


@pytest.mark.parametrize(
    ("query", "minutes"),
    [
        ("?first_day=2026-03-02&last_day=2026-03-02&hour=12", {0, 59}),
        ("?first_day=2026-03-02&last_day=2026-03-02&hour=13", {60}),
        ("?first_day=2026-03-02&hour=12", {-1, 0, 59, 60}),
    ],
    ids=["hour", "next hour", "an hour of no single day"],
)
def test_hour_filter_shows_calls_of_that_hour(log: Client, query: str, minutes: set[int]) -> None:
    customer = make_customer()
    noon = datetime(2026, 3, 2, 12, tzinfo=KYIV)
    calls = {minute: make_call(customer, started_at=noon + timedelta(minutes=minute)).pk for minute in (-1, 0, 59, 60)}

    assert listed(log, query) == {calls[minute] for minute in minutes}


def test_hour_filter_covers_the_repeated_hour(log: Client) -> None:
    twice = datetime(2026, 10, 25, 3, 30, tzinfo=KYIV)
    customer = make_customer()
    calls = {make_call(customer, started_at=twice.replace(fold=fold)).pk for fold in (0, 1)}

    assert listed(log, "?first_day=2026-10-25&last_day=2026-10-25&hour=3") == calls


def test_active_filters_are_named_and_removed_one_by_one(log: Client) -> None:
    customer = make_customer(name="Acme")
    query = (
        f"?customer={customer.pk}&direction=incoming&recording=false&period=7_days&state=failed&first_day=2026-03-02"
    )

    active = log.get(f"/calls/{query}").context["active_filters"]

    assert {str(each.label): each.value for each in active} == {
        "Customer": "Acme",
        "Direction": "Incoming",
        "From": "2 Mar 2026",
        "Recording": "Not recorded",
        "State": "Failed",
    }
    for each in active:
        kept = QueryDict(each.url_without.removeprefix("?"))
        assert len(kept) == len(QueryDict(query.removeprefix("?"))) - 1


def test_employee_filter_offers_employees_of_the_chosen_customer(log: Client) -> None:
    one, other = make_customer(), make_customer()
    make_employee(one, name="Iryna Bondar")
    make_employee(other, name="Oleh Tkachenko")

    assert '<select name="employee"' not in log.get("/calls/?all=1").content.decode()
    html = log.get(f"/calls/?customer={one.pk}").content.decode()
    assert "Iryna Bondar</option>" in html
    assert "Oleh Tkachenko" not in html


def test_customer_filter_is_typed_when_there_are_many(log: Client) -> None:
    make_customer(name="Acme & Sons")
    Customer.objects.bulk_create(
        Customer(name=f"Number {number}", planfix_url="https://x.planfix.com") for number in range(MAX_MENU_CUSTOMERS)
    )

    html = log.get("/calls/?customer=Number 7").content.decode()
    names = log.get("/calls/customers/").content.decode()

    assert 'value="Number 7"' in html
    assert '<option value="Acme &amp; Sons">' in names
    assert names.count("<option") == MAX_MENU_CUSTOMERS + 1


def test_customer_filter_suggests_viewers_only_visible_names(client: Client) -> None:
    own, foreign = make_customer(name="Own"), make_customer(name="Foreign")
    client.force_login(make_viewer(own))

    assert client.get("/calls/customers/").content.decode() == '<option value="Own">'
    assert client.get(f"/calls/?customer={foreign.pk}").context["rows"] == []
    assert client.get("/calls/?customer=Foreign").context["rows"] == []


def test_page_fragments_require_a_login(client: Client) -> None:
    for address in ("/calls/?before=1-1", "/calls/news/", "/calls/chart/"):
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 401
        assert client.get(address).status_code == 302


def test_polled_news_contain_only_calls_newer_than_the_newest_shown(log: Client) -> None:
    customer = make_customer()
    make_call(customer, started_at=NOON)
    position = log.get("/calls/?all=1").context["rows"][0].position
    make_call(customer, started_at=NOON)
    make_call(customer, call_facts(**MISSED), started_at=NOON + timedelta(seconds=1))
    make_call(customer, started_at=NOON - timedelta(seconds=1))

    every, missed = (log.get(f"/calls/news/?after={position}{query}") for query in ("", "&outcome=missed"))
    rows = log.get(f"/calls/?after={position}", headers={"HX-Request": "true"})

    assert (every.context["count"], missed.context["count"]) == (2, 1)
    assert len(rows.context["rows"]) == 2
    assert rows.context["older"] == ""


@pytest.mark.parametrize("query", ["utm_source=google", "reason=refused", "recording=true", "number=067"])
def test_chips_count_calls_under_filters_without_stored_counts(log: Client, query: str) -> None:
    customer = make_customer()
    for state in (CallState.FAILED, CallState.FAILED, CallState.PENDING):
        make_call(customer, state=state, reason="refused", started_at=timezone.now())
    make_call(customer, call_facts(**OUTGOING | {"destination": "0501112233"}, has_recording=False))
    expected = {"All": 3, "Waiting": 1, "Failed": 2}

    chips = log.get(f"/calls/?{query}").context["chips"]

    assert {str(chip.label): chip.count for chip in chips if chip.count} == expected


def test_incomplete_call_counts_are_marked(log: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.calllog.list.counts.MAX_BY_STATE", 2)
    customer = make_customer()
    for _ in range(4):
        make_call(customer)

    assert "3+" in log.get("/calls/?recording=true").content.decode()
    assert "3+" not in log.get("/calls/?outcome=answered").content.decode()


def many_customers(*names: str) -> list[Customer]:
    named = [make_customer(name=name) for name in names]
    Customer.objects.bulk_create(Customer(name=f"Number {number}") for number in range(MAX_MENU_CUSTOMERS))
    return named


def test_customer_is_found_by_part_of_the_name_among_many(log: Client) -> None:
    (acme,) = many_customers("Acme Logistics")
    call = make_call(acme)

    assert listed(log, "?customer=acme") == {call.pk}


def test_customer_whose_name_is_a_number_is_found_by_it(log: Client) -> None:
    (named,) = many_customers("987654321")
    call = make_call(named)

    assert listed(log, "?customer=987654321") == {call.pk}
    assert listed(log, f"?customer={named.pk}") == {call.pk}


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("0", "No customer is named “0”."),
        ("acme", "Several customers match: Acme Logistics, Acme Plus."),
        ("umber", "Several customers match: Number 0, Number 1, Number 10, Number 11, Number 12, …."),
        ("nobody", "No customer is named “nobody”."),
    ],
)
def test_unclear_customer_name_says_which_names_match(log: Client, typed: str, message: str) -> None:
    many_customers("Acme Logistics", "Acme Plus")

    response = log.get("/calls/", {"customer": typed})

    assert response.context["filter"].form.errors["customer"] == [message]
    assert response.context["rows"] == []


def test_customer_field_suggests_names_that_contain_the_text(log: Client) -> None:
    many_customers("Acme Logistics", "The Acme")

    names = log.get("/calls/customers/?customer=acme").content.decode()

    assert names == '<option value="Acme Logistics"><option value="The Acme">'


@pytest.mark.parametrize("query", ["?call_id=ua7_-1772445600.77", "?call_id=2445600.77", "?call_id=ua7_-1772"])
def test_call_is_found_by_its_id_and_by_the_start_or_end_of_it(log: Client, query: str) -> None:
    call = make_call(make_customer(), call_facts(ringostat_id="ua7_-1772445600.77"))
    make_call(make_customer(), call_facts(ringostat_id="ua8_-1800000000.7"))

    response = log.get(f"/calls/{query}")

    assert [row.id for row in response.context["rows"]] == [call.pk]
    assert response.context["totals"].calls == 1
