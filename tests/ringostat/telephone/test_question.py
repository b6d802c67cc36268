"""The question of a webhook forwarding number, in every form in which Ringostat may send it."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ringostat.body import RawRequest
from integrations.ringostat.telephone.question import RoutingQuestion, read_question

KYIV = ZoneInfo("Europe/Kyiv")
NUMBER = "+380671234567"


def question(body: str | bytes = b"", *, query: str = "", content_type: str = "application/json") -> RoutingQuestion:
    content = body.encode() if isinstance(body, str) else body
    raw = RawRequest(method="POST", content_type=content_type, query_string=query, body=content)
    return read_question(raw, timezone=KYIV, region="UA")


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ('{"date": "2026-11-28 10:00:00", "src": "0671234567", "dst": "0442223344", "uuid": "842d921d"}', ""),
        ('{"caller": "380671234567", "call_id": "pkv", "step_forward": "webhookNumber%3A120"}', ""),
        ('{"E164": "%2B380671234567", "dst": "380442223344"}', ""),
        ('{"jsonrpc": "2.0", "id": 7, "method": "route", "params": {"userfield": "380671234567"}}', ""),
        ("src=0671234567&dst=0442223344&uuid=842d921d", ""),
        ("", "src=%2B380671234567&additional_number="),
        ('{"additional_call_data": {"caller_number": "380671234567", "call_type": "out"}}', ""),
    ],
)
def test_client_number_is_read_from_any_form_of_a_routing_question(body: str, query: str) -> None:
    assert question(body, query=query).client.number == NUMBER


@pytest.mark.parametrize(
    ("body", "call_id"),
    [
        ('{"src": "0671234567", "uuid": "842d921d-5334-4eca-812d-9a"}', "842d921d-5334-4eca-812d-9a"),
        ('{"src": "0671234567", "uniqueid": "ua9_-1790775458.2139025", "uuid": "842d"}', "ua9_-1790775458.2139025"),
        ('{"src": "0671234567"}', ""),
    ],
)
def test_routing_question_has_ringostats_call_id(body: str, call_id: str) -> None:
    assert question(body).call_id == call_id


@pytest.mark.parametrize(
    ("body", "rpc_id"),
    [
        ('{"jsonrpc": "2.0", "id": 7, "params": {"src": "0671234567"}}', 7),
        ('{"jsonrpc": "2.0", "id": "a-1", "params": {}}', "a-1"),
        ('{"jsonrpc": "2.0", "id": [1]}', None),
        ('{"id": 7, "src": "0671234567"}', None),
        ('{"jsonrpc": "2.0", "id": 7', None),
    ],
)
def test_routing_question_keeps_the_json_rpc_id(body: str, rpc_id: object) -> None:
    assert question(body).rpc_id == rpc_id


@pytest.mark.parametrize(
    "body", ["", "<xml/>", "{", '{"src": "anonymous"}', '{"src": "acmecom_iryna"}', '{"dst": "380442223344"}']
)
def test_routing_question_without_a_client_number_has_none(body: str) -> None:
    assert question(body).client.number is None


@given(st.binary(max_size=200))
def test_reading_a_routing_question_never_raises(body: bytes) -> None:
    question(body)
    question(json.dumps({"jsonrpc": "2.0", "src": body.decode("latin-1")}))
