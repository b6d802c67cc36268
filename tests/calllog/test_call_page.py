from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Call, CallState
from tests.factories import (
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_request,
    make_specialist,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def page_of(log: Client, call: Call) -> str:
    return log.get(f"/calls/{call.pk}/").content.decode()


def test_the_page_tells_what_happened(log: Client) -> None:
    customer = make_customer()
    call = make_call(customer, employee=make_employee(customer))

    html = page_of(log, call)

    assert "Contact 812 was found by its number." in html
    assert "The comment 90211 was written in the name of Iryna Bondar." in html


def test_webhooks_are_shown_with_their_bodies(log: Client) -> None:
    call = make_call(make_customer())
    make_event(call, body=b'{"call_status":"ANSWERED"}')

    assert "&quot;call_status&quot;: &quot;ANSWERED&quot;" in page_of(log, call)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"uniqueid=ua7&call_status=NO+ANSWER", "uniqueid = ua7\ncall_status = NO ANSWER"),
        (b"\xff\x00 not text", "not text"),
        (b"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (b"[" * 5000, "[[["),
        (b"", "(empty)"),
    ],
    ids=["form", "binary", "markup", "deep", "empty"],
)
def test_a_body_of_any_kind_is_readable(log: Client, body: bytes, shown: str) -> None:
    call = make_call(make_customer())
    make_event(call, body=body)

    assert shown in page_of(log, call)


def test_a_webhook_by_get_shows_its_query_string(log: Client) -> None:
    call = make_call(make_customer())
    make_event(call, method="GET", body=b"", query_string="uniqueid=ua7&event=after_call")

    assert "event = after_call" in page_of(log, call)


def test_requests_are_shown_with_status_time_body_and_answer(log: Client) -> None:
    call = make_call(make_customer())
    make_request(call, http_status=400, code=3001, seconds=1.234, outcome="refused", answer='{"result":"fail"}')

    html = page_of(log, call)

    for shown in ("POST /contact/list", "400", "code 3001", "1.23 s", "Refused", "4003", "&quot;fail&quot;"):
        assert shown in html


def test_a_request_without_an_answer_is_shown(log: Client) -> None:
    call = make_call(make_customer(), state=CallState.PENDING, reason="unavailable", receipts={"attempts": 1})
    make_request(call, http_status=None, body=None, answer="", outcome="unavailable")

    assert "No answer" in page_of(log, call)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("receipts", [None, {}])
def test_a_call_in_any_state_opens(log: Client, state: str, receipts: dict[str, Any] | None) -> None:
    call = make_call(make_customer(), state=state, receipts=receipts)

    assert log.get(f"/calls/{call.pk}/").status_code == 200


def test_what_is_known_stands_in_the_table_of_facts(log: Client) -> None:
    facts = call_facts(parameters={"utm_campaign": "spring"}, analysis={"summary": "They agreed on Monday."})

    html = page_of(log, make_call(make_customer(), facts))

    for shown in ("utm_campaign", "spring", "They agreed on Monday.", "+380443334455".lstrip("+"), facts.ringostat_id):
        assert shown in html


def test_a_link_of_a_webhook_that_is_no_web_address_is_not_shown(log: Client) -> None:
    facts = call_facts(card_url="javascript:alert(1)", recording_url="javascript:alert(2)")

    assert "javascript:alert" not in page_of(log, make_call(make_customer(), facts))


def test_a_call_that_does_not_exist_is_not_found(log: Client) -> None:
    assert log.get("/calls/999999/").status_code == 404


def test_the_page_makes_few_queries_however_much_happened(log: Client) -> None:
    call = make_call(make_customer())
    for _ in range(5):
        make_event(call)
        make_request(call)

    with CaptureQueriesContext(connection) as queries:
        page_of(log, call)

    assert len(queries) <= 12
