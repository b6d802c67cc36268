"""Bodies as flow tools and other senders write them, from the webhook to Planfix."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Call, CallState, EventResult, WebhookEvent
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT
from tests.payloads.field_cases import field_request_of

pytestmark = pytest.mark.django_db


def post(scenario: Scenario, name: str) -> Any:
    raw = field_request_of(name)
    headers = {"HTTP_CONTENT_ENCODING": raw.content_encoding} if raw.content_encoding else {}
    return scenario.post(raw.body, content_type=raw.content_type, **headers)


def test_unanswered_outgoing_call_of_a_flow_tool_is_written_in_its_employees_name(scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    post(scenario, "names__flow_tool_outgoing.form")
    scenario.deliver()

    call = Call.objects.get()
    assert (call.state, call.direction, call.outcome) == (CallState.DELIVERED, "outgoing", "missed")
    assert call.client_number == CLIENT
    (comment,) = scenario.account.comments
    assert comment.author == "user:5"


@pytest.mark.parametrize(
    "name",
    [
        "deeper__json_data.form",
        "compressed__gzip.json",
        "encoding__utf_16_with_mark.json",
        "almost__trailing_comma.json",
    ],
)
def test_answered_call_in_an_unusual_body_is_stored_as_answered(scenario: Scenario, name: str) -> None:
    response = post(scenario, name)

    assert response.json() == {"result": "call"}
    call = Call.objects.get()
    assert (call.ringostat_id, call.outcome, call.client_number) == ("ua9_-1.1", "answered", CLIENT)


@pytest.mark.parametrize("name", ["none__semicolons.form", "almost__single_quotes.json", "compressed__brotli.json"])
def test_unreadable_body_is_answered_200_and_reported(scenario: Scenario, name: str) -> None:
    response = post(scenario, name)

    assert (response.status_code, response.json()) == (200, {"result": "not_understood"})
    event = WebhookEvent.objects.get()
    assert (event.result, bool(event.problem), bool(event.reason)) == (EventResult.NOT_UNDERSTOOD, True, True)
    assert not Call.objects.exists()
