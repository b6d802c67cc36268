"""The database's clock, and this thread's connection to the database."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


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
