"""Fills an empty database with millions of calls by SQL, like a year of a thousand customers.

Calls are in order of time. The largest customer has a tenth of them and the smallest some hundredths of a percent. A
number calls three times on average. A tenth of the calls is not in Planfix. Indexes are built afterwards.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from importlib import import_module

from django.conf import settings
from django.db import connection

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.folding import fold
from integrations.models import Customer, Employee

CUSTOMERS, EMPLOYEES = 1000, 10
BYTES_PER_CALL = 2500
"""With receipts and indexes; an upper estimate."""

_FACTS = json.dumps(
    fold(
        None,
        CallFacts(
            ringostat_id="",
            is_final=True,
            call_type="in",
            direction=Direction.INCOMING,
            exact_start=datetime(2026, 3, 2, 10, tzinfo=UTC),
            wait_seconds=12,
            talk_seconds=63,
            employee_name="Iryna Bondar",
        ),
    )
)

_CALLS = """
INSERT INTO integrations_call
       (id, customer_id, ringostat_id, facts, direction, outcome, client_number, started_at, employee_id, utm_source,
        has_recording, state, reason, detail, due_at, due_since, received_at, finished_at)
SELECT id, customer, 'ua9_-' || 1700000000 + id || '.' || id, %(facts)s::jsonb, direction, outcome,
       CASE WHEN id %% 50 = 0 THEN 'anonymous'
            ELSE '+380' || (ARRAY[67, 50, 63, 93, 95, 97])[1 + number %% 6] || lpad((number %% 10000000)::text, 7, '0')
       END,
       started, CASE WHEN outcome = 'answered' THEN (customer - 1) * %(employees)s + 1 + id %% %(employees)s END,
       CASE WHEN direction = 'incoming' AND id %% 3 > 0
            THEN (ARRAY['google', 'google', 'google', 'facebook', 'facebook', 'newsletter'])[1 + number %% 6]
            ELSE '' END,
       outcome = 'answered' AND id %% 20 > 0, state,
       CASE state WHEN 'skipped' THEN (ARRAY['unknown_employee', 'internal_call', 'hidden_number'])[1 + id %% 3]
                  WHEN 'failed' THEN 'refused' ELSE '' END,
       '', CASE WHEN state = 'pending' THEN started END, started, started, started
  FROM (SELECT id, 1 + floor(%(customers)s * u * u * u)::int AS customer,
               now() - interval '365 days' + interval '365 days' * (id::float / %(calls)s) AS started,
               CASE WHEN v < 0.7 THEN 'incoming' ELSE 'outgoing' END AS direction,
               CASE WHEN w < 0.72 THEN 'answered' ELSE 'missed' END AS outcome,
               CASE WHEN x < 0.90 THEN 'delivered' WHEN x < 0.97 THEN 'skipped'
                    WHEN x < 0.99 THEN 'failed' ELSE 'pending' END AS state,
               floor(y * y * (%(calls)s / 2))::int AS number
          FROM (SELECT id, random() AS u, random() AS v, random() AS w, random() AS x, random() AS y
                  FROM generate_series(1, %(calls)s) AS id) AS chance) AS call
"""

_DELIVERIES = """
INSERT INTO integrations_delivery
       (call_id, attempts, contact_id, contact_created, contacts_found, target_known, recording_refused,
        recording_attached, recording_tries, comment_id, text_digest, tag_key, left_out, unclear)
SELECT id, 1, 100 + id % 1000000, false, 1, true, '', true, 0, id, '', id, '{}', '' FROM integrations_call
"""

_EVENTS = """
INSERT INTO integrations_webhookevent
       (customer_id, call_id, received_at, event, method, content_type, query_string, body, kind, result, reason)
SELECT customer_id, id, received_at, 'after_call', 'POST', 'application/json', '', '{"disposition": "ANSWERED"}',
       'after_call', 'call', '' FROM integrations_call WHERE id % 10 = 0
"""

_REQUESTS = """
INSERT INTO integrations_planfixrequest
       (customer_id, call_id, sent_at, seconds, method, path, body, http_status, answer, outcome)
SELECT customer_id, id, received_at, 0.2, 'POST', '/contact/list', '{"offset": 0}', 200, '{"result": "success"}', 'ok'
  FROM integrations_call WHERE id % 10 = 0
"""

_MISSED = """
INSERT INTO integrations_missedcall
       (call_id, customer_id, client_number, started_at, called_back_at, called_back_in_id, attempts)
SELECT id, customer_id, client_number, started_at, called_back_at, called_back_in, 0
  FROM (SELECT *, min(started_at) FILTER (WHERE outcome = 'answered') OVER later AS called_back_at,
               min(id) FILTER (WHERE outcome = 'answered') OVER later AS called_back_in
          FROM integrations_call
         WHERE client_number <> 'anonymous'
        WINDOW later AS (PARTITION BY customer_id, client_number ORDER BY started_at DESC
                         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS call
 WHERE direction = 'incoming' AND outcome = 'missed'
"""
"""Ids are in order of time, so the smallest one is the first call back."""

_TABLES = ("webhookevent", "planfixrequest", "delivery", "missedcall", "call")

_COUNT = import_module("integrations.migrations.0009_count_stored_calls").COUNT


def fill(calls: int) -> None:
    """Fills an empty, migrated database. Raises RuntimeError when the disk may be too small."""
    free = shutil.disk_usage(settings.BASE_DIR).free
    if free < calls * BYTES_PER_CALL * 2:
        raise RuntimeError(
            f"{calls:,} calls may take {calls * BYTES_PER_CALL / 1e9:.0f} GB; {free / 1e9:.0f} are free."
        )
    _customers()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # skips triggers and foreign keys during the load
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET work_mem = '256MB'")
        for table in _tables():
            cursor.execute(f"ALTER TABLE {table} SET UNLOGGED")
        indexes = _drop_indexes()
        names = {"calls": calls, "customers": CUSTOMERS, "employees": EMPLOYEES, "facts": _FACTS}
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_CALLS, names)
        for statement in (_DELIVERIES, _EVENTS, _REQUESTS, _MISSED, *indexes, _COUNT):
            cursor.execute(statement)
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE")


def _tables() -> list[str]:
    """The tables that have rows: partitions instead of the table that they belong to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT part.relid::text FROM unnest(%s::text[]) AS name, pg_partition_tree(name::regclass) AS part"
            " WHERE part.isleaf",
            [[f"integrations_{table}" for table in _TABLES]],
        )
        return [name for (name,) in cursor.fetchall()]


def _customers() -> None:
    Customer.objects.bulk_create(
        Customer(pk=number, name=f"Customer {number}", planfix_url=f"https://c{number}.planfix.com")
        for number in range(1, CUSTOMERS + 1)
    )
    Employee.objects.bulk_create(
        Employee(
            pk=(customer - 1) * EMPLOYEES + number,
            customer_id=customer,
            name=f"Employee {number}",
            planfix_user_id=number,
        )
        for customer in range(1, CUSTOMERS + 1)
        for number in range(1, EMPLOYEES + 1)
    )


def _drop_indexes() -> list[str]:
    """Drops the call indexes that are not constraints. Returns the statements that create them again."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexname, indexdef FROM pg_indexes
             WHERE tablename = 'integrations_call' AND indexname NOT IN (SELECT conname FROM pg_constraint)
            """
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in indexes]
