"""Stores webhook events and Planfix requests by month, so that a whole month is forgotten by dropping its partition.

The rows of a large table stay where they are: the table becomes the first partition. What reads it (a new index, the
check of its bound) runs while rows are read and written. Only the swap locks the table, for a moment: it moves no row.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, migrations, transaction

TABLES = {"integrations_webhookevent": "received_at", "integrations_planfixrequest": "sent_at"}
"""The tables, with the column whose month decides."""

SWAP_LOCK_TIMEOUT = "2s"
"""So long the swap waits for its lock. Everybody who comes later waits behind it."""
SWAP_ATTEMPTS = 60

IS_PARTITIONED = "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass"
INDEXES = """
    SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE indrelid = %s::regclass AND NOT indisprimary
"""
CONSTRAINTS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE conrelid = %s::regclass AND contype IN ('c', 'f') AND conname <> %s
     ORDER BY contype
"""


def by_month(apps: Any, schema_editor: Any) -> None:
    for table, column in TABLES.items():
        store_by_month(schema_editor.connection, table, column, datetime.now(UTC))


def store_by_month(connection: Any, table: str, column: str, now: datetime) -> None:
    """Goes on where it was interrupted. Rows up to the end of next month stay in one partition, `…_before`."""
    with connection.cursor() as cursor:
        cursor.execute(IS_PARTITIONED, [table])
        if cursor.fetchone() == (True,):
            return
        bound = next_month(next_month(now))
        _index_ids(cursor, table)
        _check_bound(cursor, table, column, bound)
    for attempt in range(1, SWAP_ATTEMPTS + 1):
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{SWAP_LOCK_TIMEOUT}'")
                _swap(cursor, table, column, bound)
            return
        except OperationalError:
            if attempt == SWAP_ATTEMPTS:
                raise
            time.sleep(1)


def next_month(moment: datetime) -> datetime:
    return datetime(moment.year + moment.month // 12, moment.month % 12 + 1, 1, tzinfo=UTC)


def _index_ids(cursor: Any, table: str) -> None:
    """Takes the place of the primary key: a key of a partitioned table would have to contain the time."""
    name = f"{table}_id"
    cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
    found = cursor.fetchone()
    if found == (False,):
        cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
    if found != (True,):
        cursor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} (id)")


def _check_bound(cursor: Any, table: str, column: str, bound: datetime) -> None:
    """A checked bound spares the reading of all rows while the table is locked."""
    cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {_bound_name(table)}")
    cursor.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {_bound_name(table)} CHECK ({column} < '{bound.isoformat()}') NOT VALID"
    )
    cursor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {_bound_name(table)}")


def _bound_name(table: str) -> str:
    return f"{table}_bound"


def _swap(cursor: Any, table: str, column: str, bound: datetime) -> None:
    before = f"{table}_before"
    cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    cursor.execute(INDEXES, [table])
    indexes = cursor.fetchall()
    cursor.execute(CONSTRAINTS, [table, _bound_name(table)])
    constraints = cursor.fetchall()
    cursor.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {table}")
    (next_id,) = cursor.fetchone()
    for name, _definition in indexes:
        cursor.execute(f"ALTER INDEX {name} RENAME TO {name[:56]}_before")
    cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id DROP IDENTITY, DROP CONSTRAINT {table}_pkey")
    cursor.execute(f"ALTER TABLE {table} RENAME TO {before}")
    cursor.execute(f"CREATE TABLE {table} (LIKE {before} INCLUDING DEFAULTS) PARTITION BY RANGE ({column})")
    cursor.execute(f"CREATE SEQUENCE {table}_id_seq START {next_id} OWNED BY {table}.id")
    cursor.execute(f"ALTER TABLE {table} ALTER COLUMN id SET DEFAULT nextval('{table}_id_seq')")
    for name, definition in constraints:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    for _name, definition in indexes:
        cursor.execute(definition)
    cursor.execute(
        f"ALTER TABLE {table} ATTACH PARTITION {before} FOR VALUES FROM (MINVALUE) TO ('{bound.isoformat()}')"
    )
    cursor.execute(f"ALTER TABLE {before} DROP CONSTRAINT {_bound_name(table)}")
    # Takes what comes when no later month has been made. Nothing that is accepted gets lost.
    cursor.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")


class Migration(migrations.Migration):
    """Without holding up webhooks and deliveries, and to be begun again wherever it was interrupted."""

    atomic = False

    dependencies = [
        ("integrations", "0052_trial_task"),
    ]

    operations = [migrations.RunPython(by_month)]
