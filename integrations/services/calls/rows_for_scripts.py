"""Calls as flat rows for scripts: one row per call, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models.functions import Coalesce

from integrations.models import Call

COLUMNS: dict[str, str | Coalesce] = {
    "call_id": "ringostat_id",
    "customer": "customer__name",
    "started_at": "started_at",
    "direction": "direction",
    "outcome": "outcome",
    "client_number": "client_number",
    "employee": "employee__name",
    "state": "state",
    "reason": "reason",
    "detail": "detail",
    "attempts": "delivery__attempts",
    "contact_id": "delivery__contact_id",
    "task_id": "delivery__task_id",
    "comment_id": "delivery__comment_id",
    "tag_id": "delivery__tag_key",
    "called_back_at": "missed__called_back_at",
    "called_back_by": "missed__called_back_in__employee__name",
    "callback_attempts": "missed__attempts",
    "callback_task": Coalesce("callback_task__task_id", "callback_comment__task__task_id"),
    "verified": "read_back__verified",
}
"""Our column → where it comes from. `tag_id` is the key of the data tag's entry, by which Planfix knows this call's
tag. Of a missed incoming call: when and by whom the client was called back, and the attempts before; empty for others.
`callback_task`: the task in Planfix that was made for the call or has a comment about it. `verified`: is the call in
Planfix as it was sent? Empty if it was not read back.
"""


def exported_calls(customer_name: str | None = None) -> Iterator[dict[str, Any]]:
    calls = Call.objects.order_by("pk")
    if customer_name is not None:
        calls = calls.filter(customer__name=customer_name)
    for row in calls.values_list(*COLUMNS.values()).iterator(chunk_size=2000):
        exported = dict(zip(COLUMNS, row, strict=True))
        exported["started_at"] = exported["started_at"].isoformat()
        exported["attempts"] = exported["attempts"] or 0
        if exported["called_back_at"]:
            exported["called_back_at"] = exported["called_back_at"].isoformat()
        yield exported
