"""Parsed JSON of another system contains nothing that PostgreSQL refuses, and malformed JSON raises ValueError."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.outbound.json_answer import read_json
from integrations.planfix.http.json_fields import parse


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'{"name": "a\u0000b"}', {"name": "ab"}),
        (r'{"na\u0000me": ["\u0000", {"x": "\u0000y"}]}', {"name": ["", {"x": "y"}]}),
        (r'{"name": "\ud800"}', {"name": "?"}),
        (r'{"name": "\udc00\uD83D"}', {"name": "??"}),
        (r'{"name": "\ud83d\ude00"}', {"name": "\U0001f600"}),
        (r'{"name": "C:\\u0000"}', {"name": r"C:\u0000"}),
        (r'{"id": 812}', {"id": 812}),
    ],
)
def test_parsed_json_has_neither_nuls_nor_lone_surrogates(written: str, read: object) -> None:
    assert read_json(written) == read
    assert parse(written) == read


@pytest.mark.parametrize("text", ["", "<html>", "[" * 100_000, '{"id": ' + "1" * 5000 + "}", '{"a": "\x00"}'])
def test_malformed_json_raises_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_json(text)


@given(st.recursive(st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_every_text_of_parsed_json_can_be_stored(value: object) -> None:
    read = json.dumps(read_json(json.dumps(value)), ensure_ascii=False)

    assert "\\u0000" not in read
    read.encode()
