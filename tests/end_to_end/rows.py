"""Rows of Ringostat's call list. A test changes the fields that it is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from tests.end_to_end.bodies import CALL_ID, CLIENT


def row(*, ago: timedelta = timedelta(hours=1), **changes: Any) -> dict[str, Any]:
    """An incoming call of 135 seconds that Iryna answered. It began this long ago."""
    return {
        "uniqueid": CALL_ID,
        "calldate": at(timezone.now() - ago),
        "call_type": "in",
        "caller": CLIENT.lstrip("+"),
        "dst": "380442223344",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "waittime": "11",
        "billsec": 124,
        "duration": 135,
        "has_recording": "0",
        "employee_number": 331851,
        "employee_fio": "Iryna Bondar",
        **changes,
    }


def unanswered_row(**changes: Any) -> dict[str, Any]:
    """The row of a call that nobody has answered, or not yet."""
    nobody = {"connected_with": "", "disposition": "NO ANSWER", "billsec": 0, "duration": 0, "waittime": "0"}
    return row(**{**nobody, "employee_number": -1, "employee_fio": ""} | changes)


def at(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
