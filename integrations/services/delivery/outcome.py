"""Stores the result of an attempt: the call's new state, and everything that is not stored yet. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

from integrations.models import CallState
from integrations.services.delivery.attempt import Attempt
from integrations.services.delivery.sql import (
    DUE_AT,
    DUE_NOW_IF_OUTDATED,
    RECORD_FAILED_ATTEMPT,
    SAVE_ATTEMPT_RESULT,
    STATE,
    UNLESS_OUTDATED,
)

KEPT_STATES = (CallState.PENDING, CallState.FAILED, CallState.DELIVERED)
"""The states of calls whose failed attempts are written down. A skipped call says itself why it was skipped."""


def finished(state: CallState, *, reason: str = "", detail: str = "") -> dict[str, object]:
    """The columns of a call that needs nothing more."""
    return {"state": state, "reason": reason, "detail": detail[:300], "due_in": None}


def save_attempt_result(attempt: Attempt, columns: Mapping[str, Any]) -> None:
    """Stores the call's columns and the attempt's unstored receipts in one statement.

    `columns` may hold `due_in`: the time until the call's next attempt, None for none.
    """
    state = columns.get("state", attempt.call.state)
    is_given_up = state in (CallState.SKIPPED, CallState.FAILED)
    expressions = {"state": STATE, "due_in": DUE_NOW_IF_OUTDATED if state == CallState.DELIVERED else DUE_AT}
    unstored = attempt.book.take_unstored()
    history = f"history AS ({RECORD_FAILED_ATTEMPT}), " if columns.get("reason") and state in KEPT_STATES else ""
    statement = SAVE_ATTEMPT_RESULT.format(
        piggyback=f"{unstored}{history}",
        assignments=", ".join(expressions.get(name, f"{name} = %({name})s") for name in columns),
        unless_outdated=UNLESS_OUTDATED if is_given_up else "",
    )
    parameters = {
        "state": state,
        "facts": json.dumps(attempt.call.facts),
        "account": attempt.customer.planfix_account,
        "requests_left": attempt.book.requests_left,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {**unstored.parameters, **parameters, **columns})
