"""Comments on a contact's card or in a task: writes them in an employee's or contact's name, finds and updates them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Literal
from uuid import UUID

from integrations.planfix.http.client import Planfix, read_pages
from integrations.planfix.http.json_fields import JSON, Row, child_of, created_id, id_of, moment_of, rows_of, text_of

SOURCE_ID = UUID("5b0d6f5e-7a0e-4c53-9f0a-3d1f2c9a64e1")
"""Identifies our application to Planfix. Never change it, or our comments would look like those of another application.
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a comment goes."""

    kind: Literal["contact", "task"]
    id: int

    @property
    def path(self) -> str:
        return f"/{self.kind}/{self.id}"


@dataclass(frozen=True, kw_only=True)
class CommentDraft:
    """`owner` is the author, "user:5" or "contact:812", "" for the token's employee; `at` is UTC; `text` is HTML."""

    owner: str
    at: datetime
    text: str
    source_object_id: UUID
    file_ids: tuple[int, ...] = ()
    notifies_assignee: bool = False
    """Of a task: whether the assignee gets a notification. Nobody else gets one."""


def write_comment(client: Planfix, target: Target, draft: CommentDraft) -> int:
    """Writes the comment and returns its id. Notifies nobody unless the draft says so.

    Not idempotent: after an unclear answer use find_comment().
    """
    body: dict[str, JSON] = {
        "dateTime": {"datetime": draft.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")},
        "description": draft.text,
        "isHidden": False,
        "sourceId": str(SOURCE_ID),
        "sourceObjectId": str(draft.source_object_id),
    }
    if draft.owner:
        body["owner"] = {"id": draft.owner}
    if draft.file_ids:
        body["files"] = _files(draft.file_ids)
    if draft.notifies_assignee:
        body["recipients"] = {"roles": ["assignee"]}
    path = f"{target.path}/comments/"
    return created_id(client.request("POST", path, body=body).get("id"), f"POST {path}")


def find_comment(
    client: Planfix, target: Target, *, source_object_id: UUID, marker: str, since: datetime
) -> int | None:
    """The id of our comment; None if Planfix does not have it. Searches back to a day before `since` (UTC): time zones
    may differ.

    A comment is ours by its sourceObjectId, or by the marker in its text if the answer has no sourceObjectId.
    """
    question: dict[str, JSON] = {
        "typeList": "Comments",
        "resultOrder": [{"field": "dateTime", "direction": "Desc"}],
    }
    fields = "id,dateTime,description,sourceObjectId,isDeleted"
    path = f"{target.path}/comments/list"
    for page in read_pages(client, path, "comments", fields=fields, body=question):
        for row in page:
            if is_ours(row, str(source_object_id), marker):
                return id_of(row.get("id"))
        if _is_past(page, since - timedelta(days=1)):
            return None
    return None


def is_ours(row: Row, source_object_id: str, marker: str) -> bool:
    """True if a comment or task is ours, by its sourceObjectId or else by the marker in its description."""
    if row.get("isDeleted") is True:
        return False
    if stamp := text_of(row, "sourceObjectId"):
        return stamp.lower() == source_object_id
    # As a whole word: one call's id may be the beginning of another's.
    pattern = rf"(?<![\w.-]){re.escape(escape(marker))}(?![\w-]|\.\w)"
    return bool(marker and re.search(pattern, text_of(row, "description")))


def _is_past(page: list[Row], horizon: datetime) -> bool:
    """True if the page is sorted by the newest first and ends before the horizon."""
    moments = [moment for row in page if (moment := moment_of(child_of(row, "dateTime")))]
    if len(moments) < 2 or moments[0] == moments[-1] or moments != sorted(moments, reverse=True):
        return False
    return moments[-1] < horizon


def update_comment(
    client: Planfix, target: Target, comment_id: int, *, text: str, file_ids: tuple[int, ...] = ()
) -> None:
    """Replaces a comment's text, and attaches uploaded files if any are given. May be repeated."""
    body: dict[str, JSON] = {"description": text}
    if file_ids:
        body["files"] = _files(file_ids)
    client.request("POST", f"{target.path}/comments/{comment_id}", body=body)


def files_of_comment(client: Planfix, comment_id: int) -> tuple[int, ...]:
    """The ids of the files that the comment has now. One request. Raises PlanfixError."""
    answer = client.request("GET", f"/comment/{comment_id}", params={"fields": "id,files"})
    rows = rows_of(child_of(answer, "comment"), "files")
    return tuple(file_id for row in rows if (file_id := id_of(row.get("id"))) is not None)


def target_of_comment(client: Planfix, comment_id: int) -> Target | None:
    """Where a comment is now: Planfix moves it when its contact is merged into another one. None if the answer does not
    say; raises PlanfixRefused if the comment is gone."""
    answer = client.request("GET", f"/comment/{comment_id}", params={"fields": "id,contact,task"})
    return target_of(child_of(answer, "comment"))


def target_of(comment: Row) -> Target | None:
    """The target in a comment's JSON."""
    if task_id := id_of(child_of(comment, "task").get("id")):
        return Target(kind="task", id=task_id)
    contact_id = id_of(child_of(comment, "contact").get("id"))
    return Target(kind="contact", id=contact_id) if contact_id else None


def _files(file_ids: tuple[int, ...]) -> list[JSON]:
    return [{"id": file_id} for file_id in file_ids]
