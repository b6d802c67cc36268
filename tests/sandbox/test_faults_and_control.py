"""The sandbox's faults on demand, and its control API."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.planfix.world import PhoneFilter
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox
from tests.sandbox.conftest import Ask

COMMENT = {"description": "Call"}
ON_COMMENTS = Fault(method="POST", path="/contact/*/comments*", times=1)


def write(ask: Ask, contact: Contact, **options: Any) -> requests.Response:
    return ask("POST", f"/contact/{contact.id}/comments/", COMMENT, **options)


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", requests.ConnectionError),
        ("close", requests.ConnectionError),
        ("hang", requests.ReadTimeout),
    ],
)
def test_connection_fault_breaks_before_or_after_the_write(
    sandbox: Sandbox,
    ask: Ask,
    account: Account,
    olha: Contact,
    kind: Any,
    error: type[Exception],
    when: Any,
    written: int,
) -> None:
    sandbox.add_fault(replace(ON_COMMENTS, kind=kind, when=when))

    with pytest.raises(error):
        write(ask, olha, timeout=0.5)

    assert len(account.comments) == written
    assert (account.requests[-1].status, account.requests[-1].fault) == (0, kind)
    assert write(ask, olha).status_code == 201


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault(kind="status"), 500, ""),
        (Fault(kind="status", status=503, body="busy"), 503, "busy"),
        (Fault(kind="status", status=429, json={"result": "fail", "code": 22}), 429, '{"result": "fail", "code": 22}'),
        (Fault(kind="html"), 502, "<html>"),
        (Fault(kind="html", status=200), 200, "<html>"),
    ],
)
def test_fault_spoils_the_answer_before_or_after_the_write(
    sandbox: Sandbox,
    ask: Ask,
    account: Account,
    olha: Contact,
    fault: Fault,
    status: int,
    text: str,
    when: Any,
    written: int,
) -> None:
    sandbox.add_fault(replace(fault, when=when))

    answer = write(ask, olha)

    assert answer.status_code == status
    assert answer.text.startswith(text)
    assert len(account.comments) == written


@pytest.mark.parametrize(("when", "written"), [("before", 0), ("after", 1)])
def test_fault_cuts_the_json_of_an_answer(
    sandbox: Sandbox, ask: Ask, account: Account, olha: Contact, when: Any, written: int
) -> None:
    sandbox.add_fault(replace(ON_COMMENTS, kind="cut_json", when=when))

    answer = write(ask, olha)

    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(account.comments) == written


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow_fault_delays_the_answer(sandbox: Sandbox, ask: Ask, account: Account, olha: Contact, when: Any) -> None:
    sandbox.add_fault(replace(ON_COMMENTS, kind="slow", seconds=0.2, when=when))

    answer = write(ask, olha)

    assert answer.status_code == 201
    assert account.requests[-1].seconds >= 0.2


def test_fault_answers_with_its_headers(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.add_fault(Fault(status=429, headers={"Retry-After": "7"}))

    assert ask("GET", "/ping").headers["Retry-After"] == "7"


def test_fault_skips_requests_and_then_hits_its_number_of_requests(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.add_fault(Fault(skip=1, times=2))

    assert [ask("GET", "/ping").status_code for _ in range(5)] == [200, 500, 500, 200, 200]


def test_fault_with_a_share_hits_the_same_requests_with_the_same_seed(sandbox: Sandbox, ask: Ask) -> None:
    def struck() -> list[int]:
        sandbox.clear_faults()
        sandbox.add_fault(Fault(share=0.5, seed=1))
        return [ask("GET", "/ping").status_code for _ in range(20)]

    first = struck()

    assert set(first) == {200, 500}
    assert struck() == first


@pytest.mark.parametrize(
    ("fault", "strikes"),
    [
        (Fault(), True),
        (Fault(method="GET", path="/ping"), True),
        (Fault(method="POST"), False),
        (Fault(path="/contact/*"), False),
        (Fault(account="default"), True),
        (Fault(account="def*"), True),
        (Fault(account="acme"), False),
        (Fault(times=0), False),
    ],
)
def test_fault_hits_only_its_method_path_and_account(sandbox: Sandbox, ask: Ask, fault: Fault, strikes: bool) -> None:
    sandbox.add_fault(fault)

    assert (ask("GET", "/ping").status_code == 500) is strikes


@pytest.mark.parametrize("path", ["/recordings/a.wav?token=1", "/calls/list"])
def test_fault_hits_requests_to_ringostat_too(sandbox: Sandbox, path: str) -> None:
    sandbox.add_fault(Fault(path=path.partition("?")[0], status=503))

    assert requests.get(sandbox.url + path, headers={"Auth-key": "key"}, timeout=10).status_code == 503


def test_cleared_faults_hit_no_request(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.add_fault(Fault())
    sandbox.clear_faults()

    assert ask("GET", "/ping").status_code == 200


def test_latencies_of_the_sandbox_and_of_the_account_add_up(sandbox: Sandbox, ask: Ask, account: Account) -> None:
    sandbox.latency, account.latency = 0.1, 0.1

    ask("GET", "/ping")

    assert account.requests[-1].seconds >= 0.2


def test_sandbox_can_be_stopped_while_a_request_hangs() -> None:
    sandbox = Sandbox()
    with SandboxServer(sandbox):
        sandbox.add_fault(Fault(kind="hang", seconds=60))
        account = sandbox.account()
        headers = {"Authorization": f"Bearer {account.token}"}
        failures: list[Exception] = []

        def ask() -> None:
            try:
                requests.get(f"{account.url}/rest/ping", headers=headers, timeout=30)
            except requests.ConnectionError as error:
                failures.append(error)

        waiting = threading.Thread(target=ask)
        waiting.start()
        deadline = time.monotonic() + 10
        while not account.requests and time.monotonic() < deadline:
            time.sleep(0.01)
    waiting.join(timeout=10)

    assert len(failures) == 1


def test_simultaneous_writes_of_64_clients_are_all_stored(sandbox: Sandbox, account: Account) -> None:
    headers = {"Authorization": f"Bearer {account.token}"}
    start = threading.Barrier(64)

    def client(number: int) -> list[int]:
        with requests.Session() as session:
            session.headers.update(headers)
            start.wait()
            body = {"template": {"id": 1}, "name": f"Client {number}", "phones": [{"number": f"+38067{number:07}"}]}
            contact = session.post(f"{account.url}/rest/contact/", json=body, timeout=30).json()["id"]
            return [
                contact,
                *(
                    session.post(f"{account.url}/rest/contact/{contact}/comments/", json=COMMENT, timeout=30).json()[
                        "id"
                    ]
                    for _ in range(5)
                ),
            ]

    with ThreadPoolExecutor(64) as pool:
        written = list(pool.map(client, range(64)))

    assert len({ids[0] for ids in written}) == len(account.contacts) == 64
    assert len({comment for ids in written for comment in ids[1:]}) == len(account.comments) == 320
    assert len(account.requests) == 384


# Control over HTTP


def control(sandbox: Sandbox, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{sandbox.url}/_sandbox/{path}", json=body, timeout=10)


def test_account_is_added_filled_and_read_by_the_control_api(sandbox: Sandbox) -> None:
    made = control(sandbox, "POST", "accounts", {"name": "acme", "token": "secret", "language": "uk"}).json()
    contact = control(sandbox, "POST", "accounts/acme/contacts", {"name": "Olha", "phones": ["+380671234567"]}).json()[
        "id"
    ]
    control(sandbox, "POST", "accounts/acme/tasks", {"counterparty_id": contact, "name": "Order"})
    body = {"dataTag": {"id": 7025}, "items": [{"customFieldData": [{"field": {"id": 41633}, "value": "Main"}]}]}
    requests.post(
        f"{made['url']}/rest/contact/{contact}/datatags/",
        json=body,
        headers={"Authorization": "Bearer secret"},
        timeout=10,
    )

    state = control(sandbox, "GET", "accounts/acme").json()

    assert made == {"name": "acme", "url": f"{sandbox.url}/a/acme"}
    assert state["contacts"][0]["phones"] == ["+380671234567"]
    assert state["tasks"][0]["counterparty"] == contact
    assert state["comments"][0]["author"] == "user:1"
    assert state["tag_entries"][0]["values"]["Назва зовнішньої лінії"] == "Main"
    assert "secret" not in str(state)


def test_request_log_is_read_and_cleared_by_the_control_api(sandbox: Sandbox, ask: Ask) -> None:
    ask("GET", "/ping")

    (logged,) = control(sandbox, "GET", "accounts/default/requests").json()
    control(sandbox, "DELETE", "accounts/default/requests")

    assert (logged["method"], logged["path"], logged["status"]) == ("GET", "/ping", 200)
    assert logged["started_at"] == pytest.approx(time.time(), abs=30)
    assert control(sandbox, "GET", "accounts/default/requests").json() == []


def test_faults_are_added_and_cleared_by_the_control_api(sandbox: Sandbox, ask: Ask) -> None:
    control(sandbox, "POST", "faults", {"path": "/ping", "status": 503})
    broken = ask("GET", "/ping").status_code
    control(sandbox, "DELETE", "faults")

    assert (broken, ask("GET", "/ping").status_code) == (503, 200)


def test_account_settings_are_set_by_the_control_api(sandbox: Sandbox, ask: Ask, account: Account) -> None:
    settings = {"scopes": ["user_readonly"], "normalises_phones": True, "limits": {"per_day": 7}}

    control(sandbox, "POST", "accounts/default/settings", settings)

    assert ask("POST", "/contact/list", {}).status_code == 405
    assert account.world.phone_filter is PhoneFilter.DIGITS
    assert account.quota.limits.per_day == 7


def test_latency_calls_and_recordings_are_set_by_the_control_api(sandbox: Sandbox, account: Account) -> None:
    control(sandbox, "POST", "latency", {"seconds": 0.5, "account": "default"})
    control(sandbox, "POST", "calls", {"rows": [{"uniqueid": "a.1", "calldate": "2026-09-30 10:00:00"}]})
    control(sandbox, "POST", "recordings", {"not_ready": ["a.1"]})

    assert (account.latency, sandbox.latency) == (0.5, 0)
    assert sandbox.ringostat.calls[0]["uniqueid"] == "a.1"
    assert sandbox.ringostat.not_ready == {"a.1"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "accounts/nobody", None, 404),
        ("POST", "accounts", {"name": "../x", "token": "t"}, 400),
        ("POST", "accounts", {"name": "x", "token": "t", "language": "xx"}, 400),
        ("POST", "faults", {"pathh": "/ping"}, 400),
        ("POST", "nonsense", {}, 404),
    ],
)
def test_control_api_refuses_unknown_names_and_invalid_values(
    sandbox: Sandbox, method: str, path: str, body: Any, status: int
) -> None:
    assert control(sandbox, method, path, body).status_code == status
