"""The contact's last active task in Planfix's own meaning. Knows nothing of calls."""

from __future__ import annotations

from datetime import UTC, datetime

from integrations.planfix.http.client import Planfix, read_list
from integrations.planfix.http.json_fields import JSON, Row, child_of, id_of, moment_of

COUNTERPARTY_FILTER = 7
LONG_AGO = datetime.min.replace(tzinfo=UTC)


def last_active_task(client: Planfix, contact_id: int) -> int | None:
    """The newest created of the contact's active tasks that is not deleted; None if there is none.

    Planfix can neither sort tasks nor filter them by activity, so the list is read to its end. The meaning of
    "last active": https://planfix.com/ru/help/Виртуальные_АТС
    """
    question: dict[str, JSON] = {
        "filters": [{"type": COUNTERPARTY_FILTER, "operator": "equal", "value": f"contact:{contact_id}"}]
    }
    rows = read_list(client, "/task/list", "tasks", fields="id,status,dateTime,isDeleted", body=question)
    active = [(_created(row), task_id) for row in rows if _is_active(row) and (task_id := id_of(row.get("id")))]
    return max(active)[1] if active else None


def _is_active(row: Row) -> bool:
    return child_of(row, "status").get("isActive") is True and row.get("isDeleted") is not True


def _created(row: Row) -> datetime:
    return moment_of(child_of(row, "dateTime")) or LONG_AGO
