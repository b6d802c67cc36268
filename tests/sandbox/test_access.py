"""The sandbox refuses what Planfix refuses: wrong tokens, missing rights, too many requests."""

from __future__ import annotations

import pytest
import requests

from sandbox.planfix.account import Account
from sandbox.planfix.quota import Limits
from sandbox.state import Sandbox
from tests.sandbox.conftest import Ask


@pytest.mark.parametrize("path", ["/ping", "/contact/99", "/no/such/path"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic sandbox-token"}])
def test_sandbox_refuses_a_wrong_token_before_anything_else(
    account: Account, path: str, headers: dict[str, str]
) -> None:
    answer = requests.get(f"{account.url}/rest{path}", headers=headers, timeout=10)

    assert answer.status_code == 401
    assert answer.json() == {"result": "fail", "code": 1, "error": "Access denied, unknown token"}


def test_get_request_may_have_the_token_in_its_query(account: Account) -> None:
    answer = requests.get(f"{account.url}/rest/ping?access_token={account.token}", timeout=10)

    assert answer.json() == {"result": "success"}


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/contact/list", "contact_readonly"),
        ("POST", "/contact/", "contact_add"),
        ("POST", "/contact/5", "contact_update"),
        ("POST", "/task/list", "task_readonly"),
        ("POST", "/contact/5/comments/", "comment_add"),
        ("POST", "/contact/5/comments/list", "comment_readonly"),
        ("POST", "/contact/5/datatags/1", "datatag_add"),
        ("POST", "/datatag/list", "datatag_readonly"),
        ("POST", "/file/from-url/", "file_add"),
        ("POST", "/user/list", "user_readonly"),
        ("GET", "/process/task", "process_readonly"),
    ],
)
def test_missing_scope_is_answered_405_with_code_5(
    ask: Ask, account: Account, method: str, path: str, scope: str
) -> None:
    account.scopes = frozenset({"something_else"})
    refused = ask(method, path, {})
    account.scopes = frozenset({scope})
    let_through = ask(method, path, {})

    assert (refused.status_code, refused.json()["code"]) == (405, 5)
    assert let_through.status_code != 405


def test_a_ping_needs_no_scope(ask: Ask, account: Account) -> None:
    account.scopes = frozenset()

    assert ask("GET", "/ping").json() == {"result": "success"}


def test_unknown_method_is_answered_405(ask: Ask) -> None:
    assert ask("DELETE", "/task/5").status_code == 405


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"filters": "x"}', b'{"filters": [1]}'])
def test_malformed_body_is_answered_with_code_30(account: Account, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {account.token}"}

    answer = requests.post(f"{account.url}/rest/contact/list", data=body, headers=headers, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (400, 30)


def test_each_answer_says_how_many_requests_are_left_today(ask: Ask) -> None:
    left = [int(ask("GET", path).headers["X-RateLimit-Remaining"]) for path in ("/ping", "/contact/99", "/ping")]

    assert left == [left[0], left[0] - 1, left[0] - 2]


def test_request_over_the_daily_limit_is_answered_with_code_22(ask: Ask, account: Account) -> None:
    account.quota.limits = Limits(per_day=1, stops_at_daily=True, daily_status=403)

    first, second = ask("GET", "/ping"), ask("GET", "/ping")

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (403, 22)
    assert second.headers["X-RateLimit-Remaining"] == "0"


@pytest.mark.parametrize("retry_after", [None, 2])
def test_request_over_the_rate_limit_is_answered_429(ask: Ask, account: Account, retry_after: int | None) -> None:
    account.quota.limits = Limits(per_second=0.01, retry_after=retry_after)

    first, second = ask("GET", "/ping"), ask("GET", "/ping")

    assert (first.status_code, second.status_code) == (200, 429)
    assert second.headers.get("Retry-After") == (str(retry_after) if retry_after else None)


def test_each_account_has_its_own_address_token_and_records(sandbox: Sandbox, ask: Ask) -> None:
    acme = sandbox.add_account("acme", token="other")
    acme.add_contact(name="Only here")
    headers = {"Authorization": "Bearer other"}

    theirs = requests.post(f"{acme.url}/rest/contact/list", json={"fields": "name"}, headers=headers, timeout=10)

    assert acme.url == f"{sandbox.url}/a/acme"
    assert [contact["name"] for contact in theirs.json()["contacts"]] == ["Only here"]
    assert ask("POST", "/contact/list", {}).json()["contacts"] == []


@pytest.mark.parametrize("slash", ["", "/"])
def test_planfix_paths_are_accepted_with_and_without_a_trailing_slash(ask: Ask, slash: str) -> None:
    answer = ask("POST", f"/contact{slash}", {"template": {"id": 1}, "name": "Olha"})

    assert answer.status_code == 201


def test_request_log_keeps_requests_and_answers_without_tokens(ask: Ask, account: Account) -> None:
    ask("POST", f"/contact/?access_token={account.token}", {"name": "Olha"})

    (logged,) = account.requests
    assert (logged.method, logged.path, logged.status) == ("POST", "/contact/", 400)
    assert "Olha" in logged.body
    assert account.token not in repr(logged)
