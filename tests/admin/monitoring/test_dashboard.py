"""The dashboard of the console and the overview of one customer: problems, pausing and resuming."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.admin.monitoring import phone_library_age
from integrations.models import BackgroundJob, CallState, Customer
from integrations.services.queue.defer import DELIVER_CALLS
from tests.factories import (
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_specialist,
    make_superuser,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def page_of(customer: Customer) -> str:
    return reverse("admin:integrations_customer_overview", args=[customer.pk])


def names(console: Client, query: str = "") -> list[str]:
    rows = console.get(f"/admin/{query}").context["rows"]
    return [row.status.customer.name for row in rows]


# --- the list ---


@pytest.fixture
def customers() -> dict[str, Customer]:
    """Three customers: a failing one and two new ones."""
    made = {name: make_customer(name=name) for name in ("Acme", "Borshch", "Cafe")}
    for customer in made.values():
        make_employee(customer)
    make_call(made["Cafe"], state=CallState.FAILED, finished_at=timezone.now())
    return made


def test_customers_with_problems_come_first(console: Client, customers: dict[str, Customer]) -> None:
    assert names(console) == ["Cafe", "Acme", "Borshch"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=bor", ["Borshch"]),
        ("?q=acme.planfix", ["Cafe", "Acme", "Borshch"]),
        ("?q=nobody", []),
        ("?light=FAILED", ["Cafe"]),
        ("?light=NEW", ["Acme", "Borshch"]),
        ("?light=NEW&q=BORSH", ["Borshch"]),
        ("?light=PURPLE", ["Cafe", "Acme", "Borshch"]),
        ("?page=999", ["Cafe", "Acme", "Borshch"]),
    ],
)
def test_dashboard_is_searched_and_filtered(
    console: Client, customers: dict[str, Customer], query: str, found: list[str]
) -> None:
    assert names(console, query) == found


def test_call_counts_of_a_customer_link_to_these_calls(console: Client, customers: dict[str, Customer]) -> None:
    html = console.get("/admin/").content.decode()

    assert f"{reverse('calllog:list')}?customer={customers['Cafe'].pk}&amp;state=failed" in html


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("name", ["Acme", "Borshch", "Cafe"]),
        ("-name", ["Cafe", "Borshch", "Acme"]),
        ("-failed", ["Cafe", "Borshch", "Acme"]),
        ("failed", ["Borshch", "Acme", "Cafe"]),
        ("-webhook", ["Borshch", "Cafe", "Acme"]),
        ("password", ["Cafe", "Borshch", "Acme"]),
    ],
)
def test_customer_list_is_sorted_by_its_columns(
    console: Client, customers: dict[str, Customer], sort: str, found: list[str]
) -> None:
    make_event(make_call(customers["Borshch"]))

    assert names(console, f"?sort={sort}") == found


def test_column_heading_sorts_the_customers_and_reverses_the_order(
    console: Client, customers: dict[str, Customer]
) -> None:
    def heading(query: str) -> Any:
        return console.get(f"/admin/{query}").context["headings"][4]

    assert heading("?q=a").address == "?q=a&sort=-failed"
    assert (heading("?sort=-failed").direction, heading("?sort=-failed").address) == ("descending", "?sort=failed")


def test_further_pages_of_customers_keep_search_filter_and_order(console: Client) -> None:
    for number in range(60):
        make_customer(name=f"Acme {number:02}")

    page = console.get("/admin/?q=acme&light=NO_EMPLOYEES&sort=-name&page=2")

    assert [row.customer.name for row in page.context["rows"]][:2] == ["Acme 34", "Acme 33"]
    assert 'href="?q=acme&amp;light=NO_EMPLOYEES&amp;sort=-name&amp;page=3"' in page.content.decode()


def test_list_of_customers_is_the_first_page(console: Client) -> None:
    response = console.get("/admin/integrations/customer/", {"q": "acme", "call_target": "contact"})

    assert (response.status_code, response["Location"]) == (302, "/admin/?q=acme")


def test_customer_row_links_to_every_action_on_the_customer(client: Client) -> None:
    client.force_login(make_superuser())
    customer = make_customer()

    html = client.get("/admin/").content.decode()

    pages = ("change/", "copy/", "delete/", "overview/#pausing")
    assert [f'href="/admin/integrations/customer/{customer.pk}/{page}"' in html for page in pages] == [True] * 4
    assert f'value="{customer.pk}" form="selected-customers"' in html
    assert 'action="/admin/integrations/customer/"' in html


# --- the pictures ---


def test_tiles_show_the_totals_of_all_customers(console: Client) -> None:
    now = timezone.now()
    customer, other = make_customer(), make_customer()
    for state, reason in (("delivered", ""), ("failed", "refused"), ("skipped", "unknown_employee")):
        make_call(customer, call_facts(exact_start=now), state=state, reason=reason, due_since=now, finished_at=now)
    make_call(other, call_facts(exact_start=now), state="pending", due_since=now - timedelta(hours=3))
    make_call(other, call_facts(exact_start=now), state="skipped", reason="internal_call")

    tiles = {tile.label: (tile.value, tile.note) for tile in console.get("/admin/").context["tiles"]}

    assert tiles == {
        "Calls today": ("5", "yesterday 0"),
        "In Planfix": ("20 %", "1 of 5 calls, 7 days"),
        "Time to Planfix": ("0 s", "95 % within 0 s"),
        "Oldest waiting": ("3 h", "one call waits"),
        "Failed": ("1", "for 0 s"),
        "Skipped, 7 days": ("1", "1 more by the settings"),
    }


def test_calls_chart_and_its_table_show_the_same_numbers(console: Client) -> None:
    now = timezone.now()
    for state in ("delivered", "delivered", "failed"):
        make_call(make_customer(), call_facts(exact_start=now), state=state)

    page = console.get("/admin/")

    chart = page.context["chart"]
    assert [(each.state, each.count) for each in chart.states] == [("delivered", 2), ("failed", 1)]
    assert chart.bars[-1].counts == (2, 1)
    assert [(segment.state, segment.height) for segment in chart.bars[-1].segments] == [
        ("delivered", 66.67),
        ("failed", 33.33),
    ]
    table = re.search(r'<table class="mt-2" aria-labelledby="fleet-chart">(.*?)</table>', page.content.decode(), re.S)
    assert table
    assert re.findall(r"<td>(\d+)</td>", table[1])[-3:] == ["3", "2", "1"]


def test_charts_of_both_first_pages_have_the_same_legend(console: Client) -> None:
    now, customer = timezone.now(), make_customer()
    for state in CallState:
        make_call(customer, call_facts(exact_start=now), state=state)

    pages = [console.get(address).content.decode() for address in ("/admin/", "/calls/chart/?chart=state")]

    legends = [
        re.findall(r'<svg class="(?:console|calls)-legend" aria-hidden="true"><rect class="state-(\w+)"', page)
        for page in pages
    ]
    assert legends == [["delivered", "skipped", "pending", "in_progress", "failed"]] * 2
    assert all('id="state-failed"' in page for page in pages)  # the pattern that the colour is drawn with


def test_reasons_of_undelivered_calls_are_bars_with_the_most_frequent_first(console: Client) -> None:
    now = timezone.now()
    for reason in ("unknown_employee", "unknown_employee", "internal_call"):
        make_call(make_customer(), call_facts(exact_start=now), state="skipped", reason=reason)

    bars = console.get("/admin/").context["reasons"]

    assert [(str(bar.reason), bar.count, bar.width) for bar in bars] == [
        ("employee is unknown", 2, 100.0),
        ("call between employees", 1, 50.0),
    ]


def test_heartbeat_counts_the_webhooks_of_24_hours(console: Client) -> None:
    call = make_call(make_customer())
    for hours in (0, 1, 1, 30):
        make_event(call, received_at=timezone.now() - timedelta(hours=hours))

    [row] = console.get("/admin/").context["rows"]

    assert row.heartbeat.text == "3 webhook requests in the last 24 hours"
    assert row.heartbeat.path.count("M") == 2


def test_first_page_counts_only_customers_that_the_user_may_see(client: Client) -> None:
    now = timezone.now()
    mine, other = make_customer(name="Mine"), make_customer(name="Other")
    for customer in (mine, other, other):
        make_call(customer, call_facts(exact_start=now), due_since=now, finished_at=now)
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    mine.viewers.add(user)
    client.force_login(user)

    page = client.get("/admin/").context

    assert [row.customer.name for row in page["rows"]] == ["Mine"]
    assert page["tiles"][0].value == "1"


def test_page_that_updates_itself_gets_new_numbers_and_keeps_search_and_order(
    console: Client, customers: dict[str, Customer]
) -> None:
    page = console.get("/admin/?q=bor&sort=-name").content.decode()
    [address] = re.findall(r'id="dashboard" hx-get="([^"]+)" hx-trigger="poll"', page)
    make_call(customers["Borshch"], state=CallState.FAILED, finished_at=timezone.now())

    news = console.get(unescape(address), headers={"HX-Request": "true"})

    assert [(row.customer.name, row.failed) for row in news.context["rows"]] == [("Borshch", 1)]
    assert news.context["query"].sort == "-name"
    assert "<html" not in news.content.decode()


def test_first_page_of_a_user_who_logged_out_gets_no_news(client: Client) -> None:
    assert client.get("/admin/news/", headers={"HX-Request": "true"}).status_code == 401


def test_without_a_worker_the_first_page_says_so(console: Client) -> None:
    make_customer()

    assert "No worker is running." in console.get("/admin/").content.decode()


@pytest.mark.parametrize("make", [make_superuser, make_specialist])
def test_first_page_asks_at_most_twelve_queries_for_500_customers(client: Client, make: Any) -> None:
    client.force_login(make())
    Customer.objects.bulk_create(Customer(name=f"Acme {number}") for number in range(500))

    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/")

    assert len(page.context["rows"]) == 25
    assert len(queries) <= 12, [query["sql"][:80] for query in queries]


def test_sparkline_has_a_text_with_its_numbers(console: Client) -> None:
    now = timezone.now()
    make_call(make_customer(), call_facts(exact_start=now))

    drawings = re.findall(r'<svg[^>]*role="img" aria-label="([^"]*)"', console.get("/admin/").content.decode())

    assert "One call, 1 in Planfix" in drawings


def test_first_page_tells_a_user_without_permission_whom_to_ask(client: Client) -> None:
    make_customer(name="Acme")
    client.force_login(make_user(is_staff=True))

    html = client.get("/admin/").content.decode()

    assert "Ask an administrator" in html
    assert "Acme" not in html


# --- one customer ---


def test_manual_pause_stores_its_reason_and_is_recorded(console: Client) -> None:
    customer = make_customer()

    console.post(page_of(customer), {"action": "pause", "reason": " They  move. "})

    customer.refresh_from_db()
    assert (customer.paused_by_hand, customer.paused_reason) == (True, "They move.")
    assert LogEntry.objects.get().get_change_message() == "Paused: They move."
    assert "They move." in console.get(page_of(customer)).content.decode()


def test_manual_pause_needs_a_reason(console: Client) -> None:
    customer = make_customer()

    html = console.post(page_of(customer), {"action": "pause", "reason": " "}, follow=True).content.decode()

    customer.refresh_from_db()
    assert not customer.paused_reason
    assert "Enter a reason." in html


def test_overview_links_to_events_and_requests_of_the_customer(console: Client) -> None:
    customer = make_customer()
    make_event(make_call(customer))
    make_event(make_call(make_customer()))

    links = dict(console.get(page_of(customer)).context["links"])

    assert [console.get(address).status_code for address in links.values()] == [200, 200, 200]
    assert [event.customer for event in console.get(links["Webhook events"]).context["cl"].result_list] == [customer]


def test_resuming_a_paused_customer_restarts_its_deliveries(console: Client) -> None:
    customer = make_customer(paused_reason="They move.", paused_by_hand=True)

    console.post(page_of(customer), {"action": "resume"})

    customer.refresh_from_db()
    assert (customer.paused_by_hand, customer.paused_reason) == (False, "")
    assert ProcrastinateJob.objects.filter(task_name=DELIVER_CALLS, args={"customer_id": customer.pk}).exists()


# --- the copy ---


def copy(console: Client, customer: Customer, **answers: Any) -> Any:
    return console.post(reverse("admin:integrations_customer_copy", args=[customer.pk]), answers)


def test_copied_customer_has_the_settings_but_no_secrets(console: Client) -> None:
    customer = make_customer(name="Acme", call_target="last_active_task", phone_matching="any_format")
    make_call(customer)

    copy(console, customer, name="Acme 2")

    new = Customer.objects.get(name="Acme 2")
    assert (new.call_target, new.phone_matching, new.planfix_url) == (
        "last_active_task",
        "any_format",
        customer.planfix_url,
    )
    assert list(new.utm_fields.values_list("parameter", "field")) == [("utm_source", "utm_source")]
    assert not new.planfix_token
    assert not new.ringostat_auth_key
    assert not new.calls.exists()
    assert new.webhook_tokens.get().address != customer.webhook_tokens.get().address
    assert LogEntry.objects.get(object_id=str(new.pk)).get_change_message() == "Copied from Acme."


@pytest.mark.parametrize(("answer", "employees"), [({"with_employees": "on"}, ["Iryna Bondar"]), ({}, [])])
def test_employees_are_copied_if_chosen(console: Client, answer: dict[str, str], employees: list[str]) -> None:
    customer = make_customer()
    make_employee(customer)

    copy(console, customer, name="Copy", **answer)

    assert [employee.name for employee in Customer.objects.get(name="Copy").employees.all()] == employees


def test_copy_with_an_existing_name_changes_no_customer(console: Client) -> None:
    customer, other = make_customer(name="Acme", region="PL"), make_customer(name="Other")

    response = copy(console, customer, name="Other")

    other.refresh_from_db()
    assert "There is a customer named “Other” already." in response.content.decode()
    assert other.region == "UA"


@pytest.mark.parametrize("name", ["overview", "webhook_setup", "dry_run", "copy"])
def test_customer_pages_require_change_permission(client: Client, name: str) -> None:
    address = reverse(f"admin:integrations_customer_{name}", args=[make_customer().pk])
    client.force_login(make_user(is_staff=True))
    refused = client.get(address).status_code
    client.force_login(make_superuser())

    assert (refused, client.get(address).status_code) == (403, 200)


@pytest.mark.parametrize(("made", "is_told"), [(date(2020, 1, 1), True), (date(2999, 1, 1), False), (None, False)])
def test_operator_sees_a_warning_about_an_old_phone_number_library(
    client: Client, monkeypatch: pytest.MonkeyPatch, made: date | None, is_told: bool
) -> None:
    monkeypatch.setattr(phone_library_age, "library_date", lambda: made)
    client.force_login(make_superuser())

    assert ("The phone number library is from" in client.get("/admin/").content.decode()) is is_told


def test_specialists_see_no_warning_about_an_old_phone_number_library(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_library_age, "library_date", lambda: date(2020, 1, 1))

    assert "The phone number library is from" not in console.get("/admin/").content.decode()


# --- actions on customers ---


def checked(console: Client, **answers: Any) -> tuple[list[str], str]:
    """The customers whose access is checked, and the address of the redirect."""
    response = console.post("/admin/integrations/customer/", {"action": "check_access", **answers})
    return list(BackgroundJob.objects.order_by("pk").values_list("customer__name", flat=True)), response["Location"]


def test_action_on_all_customers_includes_those_of_other_pages_of_the_filter(console: Client) -> None:
    for number in range(30):
        make_customer(name=f"Acme {number:02}")
    make_customer(name="Borshch", planfix_url="https://borshch.planfix.com")
    make_employee(make_customer(name="Acme with employees"))

    names, address = checked(console, all="1", q="acme", light="NO_EMPLOYEES", sort="-name")

    assert sorted(names) == [f"Acme {number:02}" for number in range(30)]
    assert address == "/admin/?q=acme&light=NO_EMPLOYEES&sort=-name"
    assert "Checking 30 customers." in console.get(address).content.decode()


def test_action_on_selected_customers_does_not_change_others(console: Client, customers: dict[str, Customer]) -> None:
    assert checked(console, _selected_action=customers["Acme"].pk) == (["Acme"], "/admin/?")


def test_list_offers_to_select_the_customers_of_all_pages(console: Client, customers: dict[str, Customer]) -> None:
    assert "Select all 2 customers" in console.get("/admin/?light=NEW").content.decode()
