"""Emoji that Planfix cannot read."""

from __future__ import annotations

import json

import pytest
import responses

from integrations.planfix.http.client import Exchange, PlanfixClient
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.http.json_fields import failed_fields, without_emoji

URL = "https://acme.planfix.com"
NOT_JSON = {"result": "fail", "code": 30, "error": "Cannot deserialize, invalid JSON"}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("🔥 Знижка", "Знижка"),
        ("Олена 🌸", "Олена "),
        ("👩‍💻👍🏽", ""),
        ("❤️ ☎ 5€ ₴ №1 «так» – …", "5€ ₴ №1 «так» – …"),
        ("ok", "ok"),
    ],
)
def test_emoji_are_removed_and_nothing_else(text: str, plain: str) -> None:
    assert without_emoji({"a": [text, 1]}) == {"a": [plain, 1]}
    assert without_emoji([{text: "a"}]) == [{plain: "a"}]


@responses.activate
def test_a_body_that_planfix_cannot_read_is_sent_once_more_without_emoji() -> None:
    responses.post(f"{URL}/rest/contact/", status=400, json=NOT_JSON)
    responses.post(f"{URL}/rest/contact/", status=201, json={"result": "success", "id": 5})
    waits: list[float] = []
    client = PlanfixClient(URL, "token", pace=waits.append)

    assert client.request("POST", "/contact/", body={"name": "🔥 Знижка"})["id"] == 5
    assert [json.loads(call.request.body)["name"] for call in responses.calls] == ["🔥 Знижка", "Знижка"]
    assert len(waits) == 2


@pytest.mark.parametrize("name", ["🔥", "plain"])
@responses.activate
def test_body_with_emoji_is_sent_at_most_twice(name: str) -> None:
    responses.post(f"{URL}/rest/contact/", status=400, json=NOT_JSON)

    with pytest.raises(PlanfixRefused):
        PlanfixClient(URL, "token").request("POST", "/contact/", body={"name": name})
    assert len(responses.calls) == (1 if name == "plain" else 2)


@responses.activate
def test_exchange_names_fields_that_planfix_did_not_change() -> None:
    failures = [{"field": "phones", "error": "field change failed"}, {"field": "template"}, "nonsense", {}]
    responses.post(f"{URL}/rest/contact/", status=201, json={"result": "success", "id": 5, "failures": failures})
    seen: list[Exchange] = []

    PlanfixClient(URL, "token", observe=seen.append).request("POST", "/contact/", body={"name": "x"})

    assert seen[0].failed_fields == ("phones (field change failed)", "template")


@pytest.mark.parametrize("payload", [{}, {"failures": None}, {"failures": {}}, {"failures": []}])
def test_successful_exchange_has_no_failed_fields(payload: dict[str, object]) -> None:
    assert failed_fields(payload) == ()  # type: ignore[arg-type]
