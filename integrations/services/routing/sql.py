"""The SQL of routing. Each connection prepares a statement once, and no commit waits for the disk.

A question costs one statement, and storing the answer another. The ORM would need five times the processor time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import OperationalError, connection

STATEMENT_MILLISECONDS = 500

_SETTINGS = """
    SELECT customer.id, customer.planfix_url, customer.region, routing."order", routing.fixed, routing.form,
           routing.key, CASE WHEN routing.only_online AND routing.online_at > statement_timestamp() - %(known_for)s
                             THEN routing.online END
      FROM integrations_webhooktoken AS token
      JOIN integrations_customer AS customer ON customer.id = token.customer_id
      JOIN integrations_routing AS routing ON routing.customer_id = customer.id
     WHERE token.token_hash = %(token_hash)s AND routing.enabled
       AND (token.valid_until IS NULL OR token.valid_until > statement_timestamp())
"""

_CLIENT = """
    contact AS (
        SELECT contact.contact_id, contact.is_company, contact.responsible_ids, number.written, number.id
          FROM integrations_directoryaccount AS account
          JOIN integrations_directorynumber AS number ON number.account_id = account.id
          JOIN integrations_directorycontact AS contact ON contact.id = number.contact_id
         WHERE account.account = %(account)s AND number.number = %(number)s AND NOT contact.deleted),
    talked AS (
        SELECT employee_id
          FROM (SELECT employee_id, started_at, id FROM integrations_call
                 WHERE client_number = %(number)s AND customer_id = %(customer_id)s AND outcome = 'answered'
                 ORDER BY started_at DESC, id DESC LIMIT %(last_calls)s) AS newest
         WHERE employee_id IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT 1)
"""
"""Each part uses an index: `directory_number_of_account` and `calls_by_number`."""

_KNOWN = """
    (SELECT json_agg(json_build_array(contact_id, responsible_ids, written) ORDER BY is_company, contact_id, id)
       FROM contact),
    (SELECT employee_id FROM talked),
    (SELECT json_agg(json_build_array(id, name, planfix_user_id, sip_logins, participates) ORDER BY id)
       FROM integrations_employee
      WHERE customer_id = %(customer_id)s
        AND (id = (SELECT employee_id FROM talked)
             OR planfix_user_id IN (SELECT unnest(responsible_ids) FROM contact)))
"""

KNOWN_OF_CLIENT = f"WITH {_CLIENT} SELECT {_KNOWN}"

SETTINGS_AND_KNOWN_AT = f"WITH {_CLIENT} SELECT settings.*, {_KNOWN} FROM ({_SETTINGS}) AS settings"  # noqa: S608
"""Returns no row while routing is off, and for an invalid address."""

NEW_ANSWER = """
    INSERT INTO integrations_routinganswer
           (customer_id, client_number, call_id, source, directions, names, contact_id, reason, milliseconds)
    VALUES (%(customer_id)s, %(client_number)s, %(call_id)s, %(source)s, %(directions)s, %(names)s, %(contact_id)s,
            %(reason)s, %(milliseconds)s)
    RETURNING id
"""

LIMITS = "SELECT set_config('statement_timeout', %(timeout)s, true), set_config('synchronous_commit', 'off', true)"
"""The limits hold for one transaction."""


def run_bounded(statement: str, arguments: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Runs a statement with the limits, in one round trip. Its commit does not wait for the disk: losing the log of an
    answer in a power cut does no harm.

    Tries again with a new connection when the old one is dead: a web thread may have been idle for hours. Raises
    OperationalError, also after STATEMENT_MILLISECONDS.
    """
    try:
        return _run(statement, arguments)
    except OperationalError:
        if connection.in_atomic_block or connection.connection is None or not connection.connection.closed:
            raise
    connection.close()
    return _run(statement, arguments)


def _run(statement: str, arguments: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors:
        if connection.in_atomic_block:  # A test's transaction: the limits would last until its end.
            return psycopg.Cursor(raw).execute(statement.encode(), arguments, prepare=True).fetchall()
        with raw.pipeline():  # The statements of a pipeline are one transaction.
            psycopg.Cursor(raw).execute(LIMITS.encode(), {"timeout": str(STATEMENT_MILLISECONDS)}, prepare=True)
            cursor = psycopg.Cursor(raw).execute(statement.encode(), arguments, prepare=True)
        return cursor.fetchall()
