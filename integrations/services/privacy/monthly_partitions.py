"""Creates the monthly partitions of webhook events and Planfix requests in advance, and drops months that no customer
keeps.

A dropped month costs milliseconds. Deleting its rows one by one would take minutes and leave bloated indexes behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.db import OperationalError, connection, transaction

from integrations.models import PlanfixRequest, WebhookEvent
from integrations.services.database import database_time

log = structlog.get_logger(__name__)

TIME_COLUMNS = {WebhookEvent._meta.db_table: "received_at", PlanfixRequest._meta.db_table: "sent_at"}
MONTHS_AHEAD = 2
STILL_WRITTEN = timedelta(days=1)
"""How long after the end of a month a transaction may still write a row of it."""
LOCK_TIMEOUT = "500ms"
"""How long a change of the partitions waits for its lock. Webhooks and deliveries wait behind it. After a timeout, the
next round tries again.
"""

PARTITIONS = r"""
    SELECT relname, (regexp_match(pg_get_expr(relpartbound, pg_class.oid), $$TO \('([^']+)'\)$$))[1]::timestamptz
      FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = %s::regclass AND pg_get_expr(relpartbound, pg_class.oid) <> 'DEFAULT'
     ORDER BY 2
"""
IS_KEPT = """
    SELECT EXISTS (
        SELECT FROM integrations_customer AS customer
         WHERE EXISTS (
             SELECT FROM {partition} AS row
              WHERE row.customer_id = customer.id
                AND (customer.retention_days = 0
                     OR row.{column} >= %s - make_interval(days => customer.retention_days))))
"""
MOVE_FROM_DEFAULT = """
    WITH moved AS (DELETE FROM {table}_default WHERE {column} >= %(first)s AND {column} < %(end)s RETURNING *)
    INSERT INTO {partition} SELECT * FROM moved
"""


@dataclass(frozen=True)
class Month:
    """One partition. `end` is exclusive."""

    name: str
    end: datetime


def update_partitions() -> None:
    for table in TIME_COLUMNS:
        create_coming_months(table)
        drop_forgotten_months(table)


def create_coming_months(table: str) -> None:
    """Creates the partitions up to MONTHS_AHEAD from now. Moves rows that came before their partition existed."""
    latest = database_time()
    for _ in range(MONTHS_AHEAD):
        latest = _next_month(latest)
    first = _months(table)[-1].end
    while first <= latest:
        end = _next_month(first)
        if not _create_month(table, first, end):
            return
        first = end


def drop_forgotten_months(table: str) -> list[str]:
    """Drops the months that no customer keeps any longer. Returns their names."""
    now = database_time()
    # Without the last partition: create_coming_months() continues after it.
    past = [month for month in _months(table)[:-1] if month.end <= now - STILL_WRITTEN]
    return [month.name for month in past if not _is_kept(table, month, now) and _drop(month)]


def _next_month(moment: datetime) -> datetime:
    return (moment.astimezone(UTC).replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )


def _months(table: str) -> list[Month]:
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [table])
        return [Month(*row) for row in cursor.fetchall()]


def _is_kept(table: str, month: Month, now: datetime) -> bool:
    """Tells whether a customer still keeps a row of the month. Reads one index entry per customer."""
    with connection.cursor() as cursor:
        cursor.execute(IS_KEPT.format(partition=month.name, column=TIME_COLUMNS[table]), [now])
        return bool(cursor.fetchone()[0])


def _create_month(table: str, first: datetime, end: datetime) -> bool:
    partition = f"{table}_{first:%Y_%m}"
    names = {"table": table, "partition": partition, "column": TIME_COLUMNS[table]}
    return _changed(
        partition,
        f"CREATE TABLE {partition} (LIKE {table} INCLUDING ALL)",
        MOVE_FROM_DEFAULT.format(**names),
        f"ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM (%(first)s) TO (%(end)s)",
        first=first,
        end=end,
    )


def _drop(month: Month) -> bool:
    return _changed(month.name, f"DROP TABLE {month.name}")


def _changed(partition: str, *statements: str, **parameters: datetime) -> bool:
    """Runs the statements in one transaction. Changes nothing and returns False if the lock was not free in time."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            for statement in statements:
                cursor.execute(statement, parameters or None)
    except OperationalError as error:
        log.warning("partition not changed, will be tried again", partition=partition, error=str(error).strip())
        return False
    log.info("partition changed", partition=partition)
    return True
