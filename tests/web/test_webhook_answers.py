"""The webhook responses that Ringostat reads, byte for byte, with their headers."""

from __future__ import annotations

import io
import json
from ipaddress import ip_network
from typing import Any

import pytest

from integrations.models import WebhookEvent, WebhookToken
from integrations.webhooks import MAX_BODY_BYTES
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
CALL = json.dumps(answered())

Answer = tuple[int, dict[str, str], bytes]


def json_answer(status: int, body: bytes) -> Answer:
    return status, {"Content-Type": JSON, "Content-Length": str(len(body))}, body


STORED_CALL = json_answer(200, b'{"result": "call"}')
IGNORED = json_answer(200, b'{"result": "ignored"}')
NOT_UNDERSTOOD = json_answer(200, b'{"result": "not_understood"}')
WRONG_METHOD = 405, {"Content-Type": "text/html; charset=utf-8", "Allow": "GET, POST, PUT"}, b""
WRONG_NETWORK = json_answer(403, b'{"error": "webhooks are not taken from here"}')
UNKNOWN = json_answer(404, b'{"error": "unknown address"}')
TOO_LONG = json_answer(413, b'{"error": "more than 262144 bytes"}')


def answer_to(scenario: Scenario, method: str, path: str, body: str | bytes = "", **request: Any) -> Answer:
    token = WebhookToken.objects.get().token.reveal()
    request.setdefault("content_type", JSON)
    response = scenario.client.generic(method, path.replace("TOKEN", token), body, **request)
    headers = dict(response.items())
    assert len(headers.pop("X-Request-ID")) == 16
    return response.status_code, headers, response.content


@pytest.mark.parametrize(
    ("method", "path", "body", "request_", "answer"),
    [
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {}, STORED_CALL),
        ("PUT", "/webhooks/ringostat/TOKEN/after_call/", CALL, {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call", CALL, {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/", CALL, {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN", CALL, {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/после/", CALL, {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"HTTP_ACCEPT": "text/html"}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"HTTP_ACCEPT": "nonsense"}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/?format=xml", CALL, {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"content_type": FORM}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"content_type": "multipart/form-data"}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"content_type": ""}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"HTTP_HOST": "nobody.example"}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", CALL, {"HTTP_AUTHORIZATION": "Bearer x"}, STORED_CALL),
        ("GET", "/webhooks/ringostat/TOKEN/after_call/?call_id=1.2&call_type=in", "", {}, STORED_CALL),
        ("POST", "/webhooks/ringostat/TOKEN/", '{"event": "form", "phone": "+380671234567"}', {}, IGNORED),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", "", {}, NOT_UNDERSTOOD),
        ("GET", "/webhooks/ringostat/TOKEN/after_call/", "", {}, NOT_UNDERSTOOD),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", b"x" * MAX_BODY_BYTES, {}, NOT_UNDERSTOOD),
        ("POST", "/webhooks/ringostat/TOKEN/after_call/", b"x" * (MAX_BODY_BYTES + 1), {}, TOO_LONG),
        ("POST", "/webhooks/ringostat/nobody/", b"x" * (MAX_BODY_BYTES + 1), {}, TOO_LONG),
        ("POST", "/webhooks/ringostat/nobody/after_call/", CALL, {}, UNKNOWN),
        ("GET", "/webhooks/ringostat/nobody", "", {}, UNKNOWN),
        ("HEAD", "/webhooks/ringostat/TOKEN/after_call/", "", {}, WRONG_METHOD),
        ("OPTIONS", "/webhooks/ringostat/TOKEN/after_call/", "", {}, WRONG_METHOD),
        ("DELETE", "/webhooks/ringostat/TOKEN/after_call/", "", {}, WRONG_METHOD),
        ("PATCH", "/webhooks/ringostat/TOKEN/after_call/", CALL, {}, WRONG_METHOD),
        ("NONSENSE", "/webhooks/ringostat/nobody/", CALL, {}, WRONG_METHOD),
    ],
)
def test_webhook_response_is_exact_byte_for_byte(
    scenario: Scenario, method: str, path: str, body: str | bytes, request_: dict[str, Any], answer: Answer
) -> None:
    assert answer_to(scenario, method, path, body, **request_) == answer
    assert WebhookEvent.objects.exists() == (answer[0] == 200)


@pytest.mark.parametrize(("method", "answer"), [("POST", WRONG_NETWORK), ("HEAD", WRONG_METHOD)])
def test_webhook_from_a_foreign_network_is_refused(
    scenario: Scenario, settings: Any, method: str, answer: Answer
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("203.0.113.0/24")]

    assert answer_to(scenario, method, "/webhooks/ringostat/TOKEN/after_call/", CALL) == answer
    assert answer_to(scenario, method, "/webhooks/ringostat/nobody/", b"x" * (MAX_BODY_BYTES + 1)) == answer


@pytest.mark.parametrize(
    ("body", "answer"),
    [(CALL.encode(), STORED_CALL), (b"", NOT_UNDERSTOOD), (b"x" * (MAX_BODY_BYTES + 1), TOO_LONG)],
    ids=["a call", "empty", "too long"],
)
@pytest.mark.parametrize("content_type", [JSON, FORM, ""])
def test_chunked_webhook_body_is_read_to_its_end(
    scenario: Scenario, content_type: str, body: bytes, answer: Answer
) -> None:
    chunked = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "content_type": content_type}

    assert answer_to(scenario, "POST", "/webhooks/ringostat/TOKEN/after_call/", **chunked) == answer
    assert [bytes(event.body) for event in WebhookEvent.objects.all()] == ([body] if answer[0] == 200 else [])


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/ringostat/",
        "/webhooks/ringostat/TOKEN/after_call/more/",
        "/webhooks/",
        "/x/webhooks/ringostat/TOKEN/",
    ],
)
def test_similar_address_is_not_a_webhook(scenario: Scenario, path: str) -> None:
    status, _headers, _body = answer_to(scenario, "POST", path, CALL)

    assert status in (403, 404)
    assert not WebhookEvent.objects.exists()
