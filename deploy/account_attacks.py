"""Tries through the proxy whether only the user gets into an account. Old passwords, tokens and sessions must fail."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from form_fields import form_of
from proxy_attacks import Attacker, Client, NotProtected

USERS = "/admin/auth/user/"
NAME = "analyst"
FIRST, SECOND, THIRD = (f"a {word} password of many words" for word in ("first", "second", "third"))


def try_accounts(attacker: Attacker) -> None:
    """Adds a viewer as an administrator. The viewer changes the password; the administrator resets it and deactivates
    the user. Each change must end old sessions and tokens.
    """
    admin = attacker.logged_in(7)
    page = _added_viewer(admin)
    viewer, other, program = attacker.client(20), attacker.client(21), attacker.client(22)
    _must(viewer.log_in(NAME, FIRST), "the new viewer cannot log in")
    _must(other.log_in(NAME, FIRST), "the new viewer cannot log in at another address")
    for path in ("/admin/", USERS, "/admin/integrations/customer/"):
        _must(viewer.ask("GET", path).status in (302, 403), f"{path} opens for a viewer")
    token = _created_token(viewer, FIRST)
    _must(_reads(program, token), "a new token reads nothing")

    _change_password(viewer, FIRST, SECOND)
    _must(not _reads(program, token), "a token outlives a new password")
    _must(not _is_in(other), "a session outlives a new password")
    _must(_is_in(viewer), "who changes the password is logged out")

    token = _created_token(viewer, SECOND)
    reset = {"usable_password": "true", "password1": THIRD, "password2": THIRD, "set-password": "1"}
    _must(admin.post(urljoin(page, "../password/"), reset).status == 302, "an administrator cannot reset a password")
    _must(not _is_in(viewer) and not _reads(program, token), "sessions or tokens outlive a reset of the password")
    _must(viewer.log_in(NAME, THIRD), "the password was not reset")

    token = _created_token(viewer, THIRD)
    for is_active in (False, True):
        _save(admin, page, is_active="on" if is_active else None)
    _must(not _is_in(viewer) and not _reads(program, token), "sessions or tokens outlive a deactivation")
    _save(admin, page, role="specialist")
    history = admin.ask("GET", urljoin(page, "../history/")).body
    for change in ("viewer → specialist", "True → False", "password"):
        _must(change in history, f"the audit log does not say: {change}")


def _added_viewer(admin: Client) -> str:
    """Adds a viewer. Returns the address of the user's page."""
    form = form_of(admin.ask("GET", f"{USERS}add/").body)
    customers = re.findall(r'<option value="(\d+)"', admin.ask("GET", f"{USERS}add/").body)
    new = {"username": NAME, "password1": FIRST, "password2": FIRST, "role": "viewer", "customers": customers[:1]}
    answer = admin.post(f"{USERS}add/", form | new)
    _must(answer.status == 302, f"adding a user was answered {answer.status}")
    return urljoin(USERS, answer.headers["location"])


def _save(admin: Client, page: str, **changes: str | None) -> None:
    form = form_of(admin.ask("GET", page).body) | {name: value or "" for name, value in changes.items()}
    answer = admin.post(page, {name: value for name, value in form.items() if value or name not in changes})
    _must(answer.status == 302, f"saving a user was answered {answer.status}")


def _created_token(client: Client, password: str) -> str:
    tries = {word: _token_in(client, word) for word in ("", "a wrong password of many words", password)}
    _must(not any(tries[word] for word in tries if word != password), "a token was created without the password")
    _must(bool(tries[password]), "no token was created with the password")
    return tries[password]


def _token_in(client: Client, password: str) -> str:
    answer = client.post("/calls/api/", {"name": "reports", "days": "30", "password": password})
    found = re.search(r'id="new-token"[^>]*>([^<]+)<', answer.body)
    return found[1] if found else ""


def _change_password(client: Client, old: str, new: str) -> None:
    form = {"new_password1": new, "new_password2": new}
    answer = client.post("/account/password/", {**form, "old_password": "a wrong password of many words"})
    _must(answer.status == 200, "the password was changed without the former one")
    answer = client.post("/account/password/", {**form, "old_password": old})
    _must(answer.status == 302, f"a change of the password was answered {answer.status}")


def _reads(client: Client, token: str) -> bool:
    return client.ask("GET", "/api/v1/calls/", Authorization=f"Bearer {token}").status == 200


def _is_in(client: Client) -> bool:
    return client.ask("GET", "/account/").status == 200


def _must(is_true: bool, otherwise: str) -> None:
    if not is_true:
        raise NotProtected(otherwise)
