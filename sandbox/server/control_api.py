"""The control API under /_sandbox/, for tests and demos that run the sandbox as another process. JSON in and out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any

from sandbox.http.faults import Fault
from sandbox.http.server import Reply, Request, json_reply
from sandbox.planfix.account import Account
from sandbox.planfix.quota import Limits
from sandbox.planfix.records import Comment, StoredFile, TagEntry
from sandbox.planfix.vocabulary import VOCABULARIES
from sandbox.planfix.world import SWITCHES, Emoji, PhoneFilter, TaskComments, World
from sandbox.state import Sandbox

ACCOUNT_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
ACCOUNT_SETTINGS = ("allows_private_hosts", "latency", "token_user_id", "required_contact_fields", "slow_fetch")
SHORT_SWITCHES: Mapping[str, tuple[str, Mapping[bool, str]]] = {
    "normalises_phones": ("phone_filter", {True: PhoneFilter.DIGITS, False: PhoneFilter.CONTAINS}),
    "finds_nothing_by_phone": ("phone_filter", {True: PhoneFilter.NOTHING, False: PhoneFilter.CONTAINS}),
    "refuses_emoji": ("emoji", {True: Emoji.REFUSED, False: Emoji.KEPT}),
    "refuses_task_comments": ("task_comments", {True: TaskComments.REFUSED, False: TaskComments.TAKEN}),
}
"""Settings that are true or false, as switches of the account's world."""

Json = Mapping[str, Any]
Control = Callable[[Sandbox, Json, tuple[str, ...]], object]


def answer(sandbox: Sandbox, request: Request) -> Reply:
    """Answers a control request: 404 for unknown paths and names and for missing values, 400 for invalid values."""
    for (method, pattern), control in CONTROLS.items():
        match = pattern.fullmatch(request.path.rstrip("/"))
        if not match or method != request.method:
            continue
        try:
            return json_reply(control(sandbox, json.loads(request.body or b"{}"), match.groups()))
        except KeyError as error:
            return json_reply({"error": f"not found or missing: {error}"}, 404)
        except (TypeError, ValueError) as error:
            return json_reply({"error": str(error)}, 400)
    return json_reply({"error": "no such control"}, 404)


def _add_account(sandbox: Sandbox, given: Json, _: tuple[str, ...]) -> object:
    name, language = given["name"], given.get("language", "en")
    if not ACCOUNT_NAME.fullmatch(name) or language not in VOCABULARIES:
        raise ValueError("name or language is not usable")
    optional = {"timezone": given["timezone"]} if "timezone" in given else {}
    account = sandbox.add_account(name, token=given["token"], language=language, **optional)
    return {"name": account.name, "url": account.url}


def _accounts(sandbox: Sandbox, _: Json, __: tuple[str, ...]) -> object:
    return [{"name": account.name, "url": account.url} for account in sandbox.accounts.values()]


def _account(sandbox: Sandbox, _: Json, names: tuple[str, ...]) -> object:
    return state(sandbox.accounts[names[0]])


def _requests(sandbox: Sandbox, _: Json, names: tuple[str, ...]) -> object:
    return [asdict(request) for request in sandbox.accounts[names[0]].requests]


def _forget_requests(sandbox: Sandbox, _: Json, names: tuple[str, ...]) -> object:
    sandbox.accounts[names[0]].forget_requests()
    return {}


def _add_contact(sandbox: Sandbox, given: Json, names: tuple[str, ...]) -> object:
    return {"id": sandbox.accounts[names[0]].add_contact(**given).id}


def _add_task(sandbox: Sandbox, given: Json, names: tuple[str, ...]) -> object:
    task = sandbox.accounts[names[0]].add_task(
        given["counterparty_id"], given["name"], active=given.get("active", True)
    )
    return {"id": task.id}


def _settings(sandbox: Sandbox, given: Json, names: tuple[str, ...]) -> object:
    """Changes settings: any of ACCOUNT_SETTINGS and SHORT_SWITCHES; "scopes": list or null; "limits": see `Limits`."""
    account = sandbox.accounts[names[0]]
    for name in ACCOUNT_SETTINGS:
        if name in given:
            setattr(account, name, given[name])
    switches = {name: values[bool(given[key])] for key, (name, values) in SHORT_SWITCHES.items() if key in given}
    account.enter(account.world.with_switches(switches))
    if "scopes" in given:
        account.scopes = None if given["scopes"] is None else frozenset(given["scopes"])
    if "limits" in given:
        account.quota.limits = Limits(**given["limits"])
    return {}


def _enter_world(sandbox: Sandbox, given: Json, names: tuple[str, ...]) -> object:
    """Changes switches of the account's world, by name. Returns all of them."""
    account = sandbox.accounts[names[0]]
    account.enter(account.world.with_switches(given))
    return account.world.switches()


def _leave_world(sandbox: Sandbox, _: Json, names: tuple[str, ...]) -> object:
    sandbox.accounts[names[0]].enter(World())
    return {}


def _world(sandbox: Sandbox, _: Json, names: tuple[str, ...]) -> object:
    return sandbox.accounts[names[0]].world.switches()


def _switches(_: Sandbox, __: Json, ___: tuple[str, ...]) -> object:
    """The values of each switch, the default first."""
    return SWITCHES


def _add_fault(sandbox: Sandbox, given: Json, _: tuple[str, ...]) -> object:
    known = {field.name for field in fields(Fault)}
    if unknown := set(given) - known:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    sandbox.add_fault(Fault(**given))
    return {}


