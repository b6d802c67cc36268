"""The dashboard of the console and the overview of one customer: problems, pausing and resuming."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.admin.monitoring import dashboard as dashboard_module
from integrations.models import CallState, Customer
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


def test_counts_link_to_their_calls(console: Client, customers: dict[str, Customer]) -> None:
    html = console.get("/admin/").content.decode()

    assert f"{reverse('calllog:list')}?customer={customers['Cafe'].pk}&amp;state=failed" in html


def test_dashboard_chart_has_a_text_with_its_numbers(console: Client) -> None:
    now = timezone.now()
    make_call(make_customer(), call_facts(exact_start=now))

    drawing = re.search(r'<svg[^>]*role="img" aria-label="([^"]*)"', console.get("/admin/").content.decode())

    assert drawing
    assert drawing[1].endswith(": one call")


def test_user_without_permission_learns_whom_to_ask(client: Client) -> None:
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


def test_resuming_restarts_deliveries(console: Client) -> None:
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
    monkeypatch.setattr(dashboard_module, "library_date", lambda: made)
    client.force_login(make_superuser())

    assert ("The phone number library is from" in client.get("/admin/").content.decode()) is is_told


def test_specialists_see_no_warning_about_an_old_phone_number_library(
    console: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard_module, "library_date", lambda: date(2020, 1, 1))

    assert "The phone number library is from" not in console.get("/admin/").content.decode()
