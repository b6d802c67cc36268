"""Every body that a webhook may have is read into fields, or refused as not understood."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.ringostat.body import RawRequest, read_body
from integrations.ringostat.problems import NotUnderstood

MULTIPART = "multipart/form-data; boundary=x"


def request(body: bytes = b"", content_type: str = "", query: str = "", method: str = "POST") -> RawRequest:
    return RawRequest(method=method, content_type=content_type, query_string=query, body=body)


def read_json(content: object) -> dict[str, str]:
    return read_body(request(json.dumps(content).encode()))


content_types = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["application/json", MULTIPART, "multipart/form-data", "multipart/form-data; boundary*=utf-8''%ff"]
    ),
    st.text(max_size=20).map(lambda charset: f"text/plain; charset={charset}"),
    st.text(max_size=20).map(lambda boundary: f"multipart/form-data; boundary={boundary}"),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=100).map(lambda tail: b'{"uniqueid": "' + tail),
    st.binary(max_size=100).map(lambda tail: b"a=%" + tail + b"&b[c]="),
    st.binary(max_size=100).map(
        lambda tail: b'--x\r\nContent-Disposition: form-data; name="a"\r\n' + tail + b"\r\n--x--"
    ),
    json_values.map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=150)
@given(body=bodies, content_type=content_types, query=st.text(max_size=40))
@example(body=b"[" * 200_000, content_type="", query="")
@example(body=b'{"a":' * 200_000, content_type="", query="")
@example(body=b'{"a": ' + b"9" * 5000 + b"}", content_type="", query="")
@example(body=b"a=1", content_type="text/plain; charset=unicode_escape", query="")
@example(body=b"&a=1" * 2000, content_type="", query="")
def test_any_body_is_read_as_storable_text_or_not_understood(body: bytes, content_type: str, query: str) -> None:
    try:
        fields = read_body(request(body, content_type, query))
    except NotUnderstood:
        return
    for text in (*fields, *fields.values()):
        assert "\x00" not in text
        assert text.encode("utf-8").decode("utf-8") == text


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text("абвxyz019_.", min_size=1), min_size=1))
def test_json_form_and_query_string_are_read_alike(parameters: dict[str, str]) -> None:
    parameters = {f"p_{name}": value for name, value in parameters.items()}
    envelope = {"jsonrpc": "2.0", "id": 1, "params": parameters}
    assert read_json(parameters) == parameters
    assert read_json(envelope) == parameters
    assert read_body(request(urlencode(parameters).encode())) == parameters
    assert read_body(request(query=urlencode(parameters), method="GET")) == parameters


def test_parameter_of_the_body_beats_the_query_string() -> None:
    raw = request(b"status=BUSY&dst=", query="status=FAILED&dst=38044&source=a")
    assert read_body(raw) == {"status": "BUSY", "dst": "38044", "source": "a"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (3.50, "3.5"),
        (10**400, "1" + "0" * 400),
        (["a", 1], "a, 1"),
    ],
)
def test_json_values_of_a_body_become_text(value: object, text: str) -> None:
    assert read_json({"a": value}) == {"a": text}


def test_outer_parameter_beats_the_nested_one_unless_it_is_empty() -> None:
    nested = {"dst": "inner", "E164": "+380671234567"}
    fields = read_json({"dst": "outer", "E164": "", "additional_call_data": nested})
    assert fields == {"dst": "outer", "E164": "+380671234567"}


def test_status_of_a_nested_deal_is_not_the_status_of_the_call() -> None:
    assert read_json({"uniqueid": "1.1", "deal": {"status": "won"}}) == {"uniqueid": "1.1", "deal_status": "won"}


def test_nested_json_text_that_is_no_object_stays_text() -> None:
    assert read_json({"additional_call_data": "{oops"}) == {"additional_call_data": "{oops"}


def test_method_of_a_json_rpc_request_is_kept() -> None:
    assert read_json({"jsonrpc": "2.0", "id": 1, "method": "after_call", "params": {"a": "1"}}) == {
        "method": "after_call",
        "a": "1",
    }


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("NO%20ANSWER", "NO ANSWER"),
        ("webhookNumber%3A120", "webhookNumber:120"),
        ("%2B380671234567", "+380671234567"),
        ("2026-09-30+18%3A51%3A00", "2026-09-30 18:51:00"),
        ("https%3A%2F%2Facme.example%2F%3Fa%3D1", "https://acme.example/?a=1"),
        ("https://acme.example/%D1%86?q=%20", "https://acme.example/%D1%86?q=%20"),
        ("50% off, 10%20", "50% off, 10%20"),
        ("+380671234567", "+380671234567"),
        ("100%", "100%"),
        ("%EA%F3", "%EA%F3"),
    ],
)
def test_percent_encoded_values_are_decoded_and_plain_ones_are_not(raw: str, text: str) -> None:
    assert read_json({"a": raw}) == {"a": text}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded; charset=windows-1251", "a=Ірина".encode("cp1251")),
        ("application/x-www-form-urlencoded", "a=Ірина".encode("cp1251")),
        ("application/json; charset=windows-1251", '{"a": "Ірина"}'.encode("cp1251")),
        ("application/json; charset=nonsense", '{"a": "Ірина"}'.encode()),
        ("application/json", '\ufeff{"a": "Ірина"}'.encode()),
        (MULTIPART, '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nІрина\r\n--x--'.encode()),
        (MULTIPART, '{"a": "Ірина"}'.encode()),
    ],
)
def test_body_is_decoded_by_its_charset(content_type: str, body: bytes) -> None:
    assert read_body(request(body, content_type)) == {"a": "Ірина"}


def test_file_name_in_a_multipart_form_is_no_parameter() -> None:
    part = b'Content-Disposition: form-data; filename="b"; name="a"\r\nContent-Type: text/plain\r\n\r\n1\r\n2\r\n'
    assert read_body(request(b"--x\r\n" + part + b"--x--\r\n", MULTIPART)) == {"a": "1\r\n2"}


def test_body_with_too_many_parameters_is_not_understood() -> None:
    with pytest.raises(NotUnderstood, match="more than 1000"):
        read_body(request(b"a=1&" * 1001))
