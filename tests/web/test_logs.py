"""Log lines carry the id of their request and never contain the token of a webhook address."""

from __future__ import annotations

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from secrets import token_urlsafe
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError
from django.test import Client

from integrations.models import Routing, WebhookToken
from integrations.services.routing import question_limit
from ringofix.logs import log_config
from tests.factories import make_customer

TOKEN = "t0ken-of-a-webhook"
ADDRESS = f"/webhooks/ringostat/{TOKEN}/after_call/"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, str]]]]:
    """The lines of the JSON log so far."""
    root, stream, config = logging.getLogger(), io.StringIO(), log_config("json")
    handlers = root.handlers[:]
    config["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = handlers


@pytest.mark.parametrize(
    ("body", "trouble", "status"),
    [("x" * 300_000, None, 413), ("{}", None, 404), ("{}", OperationalError("gone"), 503)],
)
def test_log_of_a_webhook_error_hides_the_token(
    db: None, lines: Callable[[], list[dict[str, str]]], body: str, trouble: Exception | None, status: int
) -> None:
    client = Client(raise_request_exception=False)
    with patch("integrations.services.intake.receive.recipient_of", side_effect=trouble, return_value=None):
        assert client.post(ADDRESS, body, content_type="application/json").status_code == status

    logged = lines()
    assert [line["event"].endswith(": /webhooks/ringostat/…/after_call/") for line in logged] == [True]
    assert TOKEN not in json.dumps(logged)


@pytest.mark.parametrize(
    "path",
    ["/route/ringostat/{}/", "/Webhooks/ringostat/{}/after_call/", "/webhooks/{}", "/webhooks/ringostat/{}/a/b/"],
)
def test_log_of_a_wrong_or_mistyped_address_hides_the_token(
    db: None, lines: Callable[[], list[dict[str, str]]], path: str
) -> None:
    token = token_urlsafe(24)

    assert Client().post(path.format(token), "{}", content_type="application/json").status_code == 404

    assert token not in json.dumps(lines())
    assert ["…" in line["event"] for line in lines()] == [True]


def test_flood_of_routing_questions_has_one_line_in_the_log(
    db: None, lines: Callable[[], list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, client = make_customer(), Client()
    Routing.objects.create(customer=customer, enabled=True)
    address = urlsplit(WebhookToken.objects.get(customer=customer).routing_address).path
    monkeypatch.setattr(question_limit, "PER_SECOND", 2)
    monkeypatch.setattr(question_limit, "_seconds", {})
    monkeypatch.setattr(question_limit.time, "monotonic", lambda: 1000.0)

    answers = [client.get(f"{address}?caller=380671234567").status_code for _ in range(6)]

    assert answers[-3:] == [429] * 3
    assert [line["event"] for line in lines()] == ["routing questions limited"]


@pytest.mark.parametrize(("given", "is_kept"), [("proxy-4711-abc", True), ("", False), ("line\tbreaker ", False)])
def test_log_lines_share_the_id_of_their_request(
    db: None, lines: Callable[[], list[dict[str, str]]], given: str, is_kept: bool
) -> None:
    response = Client().post(ADDRESS, "{}", content_type="application/json", HTTP_X_REQUEST_ID=given)

    assert [line["request_id"] for line in lines()] == [response["X-Request-ID"]]
    assert (response["X-Request-ID"] == given) is is_kept


def test_two_requests_have_different_ids_in_the_log(db: None) -> None:
    assert Client().get("/calls/")["X-Request-ID"] != Client().get("/calls/")["X-Request-ID"]
