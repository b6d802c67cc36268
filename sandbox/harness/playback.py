"""Plays a diagnostics file back: the account, its customer, and the webhooks of its calls."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from sandbox.http.recorded_answers import RecordedAnswers
from sandbox.planfix.account import Account
from sandbox.planfix.records import CustomField, DataTag, User
from sandbox.planfix.template_account import DATA_TAG_OBJECT
from sandbox.planfix.world import World
from sandbox.state import DEFAULT, Sandbox

FORMAT = "ringofix-diagnostics-1"
RETRY_SECONDS = 2.0
TIMEOUT_SECONDS = 30

SWITCHES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("number_storage", "digits"): {"stored_number": "digits"},
    ("number_storage", "formatted"): {"stored_number": "masked"},
    ("finds_parts", "no"): {"phone_filter": "equals"},
    ("combines_filters", "no"): {"several_filters": "any"},
    ("separates_companies", "no"): {"company_flag": "ignored"},
    ("hides_deleted_contacts", "no"): {"deleted_contacts": "found"},
    ("honours_employee_author", "no"): {"employee_owner": "ignored"},
    ("honours_contact_author", "no"): {"contact_owner": "ignored"},
    ("keeps_comment_time", "no"): {"comment_time": "ignored"},
    ("keeps_html", "no"): {"html": "stripped"},
    ("takes_emoji", "no"): {"emoji": "refused"},
    ("shows_source_id", "no"): {"source_object_id": "not_readable"},
    ("lists_newest_first", "no"): {"comment_order": "ascending"},
    ("files_on_update", "added"): {"updated_files": "add"},
    ("copies_recordings", "no"): {"file_from_url": "refused"},
    ("takes_call_tag", "no"): {"system_tags": "refused"},
    ("keeps_call_fields", "no"): {"own_fields": "dropped"},
    ("filters_tasks", "no"): {"task_filter": "ignored"},
    ("shows_active_tasks", "no"): {"task_activity": "absent"},
    ("names_wait", "yes"): {"too_fast": "code_22"},
}
"""How an account with this trait answers requests that were not recorded."""


class NotDiagnostics(Exception):
    """The file is not a diagnostics file of this format."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    method: str
    path: str
    """The path after the customer's webhook address, with the query string."""
    content_type: str
    body: bytes


def read_file(path: Path) -> dict[str, Any]:
    """The content of a diagnostics file. Raises NotDiagnostics, or OSError."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise NotDiagnostics(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise NotDiagnostics(f"{path} is not a diagnostics file of the format {FORMAT}.")
    return content


def play_back(sandbox: Sandbox, file: Mapping[str, Any]) -> None:
    """Makes the default account answer as in the file. The file's traits decide how it answers requests that were not
    recorded.
    """
    account = sandbox.account(DEFAULT)
    account.enter(_world(file))
    account.recorded = RecordedAnswers(request for call in file["calls"] for request in call["requests"])
    settings = file["settings"]
    for row in [*settings.get("employees", []), *file["account"]["users"]]:
        _add_user(account, row.get("planfix_user_id") or row.get("id"), row)
    account.contact_templates |= {row["id"]: row["name"] for row in file["account"]["templates"]}
    if template := settings["planfix"].get("contact_template_id"):
        account.contact_templates.setdefault(template, "Contact")
    if tags := file["account"]["tags"]:
        account.tags = {tag["id"]: _tag(tag) for tag in tags.values()}


def customer_of(sandbox: Sandbox, file: Mapping[str, Any]) -> dict[str, Any]:
    """The file's customer in the format of import_customer, with this sandbox as its Planfix and its Ringostat."""
    settings = dict(file["settings"])
    account = sandbox.account(DEFAULT)
    tags = file["account"]["tags"] or {}
    ids = {f"{name}_tag_id": tag["id"] for name, tag in tags.items()}
    settings["planfix"] = settings["planfix"] | ids | {"url": account.url, "token": account.token}
    settings["ringostat"] = settings["ringostat"] | {"api_url": sandbox.url, "auth_key": "sandbox-key"}
    return settings


def webhooks_of(file: Mapping[str, Any]) -> list[Webhook]:
    """The file's webhooks in the order of their arrival."""
    events = [event for call in file["calls"] for event in call["events"]] + list(file["not_understood"])
    return [_webhook(event) for event in sorted(events, key=lambda event: event["received_at"])]


def send(webhooks: list[Webhook], address: str, stopped: threading.Event) -> Iterator[int]:
    """Sends the webhooks in turn, waiting for a web server that is still starting. Yields the HTTP statuses."""
    for webhook in webhooks:
        while not stopped.is_set():
            try:
                yield _sent(webhook, address)
                break
            except requests.ConnectionError:
                stopped.wait(RETRY_SECONDS)


def _sent(webhook: Webhook, address: str) -> int:
    headers = {"Content-Type": webhook.content_type} if webhook.content_type else {}
    url = address.rstrip("/") + "/" + webhook.path
    answer = requests.request(webhook.method, url, data=webhook.body, headers=headers, timeout=TIMEOUT_SECONDS)
    return answer.status_code


def _webhook(event: Mapping[str, Any]) -> Webhook:
    place = f"{event['event']}/" if event["event"] else ""
    query = f"?{event['query_string']}" if event["query_string"] else ""
    return Webhook(
        method=event["method"],
        path=place + query,
        content_type=event["content_type"],
        body=event["body"].encode("utf-8", "replace"),
    )


def _world(file: Mapping[str, Any]) -> World:
    switches: dict[str, str] = {}
    for trait in file["traits"]:
        switches |= SWITCHES.get((trait["name"], trait["value"]), {})
    return World().with_switches(switches)


def _add_user(account: Account, number: int | None, row: Mapping[str, Any]) -> None:
    if number and number not in account.users:
        name, _space, lastname = row["name"].partition(" ")
        account.add_user(User(id=number, name=name, lastname=lastname, email=row.get("email") or ""))


def _tag(row: Mapping[str, Any]) -> DataTag:
    fields = tuple(
        CustomField(
            id=field["id"],
            name=field["name"],
            type=field["type"],
            object_type=DATA_TAG_OBJECT,
            choices=tuple(field["values"]),
        )
        for field in row["fields"]
    )
    return DataTag(id=row["id"], name=row["name"], group="Telephony", group_id=2, fields=fields, is_system=True)
