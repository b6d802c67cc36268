"""Finds a contact's last active task, as Planfix itself defines it. Knows nothing of calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.planfix.http.client import Planfix, read_pages
from integrations.planfix.http.json_fields import JSON, Row, child_of, id_of, moment_of

COUNTERPARTY_FILTER = 7
LONG_AGO = datetime.min.replace(tzinfo=UTC)
FOREIGN_TASKS = "task list: it contains tasks of other clients"
UNKNOWN_ACTIVITY = "task list: it does not tell which tasks are active"


@dataclass(frozen=True, kw_only=True)
class LastTask:
    """`id`: None if there is no active task, or none can be told. `problem`: why none can be told."""

    id: int | None
    problem: str = ""


def last_active_task(client: Planfix, contact_id: int) -> LastTask:
    """The newest created of the contact's active tasks that is not deleted.

    Planfix can neither sort tasks nor filter them by activity, so the list is read to its end. The meaning of
    "last active": https://planfix.com/ru/help/Виртуальные_АТС
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
