"""Removes records that we made. A record that no longer exists counts as removed."""

from __future__ import annotations

from enum import StrEnum

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.http.json_fields import JSON, Row, child_of, failed_fields, id_of
from integrations.planfix.records.tasks import inactive_status

GONE = frozenset({1000, 2000, 5000, 6000, 7000})
"""Codes for a task, contact, comment, data tag entry and file that do not exist."""


class TaskEnd(StrEnum):
    """What happened to a task that had to be removed."""

    GONE = "gone"
    CLOSED = "closed"
    """It still exists, with an inactive status."""
    OPEN = "open"
    """It is unchanged: its process has no such status, or does not allow the change."""


def delete_comment(client: Planfix, comment_id: int) -> None:
    """Deletes the comment. Raises PlanfixError, also if the token lacks the right comment_delete."""
    _remove(client, "DELETE", f"/comment/{comment_id}")


def delete_tag_entry(client: Planfix, key: int) -> None:
    """Deletes the data tag entry. Raises PlanfixError, also if the token lacks the right datatag_delete."""
    _remove(client, "DELETE", f"/datatag/entry/{key}")


def delete_file(client: Planfix, file_id: int) -> None:
    """Deletes the file. Raises PlanfixError, also if the token lacks the right file_delete."""
    _remove(client, "DELETE", f"/file/{file_id}")


def mark_contact_deleted(client: Planfix, contact_id: int) -> None:
    """Marks the contact as deleted: Planfix has no request that deletes one for good.

    Raises PlanfixError, also if the token lacks the right contact_update.
    """
    _remove(client, "POST", f"/contact/{contact_id}", {"isDeleted": True})


def remove_task(client: Planfix, task_id: int) -> TaskEnd:
    """Marks the task as deleted and closes it: an account may ignore the mark. At most four requests.

    The API documents the property `isDeleted`, and no request that deletes a task. Raises PlanfixError, also without
    task_readonly, task_update or process_readonly.
    """
    task = _read_task(client, task_id)
    end = _end_of(task)
    if task is None or end is not TaskEnd.OPEN:
        return end
    status, problem = _status_to_close(client, task)
    try:
        answer = client.request("POST", f"/task/{task_id}", body={"isDeleted": True, **status})
    except PlanfixRefused:
        # Planfix may refuse the mark alone.
        end = TaskEnd.CLOSED if status and _is_updated(client, task_id, status) else TaskEnd.OPEN
    else:
        end = _end_of(_read_task(client, task_id))
        if end is TaskEnd.OPEN and status and not _failed(answer, "status"):
            end = TaskEnd.CLOSED  # an account may not show whether a task is active
    if problem and end is TaskEnd.OPEN:
        raise problem
    return end


def _read_task(client: Planfix, task_id: int) -> Row | None:
    """None for a task that is gone."""
    params = {"fields": "id,status,processId,isDeleted"}
    try:
        return child_of(client.request("GET", f"/task/{task_id}", params=params), "task")
    except PlanfixRefused as error:
        if error.is_missing_task:
            return None
        raise


def _end_of(task: Row | None) -> TaskEnd:
    if task is None or task.get("isDeleted") is True:
        return TaskEnd.GONE
    return TaskEnd.CLOSED if child_of(task, "status").get("isActive") is False else TaskEnd.OPEN


def _status_to_close(client: Planfix, task: Row) -> tuple[dict[str, JSON], PlanfixRefused | None]:
    """The change of status that closes the task, {} if its process has no such status or Planfix refuses to show it;
    then the refusal.
    """
    process_id = id_of(task.get("processId"))
    try:
        status_id = inactive_status(client, process_id) if process_id else None
    except PlanfixRefused as error:
        return {}, error
    return ({"status": {"id": status_id}} if status_id else {}), None


def _failed(answer: Row, field: str) -> bool:
    return any(failed.startswith(field) for failed in failed_fields(answer))


def _is_updated(client: Planfix, task_id: int, change: dict[str, JSON]) -> bool:
    return not failed_fields(client.request("POST", f"/task/{task_id}", body=change))


def is_gone(client: Planfix, contact_id: int) -> bool:
    """True if the contact is deleted or marked as deleted. One request."""
    params = {"fields": "id,isDeleted"}
    try:
        contact = child_of(client.request("GET", f"/contact/{contact_id}", params=params), "contact")
    except PlanfixRefused as error:
        if error.is_missing_contact:
            return True
        raise
    return contact.get("isDeleted") is True


def _remove(client: Planfix, method: str, path: str, body: dict[str, bool] | None = None) -> None:
    try:
        client.request(method, path, body=dict(body) if body else None)
    except PlanfixRefused as error:
        if error.code not in GONE and error.http_status != 404:
            raise
