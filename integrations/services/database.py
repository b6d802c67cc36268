"""The database's clock, this thread's connection to the database, and statements whose plans the server keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import psycopg
from django.db import connection
from psycopg.types.numeric import Int8


def database_time() -> datetime:
    """The current time by the database's clock. All processes share it, whatever their machines' clocks say."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def release_connection() -> None:
    """Returns this thread's connection to the pool before a wait for the network.

    Does nothing inside a transaction (of a test).
    """
    if not connection.in_atomic_block:
        connection.close()


def run_prepared(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Runs a statement whose plan the server keeps, and returns its rows.

    For statements that each call needs: Django's cursor puts the parameters into the text, so the server plans each
    statement anew, which takes several times as long as executing it.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), {name: _bound(value) for name, value in parameters.items()}, prepare=True)
        # Not cursor.description: it describes every column again.
        return cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []


def _bound(value: Any) -> Any:
    """The value as psycopg binds it. Each whole number is a bigint: by its size it would be one of four types, each
    with a plan of its own.
    """
    if type(value) is int:
        return Int8(value)
    return value.value if isinstance(value, Enum) else value
