"""The database's time: the one clock that all processes share, whatever their machines' own clocks say."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