def _faults(sandbox: Sandbox, _: Json, __: tuple[str, ...]) -> object:
    return [{"path": fault.path, "kind": fault.kind, "struck": struck} for fault, struck in sandbox.faults.struck()]


def _clear_faults(sandbox: Sandbox, _: Json, __: tuple[str, ...]) -> object:
    sandbox.clear_faults()
    return {}


def _latency(sandbox: Sandbox, given: Json, _: tuple[str, ...]) -> object:
    """Sets the latency of all accounts, or the additional latency of one, in seconds."""
    seconds = float(given["seconds"])
    if "account" in given:
        sandbox.accounts[given["account"]].latency = seconds
    else:
        sandbox.latency = seconds
    return {}


def _calls(sandbox: Sandbox, given: Json, _: tuple[str, ...]) -> object:
    """Sets the rows of calls/list. With "auth_key", only for that project."""
    if "auth_key" in given:
        sandbox.ringostat.calls_by_key[given["auth_key"]] = given["rows"]
    else:
        sandbox.ringostat.calls = given["rows"]
    return {"rows": len(given["rows"])}


def _recordings(sandbox: Sandbox, given: Json, _: tuple[str, ...]) -> object:
    """Sets the ids of calls whose recordings do not exist yet."""
    sandbox.ringostat.not_ready = set(given["not_ready"])
    return {}


def _staff(sandbox: Sandbox, given: Json, _: tuple[str, ...]) -> object:
    sandbox.ringostat.staff = dict(given["staff"])
    return {}


def _phone_book(sandbox: Sandbox, _: Json, __: tuple[str, ...]) -> object:
    """The contacts that Ringostat's telephones show."""
    return list(sandbox.ringostat.contact_book.values())


_ACCOUNT = r"/_sandbox/accounts/([^/]+)"
CONTROLS: Mapping[tuple[str, re.Pattern[str]], Control] = {
    (method, re.compile(pattern)): control
    for method, pattern, control in (
        ("POST", r"/_sandbox/accounts", _add_account),
        ("GET", r"/_sandbox/accounts", _accounts),
        ("GET", _ACCOUNT, _account),
        ("GET", _ACCOUNT + "/requests", _requests),
        ("DELETE", _ACCOUNT + "/requests", _forget_requests),
        ("POST", _ACCOUNT + "/contacts", _add_contact),
        ("POST", _ACCOUNT + "/tasks", _add_task),
        ("POST", _ACCOUNT + "/settings", _settings),
        ("GET", _ACCOUNT + "/world", _world),
        ("POST", _ACCOUNT + "/world", _enter_world),
        ("DELETE", _ACCOUNT + "/world", _leave_world),
        ("GET", r"/_sandbox/worlds", _switches),
        ("POST", r"/_sandbox/faults", _add_fault),
        ("GET", r"/_sandbox/faults", _faults),
        ("DELETE", r"/_sandbox/faults", _clear_faults),
        ("POST", r"/_sandbox/latency", _latency),
        ("POST", r"/_sandbox/calls", _calls),
        ("POST", r"/_sandbox/recordings", _recordings),
        ("POST", r"/_sandbox/staff", _staff),
        ("GET", r"/_sandbox/phone_book", _phone_book),
    )
}


def state(account: Account) -> dict[str, object]:
    """Returns the account's records, without file contents and without the token."""
    with account.lock:
        return {
            "name": account.name,
            "url": account.url,
            "language": account.language,
            "contacts": [
                {
                    "id": contact.id,
                    "name": contact.name,
                    "lastname": contact.lastname,
                    "phones": [phone.number for phone in contact.phones],
                    "isCompany": contact.is_company,
                    "isDeleted": contact.is_deleted,
                    "template": contact.template_id,
                    "supervisors": contact.supervisors,
                    "custom": {account.contact_fields[key].name: value for key, value in contact.custom.items()},
                    "sourceObjectId": contact.source_object_id,
                }
                for contact in account.contacts
            ],
            "tasks": [
                {
                    "id": task.id,
                    "name": task.name,
                    "counterparty": task.counterparty_id,
                    "status": task.status.name,
                    "isActive": task.status.is_active,
                    "isDeleted": task.is_deleted,
                    "created": task.created.isoformat(),
                    "description": task.description,
                    "template": task.template_id,
                    "assignees": [*task.assignees, *(f"group:{number}" for number in task.assigned_groups)],
                    "due": task.due.isoformat() if task.due else None,
                    "isUrgent": task.is_urgent,
                    "sourceObjectId": task.source_object_id,
                }
                for task in account.tasks
            ],
            "comments": [_comment(comment) for comment in account.comments],
            "tag_entries": [_entry(entry) for entry in account.tag_entries],
            "files": [_file(file) for file in account.files],
        }


def _comment(comment: Comment) -> dict[str, object]:
    return {
        "id": comment.id,
        "contact": comment.contact_id,
        "task": comment.task_id,
        "author": comment.author,
        "dateTime": comment.at.isoformat(),
        "written": comment.written.isoformat(),
        "description": comment.description,
        "files": [_file(file) for file in comment.files],
        "tags": [_entry(entry) for entry in comment.tags],
        "sourceObjectId": comment.source_object_id,
    }


def _entry(entry: TagEntry) -> dict[str, object]:
    return {
        "key": entry.key,
        "tag": entry.tag.name,
        "tagId": entry.tag.id,
        "comment": entry.comment_id,
        "contact": entry.contact_id,
        "task": entry.task_id,
        "values": entry.values,
    }


def _file(file: StoredFile) -> dict[str, object]:
    return {"id": file.id, "name": file.name, "size": file.size, "contentType": file.content_type}
