"""The sandbox stores files as Planfix does, and answers as Ringostat."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest
import requests

from sandbox.planfix import files
from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.ringostat.api import MAX_CALLS
from sandbox.state import Sandbox
from tests.sandbox.conftest import Ask

RECORDING = "/recordings/ua9_-1790775438.2139025.wav?token=0123456789abcdef0123456789abcdef"


def copied(ask: Ask, url: str, name: str = "call.wav") -> requests.Response:
    return ask("POST", "/file/from-url/", {"name": name, "url": url})


def test_a_recording_is_copied_and_plays_from_the_account(ask: Ask, account: Account, sandbox: Sandbox) -> None:
    file_id = copied(ask, sandbox.url + RECORDING).json()["id"]

    shown = ask("GET", f"/file/{file_id}?fields=id,name,size,downloadUrl").json()["file"]
    redirect = ask("GET", f"/file/{file_id}/download")
    content = requests.get(redirect.headers["Location"], timeout=10)

    assert redirect.status_code == 302
    assert redirect.headers["Location"] == shown["downloadUrl"]
    assert content.headers["Content-Type"] == "audio/wav"
    assert shown["size"] == -(-len(content.content) // 1024)
    with wave.open(io.BytesIO(content.content)) as sound:
        assert sound.getnframes() / sound.getframerate() > 2


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.planfix.com/x.mp3",
        "https://planfix.ua/x.mp3",
        "ftp://example.com/x.mp3",
        "file:///etc/passwd",
        "no address",
        "",
    ],
)
def test_file_from_an_unsafe_address_is_refused(ask: Ask, account: Account, url: str) -> None:
    answer = copied(ask, url)

    assert (answer.status_code, answer.json()["code"], account.files) == (400, 41, [])


def test_file_from_the_accounts_own_address_is_refused_even_if_private_hosts_are_allowed(
    ask: Ask, account: Account
) -> None:
    assert copied(ask, f"{account.url}/rest/ping?access_token={account.token}").json()["code"] == 41


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.8", "192.168.1.1", "169.254.169.254", "[::1]", "localhost"])
def test_file_from_a_private_host_is_refused_unless_allowed(ask: Ask, account: Account, host: str) -> None:
    account.allows_private_hosts = False

    assert copied(ask, f"http://{host}:1{RECORDING}").json()["code"] == 41


def test_file_that_cannot_be_fetched_is_answered_with_code_7001(ask: Ask, sandbox: Sandbox) -> None:
    answer = copied(ask, f"{sandbox.url}/recordings/without-a-token.wav")

    assert (answer.status_code, answer.json()["code"]) == (400, 7001)


def test_file_over_the_size_limit_is_answered_with_code_7002(
    ask: Ask, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 1000)

    assert copied(ask, sandbox.url + RECORDING).json()["code"] == 7002


def test_an_uploaded_file_keeps_its_name_and_content(account: Account) -> None:
    answer = requests.post(
        f"{account.url}/rest/file/?targetType=task",
        files={"file": ("дзвінок.mp3", b"\x00\x01sound", "audio/mpeg")},
        headers={"Authorization": f"Bearer {account.token}"},
        timeout=10,
    )

    (file,) = account.files
    assert (answer.status_code, answer.json()["id"]) == (200, file.id)
    assert (file.name, file.content, file.content_type) == ("дзвінок.mp3", b"\x00\x01sound", "audio/mpeg")


def test_one_file_may_be_attached_to_several_comments(ask: Ask, account: Account, olha: Contact) -> None:
    file = account.add_file(name="call.wav", content=b"x", content_type="audio/wav")

    for _ in range(2):
        ask("POST", f"/contact/{olha.id}/comments/", {"files": [{"id": file.id}]})

    assert [comment.files for comment in account.comments] == [[file], [file]]
    assert ask("GET", f"/contact/{olha.id}/files").json()["files"] == [{"id": file.id, "size": 1, "name": "call.wav"}]


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=8-", 206, b"89"),
        ("bytes=-2", 206, b"89"),
        ("bytes=4-100", 206, b"456789"),
        ("bytes=20-", 416, b""),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
def test_download_of_a_file_supports_ranges(account: Account, wanted: str, status: int, content: bytes) -> None:
    file = account.add_file(name="x.wav", content=b"0123456789", content_type="audio/wav")

    answer = requests.get(files.download_url(account, file), headers={"Range": wanted}, timeout=10)

    assert (answer.status_code, answer.content) == (status, content)


def test_file_download_needs_its_key(account: Account) -> None:
    file = account.add_file(name="x.wav", content=b"0123456789", content_type="audio/wav")

    assert requests.get(f"{account.url}/files/{file.id}/guess", timeout=10).status_code == 404


# Ringostat


@pytest.mark.parametrize("ending", ["wav", "mp3", "ogg"])
def test_every_call_id_has_a_recording(sandbox: Sandbox, ending: str) -> None:
    answer = requests.get(f"{sandbox.url}/recordings/any.1.{ending}?token=abc", timeout=10)

    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.content[:4] == b"RIFF"


def test_recording_is_not_found_until_it_is_ready(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/recordings/late.wav?token=abc"

    sandbox.ringostat.not_ready.add("late")
    before = requests.get(url, timeout=10)
    sandbox.ringostat.not_ready.clear()
    after = requests.get(url, timeout=10)

    assert (before.status_code, after.status_code) == (404, 200)


def test_recording_link_needs_a_token(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}/recordings/any.wav", timeout=10).status_code == 403


CALLS = [
    {"uniqueid": "a.1", "calldate": "2026-09-30 10:00:00", "disposition": "ANSWERED", "billsec": 3},
    {"uniqueid": "a.3", "calldate": "2026-09-30T12:00:00+03:00", "disposition": "PROPER", "billsec": 5},
    {"uniqueid": "a.2", "calldate": "2026-09-30T08:00:00+00:00", "disposition": "NO ANSWER", "billsec": 0},
]
DAY = {"from": "2026-09-30 00:00:00", "to": "2026-09-30 23:59:59", "fields": "uniqueid"}


def calls(sandbox: Sandbox, key: str = "key", **parameters: str) -> requests.Response:
    return requests.get(
        f"{sandbox.url}/calls/list", params={**DAY, **parameters}, headers={"Auth-key": key}, timeout=10
    )


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({}, ["a.1", "a.2", "a.3"]),
        ({"order": "calldate desc"}, ["a.3", "a.2", "a.1"]),
        ({"from": "2026-09-30 10:30:00", "to": "2026-09-30 11:30:00"}, ["a.2"]),
        ({"filters": "uniqueid=a.3"}, ["a.3"]),
        ({"filters": "disposition~" + base64.b64encode(b"answered|proper").decode()}, ["a.1", "a.3"]),
        ({"from": "2026-10-01 00:00:00", "to": "2026-10-02 00:00:00"}, []),
    ],
)
def test_call_list_supports_period_filter_and_order(
    sandbox: Sandbox, parameters: dict[str, str], ids: list[str]
) -> None:
    sandbox.ringostat.calls = list(CALLS)

    assert [row["uniqueid"] for row in calls(sandbox, **parameters).json()] == ids


def test_call_list_row_has_the_requested_fields_and_a_time_with_offset(sandbox: Sandbox) -> None:
    sandbox.ringostat.calls = list(CALLS[:1])

    (row,) = calls(sandbox, fields="calldate,billsec,utm_source").json()

    assert row == {"calldate": "2026-09-30T10:00:00+0300", "billsec": 3, "utm_source": ""}


@pytest.mark.parametrize("field", ["userfield", "nonsense", "recording_wav"])
def test_unknown_field_of_the_call_list_is_answered_with_a_text(sandbox: Sandbox, field: str) -> None:
    sandbox.ringostat.rejected_fields.add("recording_wav")

    assert "incorrect field name" in calls(sandbox, fields=f"uniqueid,{field}").text


def test_a_call_list_ends_at_its_limit(sandbox: Sandbox) -> None:
    sandbox.ringostat.calls = [{"uniqueid": f"a.{n}", "calldate": "2026-09-30 10:00:00"} for n in range(MAX_CALLS + 1)]

    assert len(calls(sandbox).json()) == MAX_CALLS == 6500


def test_call_list_can_be_requested_as_csv(sandbox: Sandbox) -> None:
    sandbox.ringostat.calls = list(CALLS[:1])

    assert calls(sandbox, fields="uniqueid,billsec", export_type="csv").text.split() == ["uniqueid;billsec", "a.1;3"]


@pytest.mark.parametrize(
    ("expected", "given", "status"), [("", "", 401), ("right", "wrong", 401), ("right", "right", 200)]
)
def test_a_call_list_needs_the_projects_key(sandbox: Sandbox, expected: str, given: str, status: int) -> None:
    sandbox.ringostat.auth_key = expected

    assert calls(sandbox, given).status_code == status


def staff(sandbox: Sandbox, method: str = "getProjectStaffListAndDirections", **params: Any) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {"projectId": "110070", **params}}
    return requests.post(f"{sandbox.url}/api/json-rpc", json=body, headers={"Auth-key": "key"}, timeout=10).json()


def test_staff_list_is_an_object_by_staff_id(sandbox: Sandbox) -> None:
    result = staff(sandbox)["result"]

    assert set(result) == {"331851", "331852", "331853"}
    assert result["331851"]["fio"] == "Iryna Bondar"
    assert result["331851"]["directions"]["main"][0]["direction"] == "acmecom_iryna"


@pytest.mark.parametrize(
    ("params", "ids"),
    [({"filters": {"staffId": 331852}}, ["331852"]), ({"filters": {"fio": "oval"}}, ["331853"])],
)
def test_staff_list_can_be_filtered(sandbox: Sandbox, params: dict[str, Any], ids: list[str]) -> None:
    assert list(staff(sandbox, **params)["result"]) == ids


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"filters": {"staffId": 1}}, "User does not exist"), ({"method": "nonsense"}, "Method not found")],
)
def test_json_rpc_error_is_answered_with_status_200(sandbox: Sandbox, asked: dict[str, Any], message: str) -> None:
    assert staff(sandbox, **asked)["error"]["message"] == message
