"""Shows on a call what Planfix refused of its callback task. The call itself is delivered, and stays so."""

from __future__ import annotations

from typing import Any

from django.db import connection

from integrations.domain.reasons import Reason
from integrations.services.callback_tasks.sql import HIDE_PROBLEM, SHOW_PROBLEM


def show_problem(call_id: int, message: str) -> None:
    """Shows the message on a delivered call, unless the call shows another problem already."""
    values: dict[str, Any] = {"call": call_id, "reason": Reason.TASK_REFUSED.value, "detail": message[:300]}
    with connection.cursor() as cursor:
        cursor.execute(SHOW_PROBLEM, values)


def hide_problem(call_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(HIDE_PROBLEM, {"call": call_id, "reason": Reason.TASK_REFUSED.value})
