"""Updates the table of missed calls from the changes that a database trigger records (models/missed_call.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db import connection, transaction

from integrations.domain.phones import read_number
from integrations.services.missed_calls.sql import FOLD_PLACES, FORGET_OTHERS, ONE_AT_A_TIME, TAKE_CHANGES

BATCH = 500

Place = tuple[int, str, datetime | None, datetime]
"""Where a change applies: customer, number, since, until (models.MissedCallChange)."""


def fold_missed_calls(*, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Folds all changes. May be killed at any time. Two runs at once wait for each other."""
    while not should_stop():
        if _fold_some() < BATCH:
            return


def _fold_some() -> int:
    """Folds one batch of changes. Returns its size.

    Takes the changes first and reads the calls in later statements, so these see every call whose change was taken. A
    call that is committed later has a change of its own.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
        cursor.execute(TAKE_CHANGES, {"batch": BATCH})
        changes = cursor.fetchall()
        if changes:
            cursor.execute(FORGET_OTHERS, {"calls": [call_id for call_id, *_place in changes]})
            places = {(*place,) for _call_id, *place in changes if _can_be_called_back(place[1])}
            cursor.execute(FOLD_PLACES, _columns(places))
    return len(changes)


def _can_be_called_back(number: str) -> bool:
    read = read_number(number, "")
    return read is not None and read.is_dialable


def _columns(places: Iterable[Place]) -> dict[str, list[object]]:
    rows = sorted(places, key=str)
    names = ("customers", "numbers", "since", "until")
    return {name: [row[column] for row in rows] for column, name in enumerate(names)}
