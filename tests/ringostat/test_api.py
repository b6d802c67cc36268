"""The client of Ringostat's API: its requests, and how it reads the answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
import requests
import responses

from integrations.ringostat import api
from integrations.ringostat.api import OPTIONAL_FIELDS, RingostatClient, RingostatEmployee, RingostatError

KEY = "secret-key-0123456789"
URL = "https://api.ringostat.net"
LIST, RPC = f"{URL}/calls/list", f"{URL}/api/json-rpc"
KYIV = ZoneInfo("Europe/Kyiv")
START = datetime(2026, 9, 30, 10, 0, tzinfo=UTC)
END = START + timedelta(hours=2)


@pytest.fixture
def ringostat() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def client() -> RingostatClient:
    return RingostatClient(URL + "/", KEY, "110070")


def asked(mock: responses.RequestsMock, number: int = 0) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(str(mock.calls[number].request.url)).query).items()}


def read(client: RingostatClient) -> list[dict[str, Any]]:
    return client.calls(START, END, KYIV)


def test_call_list_window_is_sent_in_the_projects_time_zone(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.get(LIST, json=[{"uniqueid": "1.1"}])

    rows = read(client)

    assert rows == [{"uniqueid": "1.1"}]
    assert (asked(ringostat)["from"], asked(ringostat)["to"]) == ("2026-09-30 13:00:00", "2026-09-30 15:00:00")
    assert ringostat.calls[0].request.headers["Auth-key"] == KEY


def test_call_list_requests_every_known_field(ringostat: responses.RequestsMock, client: RingostatClient) -> None:
    ringostat.get(LIST, json=[])

    read(client)

    assert asked(ringostat)["fields"].split(",") == [*api.REQUIRED_FIELDS, *OPTIONAL_FIELDS]


def test_field_that_the_call_list_refuses_is_not_requested_again(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.get(LIST, body="incorrect field name: department", status=400)
    ringostat.get(LIST, json=[])
    ringostat.get(LIST, json=[])

    read(client)
    read(client)

    assert client.dropped_fields == ["department"]
    assert "department" not in asked(ringostat, 2)["fields"].split(",")
    assert len(ringostat.calls) == 3


def test_refusal_without_a_field_name_drops_the_optional_fields_in_turn(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.get(LIST, json={"error": "Incorrect field name"})
    ringostat.get(LIST, json={"error": "Incorrect field name"})
    ringostat.get(LIST, json=[{"uniqueid": "1.1"}])

    rows = read(client)

    assert rows == [{"uniqueid": "1.1"}]
    assert client.dropped_fields == ["recording_wav", "employee_fio"]


def test_call_id_field_is_never_dropped(ringostat: responses.RequestsMock, client: RingostatClient) -> None:
    ringostat.get(LIST, body="incorrect field name: uniqueid")
    ringostat.get(LIST, json=[])

    read(client)

    assert "uniqueid" in asked(ringostat, 1)["fields"].split(",")


def test_call_list_that_refuses_every_field_ends_in_an_error(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.get(LIST, body="incorrect field name")

    with pytest.raises(RingostatError) as raised:
        read(client)
    assert not raised.value.retryable


def test_call_list_row_that_contains_an_error_text_is_a_call(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.get(LIST, json=[{"uniqueid": "1.1", "landing": "https://acme.example/incorrect field name"}])

    assert len(read(client)) == 1
    assert client.dropped_fields == []


def test_window_with_a_full_call_list_is_read_in_halves(
    ringostat: responses.RequestsMock, client: RingostatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_ROWS", 2)
    ringostat.get(LIST, json=[{"uniqueid": "1.1"}, {"uniqueid": "1.2"}])
    ringostat.get(LIST, json=[{"uniqueid": "1.1"}])
    ringostat.get(LIST, json=[{"uniqueid": "1.3"}])

    rows = read(client)

    assert [row["uniqueid"] for row in rows] == ["1.1", "1.3"]
    assert (asked(ringostat, 1)["to"], asked(ringostat, 2)["from"]) == ("2026-09-30 14:00:00",) * 2


def test_halving_a_full_call_list_window_ends(
    ringostat: responses.RequestsMock, client: RingostatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_ROWS", 1)
    ringostat.get(LIST, json=[{"uniqueid": "1.1"}])

    client.calls(START, START + timedelta(minutes=4), KYIV)

    assert len(ringostat.calls) == 7


@pytest.mark.parametrize(
    ("status", "body", "retryable"),
    [
        (401, "", False),
        (403, "", False),
        (404, "", False),
        (408, "", True),
        (429, "", True),
        (500, "", True),
        (503, "<html>", True),
        (302, "", False),
        (200, "<html>", True),
        (200, '[{"uniqueid": "1', True),
        pytest.param(200, "[" * 100_000, True, id="nested too deeply"),
        (200, '{"error": "no access"}', False),
        (200, "null", False),
    ],
)
def test_response_that_is_no_call_list_is_an_error(
    ringostat: responses.RequestsMock, client: RingostatClient, status: int, body: str, *, retryable: bool
) -> None:
    ringostat.get(
        LIST, body=body, status=status, headers={"Location": "https://evil.example/"} if status == 302 else {}
    )

    with pytest.raises(RingostatError) as raised:
        read(client)
    assert raised.value.retryable is retryable
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "failure", [requests.ConnectTimeout(KEY), requests.ReadTimeout(), requests.ConnectionError(KEY)]
)
def test_timeout_of_ringostat_is_retryable_and_does_not_reveal_the_key(
    ringostat: responses.RequestsMock, client: RingostatClient, failure: Exception
) -> None:
    ringostat.get(LIST, body=failure)

    with pytest.raises(RingostatError) as raised:
        read(client)
    assert raised.value.retryable
    assert KEY not in str(raised.value)


def test_request_to_ringostat_has_timeouts(client: RingostatClient, ringostat: responses.RequestsMock) -> None:
    ringostat.get(LIST, json=[])

    read(client)

    timeout = ringostat.calls[0].request.req_kwargs["timeout"]  # type: ignore[attr-defined]
    assert (timeout.connect_timeout, timeout.read_timeout) == (5, 30)


@pytest.mark.parametrize(
    ("bound", "value", "words"), [("ANSWER_SECONDS", -1.0, "in time"), ("ANSWER_BYTES", 2, "longer than")]
)
def test_response_of_ringostat_that_does_not_end_is_given_up(
    client: RingostatClient,
    ringostat: responses.RequestsMock,
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    value: float,
    words: str,
) -> None:
    monkeypatch.setattr(api, bound, value)
    ringostat.get(LIST, json=[{"uniqueid": "1.1"}])

    with pytest.raises(RingostatError, match=words) as raised:
        read(client)
    assert raised.value.retryable


@pytest.mark.parametrize("key", ["", "key\n", "two words", "ключ"])
def test_malformed_auth_key_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(RingostatError) as raised:
        RingostatClient(URL, key, "110070")
    assert not raised.value.retryable
    assert not key or key not in str(raised.value)


def test_auth_key_is_not_in_the_repr_of_the_client(client: RingostatClient) -> None:
    assert KEY not in repr(client)


def test_employees_are_read_with_their_logins_and_numbers(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    person = {
        "id": 476244,
        "staffId": 348104,
        "status": False,
        "fio": "Iryna Bondar",
        "email": "iryna@example.com",
        "extensionNumber": "101",
        "departments": [11309],
        "directions": {
            "main": [{"id": 1, "type": "sip", "direction": "acmecom_iryna", "gateway": "sip.ringostat.net"}],
            "additional": {"2": {"id": 2, "type": "phone", "direction": "380501230000"}},
        },
    }
    bare: dict[str, object] = {"staffId": 5, "fio": None, "email": None, "extensionNumber": None, "directions": []}
    ringostat.post(RPC, json={"jsonrpc": "2.0", "id": 1, "result": {"348104": person, "5": bare}})

    assert client.employees() == [
        RingostatEmployee(
            staff_id="348104",
            name="Iryna Bondar",
            email="iryna@example.com",
            extension="101",
            sip_logins=("acmecom_iryna",),
            numbers=("380501230000",),
        ),
        RingostatEmployee(staff_id="5", name=""),
    ]
    assert ringostat.calls[0].request.headers["Auth-key"] == KEY


@pytest.mark.parametrize("result", [[], {}, None])
def test_project_without_employees_has_an_empty_list(
    ringostat: responses.RequestsMock, client: RingostatClient, result: object
) -> None:
    ringostat.post(RPC, json={"jsonrpc": "2.0", "id": 1, "result": result})

    assert client.employees() == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": {"code": -32000, "message": "User does not exist"}}, "User does not exist"),
        ({"error": "Access denied"}, "Access denied"),
        ([], "unknown form"),
    ],
)
def test_json_rpc_error_with_status_200_is_an_error(
    ringostat: responses.RequestsMock, client: RingostatClient, answer: object, words: str
) -> None:
    ringostat.post(RPC, json=answer)

    with pytest.raises(RingostatError, match=words) as raised:
        client.employees()
    assert not raised.value.retryable


@pytest.mark.parametrize(
    "answer",
    [
        *("", " \n", "\ufeff", "[]", '{"results": []}', '{"data": []}', '{"calls":[]}', '""', "{}"),
        *('{"results": null}', '{"success": true, "data": {"calls": []}}', '{"result": {"rows": null}, "error": null}'),
    ],
)
def test_empty_call_list_is_no_error(ringostat: responses.RequestsMock, client: RingostatClient, answer: str) -> None:
    ringostat.get(LIST, body=answer)

    assert read(client) == []


def test_call_list_without_content_has_no_calls(ringostat: responses.RequestsMock, client: RingostatClient) -> None:
    ringostat.get(LIST, status=204)

    assert read(client) == []


@pytest.mark.parametrize("name", ["results", "data", "calls"])
def test_rows_of_the_call_list_may_be_in_an_object(
    ringostat: responses.RequestsMock, client: RingostatClient, name: str
) -> None:
    ringostat.get(LIST, json={name: [{"uniqueid": "1.1"}]})

    assert read(client) == [{"uniqueid": "1.1"}]


def test_rows_of_the_call_list_may_be_nested_one_level_deeper(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.get(LIST, json={"success": True, "data": {"calls": [{"uniqueid": "1.1"}]}})

    assert read(client) == [{"uniqueid": "1.1"}]


@pytest.mark.parametrize(
    "answer", ['{"error": {"message": "Invalid params"}, "data": []}', '{"message": "no"}', '"text"']
)
def test_call_list_that_names_an_error_is_an_error(
    ringostat: responses.RequestsMock, client: RingostatClient, answer: str
) -> None:
    ringostat.get(LIST, body=answer)

    with pytest.raises(RingostatError):
        read(client)


def test_empty_response_to_the_employee_list_is_an_error(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.post(RPC, body="")

    with pytest.raises(RingostatError):
        client.employees()


@pytest.mark.parametrize(
    "answer", [{"error": {"message": f"unknown key {KEY}"}}, {"error": KEY}, {"error": f"incorrect field name {KEY}"}]
)
def test_error_message_hides_a_key_that_the_answer_repeats(
    ringostat: responses.RequestsMock, client: RingostatClient, answer: dict[str, Any]
) -> None:
    ringostat.post(RPC, json=answer)

    with pytest.raises(RingostatError) as caught:
        client.employees()
    assert KEY not in str(caught.value)


def test_names_of_employees_have_no_characters_that_postgresql_refuses(
    ringostat: responses.RequestsMock, client: RingostatClient
) -> None:
    ringostat.post(RPC, body=r'{"result": [{"staffId": 1, "fio": "Iryna\u0000 \ud800"}]}')

    assert [employee.name for employee in client.employees()] == ["Iryna ?"]
