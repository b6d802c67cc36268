"""The page of one call."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import Call, CallState, Customer, Delivery, RememberedContact, Routing, RoutingAnswer
from tests.factories import (
    MISSED,
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_request,
    make_specialist,
)

pytestmark = pytest.mark.django_db


def page_of(log: Client, call: Call) -> str:
    return log.get(f"/calls/{call.pk}/").content.decode()


def test_call_page_shows_the_timeline(log: Client) -> None:
    customer = make_customer()
    call = make_call(customer, employee=make_employee(customer))

    html = page_of(log, call)

    assert "Contact 812 was found by +380 67 123 45 67." in html
    assert "Comment 90211 was written in the name of Iryna Bondar." in html


def test_call_page_says_whom_the_routing_rang(log: Client) -> None:
    call = make_call(make_customer())
    Routing.objects.create(customer=call.customer)
    RoutingAnswer.objects.create(
        customer=call.customer,
        client_number=call.client_number,
        asked_at=call.started_at,
        source="responsible",
        directions=["acmecom_iryna"],
        names=["Iryna Bondar"],
        contact_id=812,
    )

    assert "Rang Iryna Bondar first: responsible for contact 812." in page_of(log, call)


def opened_line(log: Client, call: Call, kind: str, number: int) -> str:
    """Returns what the browser gets when a user opens a line."""
    answer = log.get(f"/calls/{call.pk}/{kind}/{number}/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_webhook_body_is_loaded_when_its_line_is_opened(log: Client) -> None:
    event = make_event(call := make_call(make_customer()), body=b'{"call_status":"NO ANSWER"}')

    html = page_of(log, call)
    assert "after the call" in html
    assert f'hx-get="/calls/{call.pk}/webhooks/{event.pk}/"' in html
    assert "call_status" not in html

    assert "&quot;call_status&quot;: &quot;NO ANSWER&quot;" in opened_line(log, call, "webhooks", event.pk)


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
def test_webhook_body_of_any_kind_is_readable(log: Client, body: bytes, shown: str) -> None:
    event = make_event(call := make_call(make_customer()), body=body)

    assert shown in opened_line(log, call, "webhooks", event.pk)


def test_a_webhook_by_get_shows_its_query_string(log: Client) -> None:
    call = make_call(make_customer())
    event = make_event(call, method="GET", body=b"", query_string="uniqueid=ua7&event=after_call")

    assert "event = after_call" in opened_line(log, call, "webhooks", event.pk)


@pytest.mark.parametrize(
    "body",
    [
        b'{"recording": "https://app.ringostat.com/r.wav?token=0123456789abcdef&x=1"}',
        b"recording=https%3A%2F%2Fapp.ringostat.com%2Fr.wav%3Ftoken%3D0123456789abcdef%26x%3D1",
        b"not json, access_token=0123456789abcdef",
    ],
)
def test_call_page_hides_the_token_of_a_recording_link(log: Client, body: bytes) -> None:
    event = make_event(call := make_call(make_customer()), body=body)

    html = opened_line(log, call, "webhooks", event.pk)

    assert "token=…" in html
    assert "0123456789abcdef" not in html


def test_planfix_requests_are_shown_with_status_duration_and_bodies(log: Client) -> None:
    call = make_call(make_customer())
    sent = make_request(call, http_status=400, code=3001, seconds=1.234, outcome="refused", answer='{"result":"fail"}')

    html = page_of(log, call)
    for shown in ("POST /contact/list", "400", "code 3001", "1.23 s", "Refused"):
        assert shown in html

    bodies = opened_line(log, call, "requests", sent.pk)
    for shown in ("Sent", "4003", "Response", "&quot;fail&quot;"):
        assert shown in bodies


def test_bodies_of_another_call_are_not_found(log: Client) -> None:
    other = make_call(call_customer := make_customer())
    event, sent = make_event(other), make_request(other)
    call = make_call(call_customer)

    assert log.get(f"/calls/{call.pk}/webhooks/{event.pk}/").status_code == 404
    assert log.get(f"/calls/{call.pk}/requests/{sent.pk}/").status_code == 404


def test_planfix_request_without_an_answer_is_shown(log: Client) -> None:
    call = make_call(make_customer(), state=CallState.PENDING, reason="unavailable", receipts={"attempts": 1})
    make_request(call, http_status=None, body=None, answer="", outcome="unavailable")

    assert "No answer" in page_of(log, call)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("receipts", [None, {}])
def test_call_page_opens_in_every_state(log: Client, state: str, receipts: dict[str, Any] | None) -> None:
    call = make_call(make_customer(), state=state, receipts=receipts)

    assert log.get(f"/calls/{call.pk}/").status_code == 200


def test_page_of_a_waiting_call_polls_and_shows_updates(log: Client) -> None:
    call = make_call(make_customer(), state=CallState.PENDING)
    address = news_address(page_of(log, call))

    assert log.get(address).status_code == 204

    Call.objects.filter(pk=call.pk).update(state=CallState.DELIVERED, due_at=None)
    news = log.get(address).content.decode()
    assert "In Planfix since" in news
    assert 'id="call-details" hx-swap-oob="true"' in news
    assert "call_updates" not in news
    assert 'hx-trigger="every' not in news
    assert "<audio" not in news


@pytest.mark.parametrize("kind", ["webhook", "request", "attempt", "pause", "reason"])
def test_every_change_of_a_call_updates_its_page(log: Client, kind: str) -> None:
    call = make_call(make_customer(), state=CallState.PENDING, receipts={"attempts": 1})
    address = news_address(page_of(log, call))
    changes = {
        "webhook": lambda: make_event(call),
        "request": lambda: make_request(call),
        "attempt": lambda: Delivery.objects.update(attempts=2),
        "pause": lambda: Customer.objects.update(paused_reason="The token is switched off."),
        "reason": lambda: Call.objects.update(reason="unavailable"),
    }

    changes[kind]()

    assert log.get(address).status_code == 200


@pytest.mark.parametrize("state", [CallState.DELIVERED, CallState.SKIPPED, CallState.FAILED])
def test_page_of_a_finished_call_does_not_poll(log: Client, state: str) -> None:
    assert 'hx-trigger="every' not in page_of(log, make_call(make_customer(), state=state))


def news_address(html: str) -> str:
    return re.search(r'hx-get="(/calls/\d+/news/\?version=\w+)"', html)[1]


def test_player_loads_the_recording_from_our_own_address(log: Client) -> None:
    call = make_call(make_customer())

    html = page_of(log, call)

    assert f'src="/calls/{call.pk}/recording"' in html
    assert "link-token" not in html


@pytest.mark.parametrize("facts", [{"recording_url": "", "has_recording": None}, {"has_recording": False}])
def test_call_page_without_a_recording_has_no_player(log: Client, facts: dict[str, Any]) -> None:
    assert 'id="player"' not in page_of(log, make_call(make_customer(), call_facts(**facts)))


def test_page_without_a_recording_link_explains_it_and_links_the_copy(log: Client) -> None:
    receipts = {"contact_id": 812, "comment_id": 9, "file_id": 7}

    html = page_of(log, make_call(make_customer(), call_facts(recording_url=""), receipts=receipts))

    assert "there is no link to the recording" in html
    assert "<audio" not in html
    assert 'href="https://acme.planfix.com/contact/812?comment=9"' in html
    assert "Copy in Planfix" in html


def test_ringostat_values_are_shown_with_a_plain_label(log: Client) -> None:
    facts = call_facts(
        status="NO-FORWARD", talk_seconds=0, analysis={"client_mood": "Negative", "call_mood": "furious"}
    )

    html = page_of(log, make_call(make_customer(), facts))

    for shown in ("forwarded to no employee (NO-FORWARD)", "incoming (in)", "bad (Negative)", "furious"):
        assert shown in html


def test_ai_analysis_is_shown_in_one_section(log: Client) -> None:
    sent = {
        "summary": "They agreed on Monday.",
        "action_2": "Send the price list",
        "action_10": "Call back",
        "score": "7.5",
        "transcript": "https://app.ringostat.com/x.vtt",
    }

    analysis = log.get(f"/calls/{make_call(make_customer(), call_facts(analysis=sent)).pk}/").context["analysis"]

    assert (analysis.summary, analysis.action_items) == ("They agreed on Monday.", ["Send the price list", "Call back"])
    assert [(str(words), value) for words, value in analysis.rows] == [("Conversation score", "7.5")]
    assert analysis.transcript_url == "https://app.ringostat.com/x.vtt"


def test_call_page_links_to_planfix_and_ringostat(log: Client) -> None:
    receipts = {"contact_id": 812, "task_id": 55, "comment_id": 9}
    call = make_call(make_customer(), receipts=receipts)

    links = log.get(f"/calls/{call.pk}/").context["links"]

    assert [(link.text, link.url) for link in links] == [
        ("Contact 812 in Planfix", "https://acme.planfix.com/contact/812"),
        ("Task 55 in Planfix", "https://acme.planfix.com/task/55"),
        ("Comment 9 in Planfix", "https://acme.planfix.com/task/55?comment=9"),
        ("Call card in Ringostat", "https://app.ringostat.com/call/ua7"),
    ]


def test_call_facts_are_shown_in_the_table(log: Client) -> None:
    facts = call_facts(parameters={"utm_campaign": "spring"}, analysis={"summary": "They agreed on Monday."})

    html = page_of(log, make_call(make_customer(), facts))

    for shown in ("utm_campaign", "spring", "They agreed on Monday.", "+380443334455".lstrip("+"), facts.ringostat_id):
        assert shown in html


def test_script_link_in_a_webhook_is_not_shown(log: Client) -> None:
    facts = call_facts(card_url="javascript:alert(1)", recording_url="javascript:alert(2)")

    assert "javascript:alert" not in page_of(log, make_call(make_customer(), facts))


def test_page_of_a_call_that_does_not_exist_is_not_found(log: Client) -> None:
    assert log.get("/calls/999999/").status_code == 404


def test_call_page_makes_few_queries(log: Client) -> None:
    call = make_call(make_customer())
    for _ in range(5):
        make_event(call)
        make_request(call)

    log.get("/calls/chart/")  # the first request of a minute also notes that the session is in use
    with CaptureQueriesContext(connection) as queries:
        page_of(log, call)

    assert len(queries) <= 12


def test_call_page_shows_the_other_calls_of_the_client(log: Client) -> None:
    customer = make_customer()
    call, other = make_call(customer), make_call(customer, call_facts(**MISSED))
    make_call(make_customer())
    make_call(customer, call_facts(e164="+380501112233", caller=""))

    history = log.get(f"/calls/{call.pk}/").context["client_history"]

    assert [each.url for each in history.calls] == [f"/calls/{other.pk}/"]
    assert not history.is_more


def test_hidden_number_has_no_client_history(log: Client) -> None:
    customer = make_customer()
    hidden = [make_call(customer, call_facts(e164="", caller="anonymous")) for _ in range(2)]

    assert log.get(f"/calls/{hidden[0].pk}/").context["client_history"] is None


def test_call_page_shows_the_client_name_and_leads_to_all_calls_of_the_number(log: Client) -> None:
    customer = make_customer()
    RememberedContact.objects.create(customer=customer, number="+380671234567", contact_id=8, name="Olha Koval")
    call = make_call(customer, receipts={"contact_id": 8})

    html = log.get(f"/calls/{call.pk}/").content.decode()

    assert "Olha Koval" in html
    assert "+380 67 123 45 67" in html
    assert "/calls/?number=%2B380671234567" in html


def test_retry_is_shown_in_the_timeline_with_the_users_name(client: Client) -> None:
    user = make_specialist()
    client.force_login(user)
    call = make_call(make_customer(), state=CallState.FAILED, reason="refused", detail="no")

    client.post(f"/calls/{call.pk}/do/send-again/")

    texts = [entry.text for entry in client.get(f"/calls/{call.pk}/").context["timeline"]]
    assert f"{user.username} retried the call." in texts
