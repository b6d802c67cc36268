"""Tasks of Planfix: the last active one of a contact, new ones, their status and templates. Knows nothing of calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from integrations.planfix.http.client import Planfix, read_get_list, read_pages
from integrations.planfix.http.json_fields import (
    JSON,
    Row,
    child_of,
    created_id,
    failed_fields,
    id_of,
    moment_of,
    names_by_id,
    rows_of,
    text_of,
)
from integrations.planfix.records.comments import is_ours

COUNTERPARTY_FILTER = 7
NAME_FILTER = 8
"""Part of the name."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
FOREIGN_TASKS = "task list: it contains tasks of other clients"
UNKNOWN_ACTIVITY = "task list: it does not tell which tasks are active"


@dataclass(frozen=True, kw_only=True)
class LastTask:
    """The last active task. `id`: None if there is none, or if it cannot be determined. `problem`: why it cannot."""

    id: int | None
    problem: str = ""


def last_active_task(client: Planfix, contact_id: int) -> LastTask:
    """The most recently created active task of the contact that is not deleted.

    Planfix can neither sort tasks nor filter them by activity, so the list is read to its end. The meaning of "last
    active": https://planfix.com/ru/help/Виртуальные_АТС
    """
    question: dict[str, JSON] = {
        "filters": [{"type": COUNTERPARTY_FILTER, "operator": "equal", "value": f"contact:{contact_id}"}]
    }
    fields = "id,status,dateTime,isDeleted,counterparty"
    rows: list[Row] = []
    for page in read_pages(client, "/task/list", "tasks", fields=fields, body=question):
        if not all(_is_of(row, contact_id) for row in page):
            # The account ignores the filter. The client's newest task may be many pages away.
            return LastTask(id=None, problem=FOREIGN_TASKS)
        rows += page
    active = [(_created(row), task_id) for row in rows if _is_active(row) and (task_id := id_of(row.get("id")))]
    if active:
        return LastTask(id=max(active)[1])
    is_unknown = any("isActive" not in child_of(row, "status") for row in rows)
    return LastTask(id=None, problem=UNKNOWN_ACTIVITY if is_unknown else "")


def _is_of(row: Row, contact_id: int) -> bool:
    return id_of(child_of(row, "counterparty").get("id")) == contact_id


def _is_active(row: Row) -> bool:
    return child_of(row, "status").get("isActive") is True and row.get("isDeleted") is not True


def _created(row: Row) -> datetime:
    return moment_of(child_of(row, "dateTime")) or LONG_AGO


# New tasks


@dataclass(frozen=True, kw_only=True)
class NewTask:
    """`description` is HTML; Planfix shows it as the task's first comment. `due`: in the account's time zone.

    Without an assignee, Planfix assigns the task as the template says. `user_id` and `group_id` are Planfix IDs.
    """

    name: str
    description: str
    template_id: int
    due: datetime
    source_object_id: UUID
    contact_id: int | None = None
    user_id: int | None = None
    group_id: int | None = None
    is_urgent: bool = False


def create_task(client: Planfix, task: NewTask) -> int:
    """The new task's id. Notifies its assignee. Not idempotent: after an unclear answer use find_task().

    The template is required: a task without one belongs to no process, and its status can never change.
    """
    body: dict[str, JSON] = {
        "template": {"id": task.template_id},
        "name": task.name,
        "description": task.description,
        "priority": "Urgent" if task.is_urgent else "NotUrgent",
        "endDateTime": {"date": f"{task.due:%d-%m-%Y}", "time": f"{task.due:%H:%M}"},
        "sourceObjectId": str(task.source_object_id),
    }
    if task.contact_id is not None:
        body["counterparty"] = {"id": f"contact:{task.contact_id}"}
    if task.user_id is not None or task.group_id is not None:
        body["assignees"] = {
            "users": [{"id": f"user:{task.user_id}"}] if task.user_id is not None else [],
            "groups": [{"id": task.group_id}] if task.group_id is not None else [],
        }
    return created_id(client.request("POST", "/task/", body=body).get("id"), "POST /task/")


def find_task(
    client: Planfix, *, contact_id: int | None, name_part: str, source_object_id: UUID, marker: str
) -> int | None:
    """The id of our task; None if Planfix does not have it. Looks among the contact's tasks, then by a part of the
    name: an empty list may also mean that the account does not know the filter.

    A task is ours by its sourceObjectId, or by the marker in its description if the answer has no sourceObjectId.
    """
    questions: list[tuple[int, JSON]] = [(NAME_FILTER, name_part)]
    if contact_id is not None:
        questions.insert(0, (COUNTERPARTY_FILTER, f"contact:{contact_id}"))
    fields = "id,description,sourceObjectId,isDeleted"
    for kind, value in questions:
        body: dict[str, JSON] = {"filters": [{"type": kind, "operator": "equal", "value": value}]}
        for page in read_pages(client, "/task/list", "tasks", fields=fields, body=body):
            for row in page:
                if is_ours(row, str(source_object_id), marker):
                    return id_of(row.get("id"))
    return None


def set_status(client: Planfix, task_id: int, status_id: int) -> bool:
    """Returns whether Planfix changed the status: the task's process may forbid it. May be repeated."""
    answer = client.request("POST", f"/task/{task_id}", body={"status": {"id": status_id}})
    return not failed_fields(answer)


# Templates, statuses and groups that a specialist chooses from


@dataclass(frozen=True, kw_only=True)
class TaskTemplate:
    id: int
    name: str
    process_id: int | None


def task_templates(client: Planfix) -> list[TaskTemplate]:
    """All task templates by id. One request for each hundred."""
    rows = read_get_list(client, "/task/templates", "templates", fields="id,name,processId")
    found = [
        TaskTemplate(id=number, name=text_of(row, "name"), process_id=id_of(row.get("processId")))
        for row in rows
        if (number := id_of(row.get("id"))) is not None
    ]
    return sorted(found, key=lambda template: template.id)


def inactive_status(client: Planfix, process_id: int) -> int | None:
    """The first inactive status of the process; None if it has none. One request."""
    answer = client.request("GET", f"/process/task/{process_id}/statuses", params={"fields": "id,isActive"})
    inactive = (id_of(row.get("id")) for row in rows_of(answer, "statuses") if row.get("isActive") is False)
    return next((status_id for status_id in inactive if status_id is not None), None)


def statuses_of_process(client: Planfix, process_id: int) -> Mapping[int, str]:
    """The names of the statuses that a task of the process may have, by id. One request."""
    answer = client.request("GET", f"/process/task/{process_id}/statuses", params={"fields": "id,name"})
    return names_by_id(rows_of(answer, "statuses"))


def employee_groups(client: Planfix) -> Mapping[int, str]:
    """The names of the account's groups of employees, by id. One request."""
    return names_by_id(rows_of(client.request("GET", "/user/groups", params={"fields": "id,name"}), "groups"))
