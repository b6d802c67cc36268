"""Partitions by month: which ones exist, which ones are dropped, and the migration of a table with rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module

import psycopg
import pytest
from django.db import connection

from integrations.models import Call, Customer, PlanfixRequest, WebhookEvent
from integrations.services.privacy import monthly_partitions
from integrations.services.privacy.monthly_partitions import (
    create_coming_months,
    drop_forgotten_months,
    update_partitions,
)
from integrations.services.privacy.retention import prune_all
from sandbox.harness.processes import this_database
from tests.factories import make_call, make_customer, make_event, make_request

EVENTS = "integrations_webhookevent"
REQUESTS = "integrations_planfixrequest"
TODAY = datetime.now(UTC).replace(day=15) + timedelta(days=300)
"""Later than every month that a new database has."""
LONG_AGO = TODAY - timedelta(days=150)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(monthly_partitions, "database_time", lambda: TODAY)
    return TODAY


def partitions(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::text FROM pg_partition_tree(%s::regclass) WHERE isleaf", [table])
        return sorted(name for (name,) in cursor.fetchall())


def partition_of(row: WebhookEvent | PlanfixRequest) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        return str(cursor.fetchone()[0])


def of_month(table: str, moment: datetime, later: int = 0) -> str:
    """The name of the partition `later` months later."""
    return f"{table}_{moment + timedelta(days=30 * later):%Y_%m}"


def make_rows(customer: Customer, moment: datetime) -> tuple[WebhookEvent, PlanfixRequest]:
    call = make_call(customer)
    rows = make_event(call, received_at=moment), make_request(call, sent_at=moment)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit
    return rows


@pytest.mark.django_db
def test_each_row_is_stored_in_the_partition_of_its_month(today: datetime) -> None:
    create_coming_months(EVENTS)
    create_coming_months(REQUESTS)

    event, request = make_rows(make_customer(), LONG_AGO)

    assert partition_of(event) == of_month(EVENTS, LONG_AGO)
    assert partition_of(request) == of_month(REQUESTS, LONG_AGO)


@pytest.mark.django_db
def test_partitions_of_two_coming_months_are_created_once(today: datetime) -> None:
    create_coming_months(EVENTS)
    created = partitions(EVENTS)
    create_coming_months(EVENTS)

    assert partitions(EVENTS) == created
    assert of_month(EVENTS, TODAY, 2) in created
    assert of_month(EVENTS, TODAY, 3) not in created


@pytest.mark.django_db
def test_row_without_a_partition_of_its_month_is_kept_and_moved(today: datetime) -> None:
    event, request = make_rows(make_customer(), TODAY)
    assert (partition_of(event), partition_of(request)) == (f"{EVENTS}_default", f"{REQUESTS}_default")

    update_partitions()

    assert (partition_of(event), partition_of(request)) == (of_month(EVENTS, TODAY), of_month(REQUESTS, TODAY))
    event.refresh_from_db()
    assert event.received_at == TODAY


@pytest.mark.django_db
def test_partition_that_no_customer_keeps_is_dropped_with_its_rows(today: datetime) -> None:
    create_coming_months(EVENTS)
    event, _ = make_rows(make_customer(retention_days=60), LONG_AGO)

    assert of_month(EVENTS, LONG_AGO) in drop_forgotten_months(EVENTS)

    assert not WebhookEvent.objects.filter(pk=event.pk).exists()
    assert of_month(EVENTS, LONG_AGO) not in partitions(EVENTS)


@pytest.mark.django_db
@pytest.mark.parametrize("days", [0, 365])
def test_partition_stays_while_one_customer_keeps_a_row_of_it(today: datetime, days: int) -> None:
    create_coming_months(EVENTS)
    make_rows(make_customer(retention_days=60), LONG_AGO)
    kept, _ = make_rows(make_customer(retention_days=days), LONG_AGO)

    assert of_month(EVENTS, LONG_AGO) not in drop_forgotten_months(EVENTS)

    assert partition_of(kept) == of_month(EVENTS, LONG_AGO)


@pytest.mark.django_db
def test_partition_of_a_month_that_has_just_ended_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of its last moments may still be written."""
    first = TODAY.replace(day=1, hour=0, minute=30)
    monkeypatch.setattr(monthly_partitions, "database_time", lambda: first)
    create_coming_months(EVENTS)

    dropped = drop_forgotten_months(EVENTS)

    assert of_month(EVENTS, LONG_AGO) in dropped
    assert of_month(EVENTS, first - timedelta(days=1)) not in dropped


