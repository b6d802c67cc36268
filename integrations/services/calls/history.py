"""Writes down what a user does with calls, for the timeline on each call's page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from integrations.models import HistoryKind

RECORD_ACTION = """
    INSERT INTO integrations_callhistory (call_id, at, kind, by_name, state, reason, detail)
    SELECT id, finished_at, 'attempt', '', state, reason, detail
      FROM integrations_call
     WHERE id = ANY(%(calls)s) AND state = 'skipped' AND finished_at IS NOT NULL
    UNION ALL
    SELECT id, clock_timestamp(), %(kind)s, %(by)s, '', '', %(note)s
      FROM integrations_call
     WHERE id = ANY(%(calls)s)
"""
"""Keeps the reason why a call was skipped, because the action is about to replace it. Failed attempts are already
stored.
"""


def record_action(call_ids: Sequence[int], kind: HistoryKind, *, by: User | None = None, note: str = "") -> None:
    """Records a user's action on these calls. Call it in the transaction of the action, before the calls change.

    Without `by`, no user started the action.
    """
    parameters: dict[str, Any] = {
        "calls": list(call_ids),
        "kind": kind.value,
        "by": name_of(by)[:150],
        "note": note[:300],
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD_ACTION, parameters)


def name_of(user: User | None) -> str:
    return user.get_full_name() or user.get_username() if user else ""
