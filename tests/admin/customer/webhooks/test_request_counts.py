"""The counts of webhook requests that were not understood, from the request to its dry run."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, Customer, WebhookEvent
from tests.factories import make_customer, make_specialist

pytestmark = pytest.mark.django_db

NO_ID, NO_JSON, EMPTY = b'{"caller": "+380671234567"}', b'{"uniqueid": "1" "a": 2}', b""
NOT_A_CALL = b'{"event": "chat_started", "chat_id": "7"}'


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def send(customer: Customer, *bodies: bytes, event: str = "") -> None:
    """Sends the requests to the customer's webhook address, as Ringostat does."""
    path = urlsplit(customer.webhook_tokens.get().address).path
    for body in bodies:
        Client().post(f"{path}{event}/" if event else path, body, content_type="application/json")


def page_of(customer: Customer, name: str) -> str:
    return reverse(f"admin:integrations_customer_{name}", args=[customer.pk])


def section(console: Client, address: str) -> str:
    """The section of the page that counts requests."""
    html = console.get(address).content.decode()
    found = re.search(r'<section[^>]*aria-labelledby="requests">.*?</section>', html, re.DOTALL)
    assert found
    return unescape(found[0])


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("page", ["overview", "webhook_setup"])
def test_webhook_page_and_overview_count_requests_not_understood_with_the_three_commonest_reasons(
    console: Client, page: str
) -> None:
    customer, other = make_customer(), make_customer(name="Other")
    send(customer, *[NO_ID] * 4, *[EMPTY] * 3, *[NO_JSON] * 2, b'[{"uniqueid": "1"}, {"uniqueid": "2"}]', NOT_A_CALL)
    send(customer, b'{"uniqueid": "test"}', event="test")
    send(other, NO_ID)

    text = text_of(section(console, page_of(customer, page)))

    assert "Not understood 10 Not a call 1" in text
    reasons = re.findall(r"(No call ID|The request is empty|Not valid JSON|Not exactly one call): (\d)", text)
    assert reasons == [("No call ID", "4"), ("The request is empty", "3"), ("Not valid JSON", "2")]


@pytest.mark.parametrize("page", ["overview", "webhook_setup"])
def test_webhook_page_and_overview_show_no_reasons_when_every_request_was_understood(
    console: Client, page: str
) -> None:
    text = text_of(section(console, page_of(make_customer(), page)))

    assert text.endswith("Not understood 0 Not a call 0")


def test_dry_run_link_opens_the_newest_request_with_that_reason(console: Client) -> None:
    customer = make_customer()
    send(customer, NO_ID, NO_JSON, NO_ID)

    html = section(console, page_of(customer, "webhook_setup"))
    first = re.findall(r'<a href="([^"]*)"[^>]*>\s*Try it', html)[0]
    page = console.get(first).content.decode()
    offered = dict(re.findall(r'<input type="hidden" name="(form|event)" value="(\w+)">', page)[:2])
    result = console.post(first, offered).headers["Location"]
    run_job(BackgroundJob.objects.get().pk)

    assert offered["event"] == str(WebhookEvent.objects.latest("pk").pk)
    answer = unescape(console.get(result).content.decode())
    assert "Request not understood: No parameter holds the call ID" in answer
    assert "These came: “caller”" in answer


def test_request_counts_link_to_the_customers_requests_with_that_result(console: Client) -> None:
    customer = make_customer()
    send(customer, NO_ID, NOT_A_CALL, b'{"uniqueid": "1", "call_status": "ANSWERED"}')
    send(make_customer(name="Other"), NO_ID, NOT_A_CALL)

    html = section(console, page_of(customer, "overview"))
    addresses = re.findall(r'<dd><a href="([^"]*)"', html)
    lists = [console.get(address).context["cl"].result_list for address in addresses]

    assert [[(event.customer, event.result) for event in rows] for rows in lists] == [
        [(customer, "not_understood")],
        [(customer, "ignored")],
    ]


def test_request_that_an_earlier_release_did_not_understand_shows_a_reason(console: Client) -> None:
    customer = make_customer()
    send(customer, NO_ID)
    WebhookEvent.objects.update(problem="")

    assert "Not understood: 1 Try it" in text_of(section(console, page_of(customer, "overview")))


def test_first_page_counts_requests_not_understood_in_one_query(console: Client) -> None:
    customers = [make_customer(name=f"Customer {number}") for number in range(3)]
    send(customers[0], NO_ID, EMPTY)
    send(customers[1], NOT_A_CALL)

    with CaptureQueriesContext(connection) as queries:
        html = console.get("/admin/").content.decode()

    assert re.findall(r"(\d+) webhook requests of the last 7 days were not understood", html) == ["2"]
    assert f'href="{page_of(customers[0], "webhook_setup")}"' in html
    assert len([query for query in queries if "not_understood" in query["sql"]]) == 1