@pytest.mark.django_db
def test_empty_partition_of_the_current_month_stays(today: datetime) -> None:
    create_coming_months(EVENTS)
    drop_forgotten_months(EVENTS)

    assert {of_month(EVENTS, TODAY), of_month(EVENTS, TODAY, 2), f"{EVENTS}_default"} <= set(partitions(EVENTS))


@pytest.mark.django_db
def test_retention_updates_the_partitions(today: datetime) -> None:
    prune_all()

    assert of_month(REQUESTS, TODAY) in partitions(REQUESTS)


@pytest.fixture
def other_session(transactional_db: None) -> Iterator[psycopg.Connection]:
    with psycopg.connect(this_database()["DATABASE_URL"]) as other:
        yield other


def test_partition_change_gives_up_soon_while_another_session_writes(
    other_session: psycopg.Connection, today: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Webhooks would wait for the change."""
    monkeypatch.setattr(monthly_partitions, "LOCK_TIMEOUT", "20ms")
    other_session.execute(f"LOCK TABLE {EVENTS} IN ROW EXCLUSIVE MODE")
    other_session.execute(f"LOCK TABLE {EVENTS}_default IN ROW EXCLUSIVE MODE")
    before = partitions(EVENTS)

    create_coming_months(EVENTS)

    assert partitions(EVENTS) == before


def test_migration_makes_a_full_table_the_first_partition(transactional_db: None) -> None:
    migration = import_module("integrations.migrations.0053_monthly_partitions")
    call = make_call(make_customer())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TABLE log (
                id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL,
                status smallint CHECK (status >= 0),
                call_id bigint CONSTRAINT log_call REFERENCES {Call._meta.db_table} DEFERRABLE INITIALLY DEFERRED);
            CREATE INDEX log_newest ON log (call_id, at DESC);
            """
        )
        cursor.execute(
            "INSERT INTO log (at, status, call_id) SELECT now(), 200, %s FROM generate_series(1, 3)", [call.pk]
        )
        try:
            for _ in range(2):  # a second run finds nothing to do
                migration.store_by_month(connection, "log", "at", datetime.now(UTC))
            cursor.execute("INSERT INTO log (at, status, call_id) VALUES (%s, 200, %s)", [TODAY, call.pk])
            cursor.execute("SELECT id, tableoid::regclass::text FROM log ORDER BY id")
            assert cursor.fetchall() == [(1, "log_before"), (2, "log_before"), (3, "log_before"), (4, "log_default")]
            cursor.execute(
                "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'log'::regclass ORDER BY 1"
            )
            assert cursor.fetchall() == [("log_id",), ("log_newest",)]
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = 'log'::regclass AND contype <> 'n' ORDER BY 1"
            )
            assert cursor.fetchall() == [("log_call",), ("log_status_check",)]
        finally:
            cursor.execute("DROP TABLE log")


@pytest.mark.django_db
def test_newest_rows_of_a_customer_are_read_by_an_index_of_each_month(today: datetime) -> None:
    update_partitions()
    customer = make_customer()
    make_rows(customer, TODAY)
    newest = WebhookEvent.objects.filter(customer=customer).order_by("-received_at")[:1]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = newest.explain()

    assert "Sort" not in plan.replace("Sort Key", "").replace("Merge Append", "")
    assert newest[0].received_at - TODAY < timedelta(seconds=1)
