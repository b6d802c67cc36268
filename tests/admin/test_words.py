"""The console speaks its own words: no names of libraries, no tuples, one title per page, times of the customer."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import BackgroundJob, BackgroundJobKind, Call, Customer, EventResult, WebhookEvent
from integrations.ringostat.webhook import IgnoredReason
from integrations.services.queue.background import enqueue
from integrations.users.audit import audit_record
from tests.factories import make_call, make_customer, make_event, make_superuser

pytestmark = pytest.mark.django_db

FOREIGN = (
    *("Procrastinate", "Authentication and Authorization", "yielded into no results", "By over", "Not empty"),
    *("Log entries", "log entr", "Administration</a>"),
)
LISTS = (
    "/admin/",
    "/admin/problems/",
    "/admin/system/",
    "/admin/integrations/alert/",
    "/admin/integrations/webhookevent/",
    "/admin/integrations/planfixrequest/",
    "/admin/integrations/backgroundjob/",
    "/admin/admin/logentry/",
    "/admin/auth/user/",
    "/admin/procrastinate/procrastinatejob/",
)


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_superuser())
    event = make_event(make_call(make_customer(name="Acme")))
    enqueue(BackgroundJobKind.CATCH_UP, customer=event.customer)
    audit_record(User.objects.get(), "Paused.", event.customer)
    return client


def title_of(html: str) -> str:
    found = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert found
    return " ".join(found[1].split())


@pytest.mark.parametrize("address", [*LISTS, "/admin/integrations/alert/?open=no&customer__id__exact=0"])
def test_no_console_page_uses_the_words_of_a_library(console: Client, address: str) -> None:
    html = console.get(address).content.decode()

    assert [word for word in FOREIGN if word in html] == []


def test_every_console_page_has_its_own_browser_title(console: Client) -> None:
    customer = Customer.objects.get()
    pages = ("overview", "change", "employees", "parameters", "webhook-setup", "dry-run")
    addresses = [*LISTS, *(f"/admin/integrations/customer/{customer.pk}/{page}/" for page in pages)]

    titles = [title_of(console.get(address).content.decode()) for address in addresses]

    assert len(set(titles)) == len(titles), titles
    assert [title for title in titles if "Acme" in title] == titles[len(LISTS) :]


def test_console_page_has_the_title_of_its_menu_entry(console: Client) -> None:
    menu = console.get("/admin/").context["sidebar_navigation"]
    entries = {str(item["link"]): str(item["title"]) for group in menu for item in group["items"]}

    titles = {address: title_of(console.get(address).content.decode()) for address in entries}

    assert titles == {address: f"{title} | Ringofix" for address, title in entries.items()}


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("/calls/", ["Calls"]),
        ("/calls/waiting/", ["Calls"]),
        ("/calls/api/", []),
        ("/calls/second-factor/", []),
        ("/account/", []),
        ("/admin/", ["Customers"]),
        ("/admin/problems/", ["Problems"]),
        ("/admin/integrations/alert/", ["Alerts"]),
    ],
)
def test_menu_marks_the_entry_of_the_open_page(console: Client, address: str, marked: list[str]) -> None:
    menu = console.get(address).context["sidebar_navigation"]

    assert [str(item["title"]) for group in menu for item in group["items"] if item["active"]] == marked


@pytest.mark.parametrize("model", [BackgroundJob, Call, WebhookEvent])
def test_page_of_a_recorded_row_shows_labels_instead_of_tuples(console: Client, model: type[Call]) -> None:
    row = model._default_manager.get()

    html = console.get(f"/admin/integrations/{model._meta.model_name}/{row.pk}/change/").content.decode()

    assert "(&#x27;" not in html


def test_reason_of_an_ignored_webhook_is_a_sentence(console: Client) -> None:
    WebhookEvent.objects.update(result=EventResult.IGNORED, reason=IgnoredReason.NOT_A_CALL)

    html = console.get("/admin/integrations/webhookevent/").content.decode()

    assert "it is not about a call" in html
    assert "not_a_call" not in html


def test_title_of_an_event_has_the_time_of_its_page(console: Client) -> None:
    event = WebhookEvent.objects.get()

    html = console.get(f"/admin/integrations/webhookevent/{event.pk}/change/").content.decode()

    assert "12:01:15" in title_of(html)
    assert "2 Mar 2026, 12:01:15" in html
    assert "10:01" not in html


def test_history_of_a_customer_is_the_audit_log(console: Client) -> None:
    customer = Customer.objects.get()

    page = console.get(f"/admin/integrations/customer/{customer.pk}/history/", follow=True)

    assert [entry.object_id for entry in page.context["cl"].result_list] == [str(customer.pk)]
