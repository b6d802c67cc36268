"""The SQL of delivery. Times are by the database's clock, which decides what is due: a machine's own may be wrong."""

from __future__ import annotations

from integrations.models import Call, Delivery
from integrations.services.clients.planfix import LOG_COLUMNS
from integrations.services.clients.sql import END_LEASE
from integrations.services.queue.sql import WAIT_FOR_INTAKE

CALL_COLUMNS = [field.attname for field in Call._meta.concrete_fields]
DELIVERY_COLUMNS = {field.attname: str(field.column) for field in Delivery._meta.concrete_fields}
"""Column by attribute."""

NEXT_CALL = f"""
    SELECT {", ".join(CALL_COLUMNS)} FROM integrations_call
     WHERE customer_id = %(customer_id)s AND due_at <= statement_timestamp()
     ORDER BY due_at, id
     LIMIT 1
"""  # noqa: S608 - the model's own columns
"""The call that has been due longest."""

CUSTOMER_VERSION = f"""
    SELECT {WAIT_FOR_INTAKE},
           ARRAY[ROW(customer.xmin, customer.ctid)::text]
        || ARRAY(SELECT ROW(xmin, ctid)::text FROM integrations_employee WHERE customer_id = customer.id ORDER BY id)
        || ARRAY['']
        || ARRAY(SELECT ROW(xmin, ctid)::text FROM integrations_utmfield WHERE customer_id = customer.id ORDER BY id)
      FROM integrations_customer AS customer
     WHERE id = %(customer)s AND paused_reason = ''
"""  # noqa: S608 - our own query
"""The transactions that wrote the rows, and where the rows lie: every change alters one of them. This takes a tenth of
the time of reading the rows.

The same statement waits for webhooks that rely on the running job: the next one sees their calls.
"""

BEGIN_NEXT_ATTEMPT = f"""
    WITH held AS (
        SELECT FROM integrations_turn WHERE customer_id = %(customer_id)s AND holder = %(holder)s FOR SHARE
    ), call AS ({NEXT_CALL}
    ), begun AS (
        INSERT INTO integrations_delivery AS delivery (call_id, attempts)
        SELECT call.id, 1 FROM call, held
        ON CONFLICT (call_id) DO UPDATE SET attempts = delivery.attempts + 1
        RETURNING {", ".join(DELIVERY_COLUMNS.values())}
    )
    SELECT call.*, begun.*,
           (SELECT jsonb_object_agg(name, value)::text FROM integrations_accounttrait WHERE account = %(account)s)
      FROM call LEFT JOIN begun ON true
"""  # noqa: S608 - the models' own columns
"""Only the lease's holder begins an attempt, and nobody takes the lease meanwhile. Otherwise a worker that stood still
and lost its lease would begin an attempt beside its successor's, whose receipts would then not be stored any more.

All in one statement, with the account's traits: two round trips and a commit less for each call.
"""

SAVE_RECEIPTS = """
    UPDATE integrations_delivery SET {assignments} WHERE call_id = %(call_id)s AND attempts = %(attempts)s
"""
"""Stores nothing after another attempt has begun, which knows more."""

LOG_REQUESTS = f"""
    INSERT INTO integrations_planfixrequest ({LOG_COLUMNS})
    SELECT {LOG_COLUMNS} FROM jsonb_populate_recordset(NULL::integrations_planfixrequest, %(log)s::jsonb)
"""  # noqa: S608 - our own column names

REMEMBER_CONTACT = """
    INSERT INTO integrations_rememberedcontact (customer_id, number, contact_id, name, proved_at)
    SELECT %(customer_id)s, %(number)s, %(remembered_id)s, %(remembered_name)s,
           CASE WHEN %(remembered_proven)s THEN statement_timestamp() END
      FROM integrations_delivery WHERE call_id = %(call_id)s AND attempts = %(attempts)s
    ON CONFLICT (customer_id, number) DO UPDATE
       SET contact_id = EXCLUDED.contact_id, name = EXCLUDED.name, proved_at = EXCLUDED.proved_at
"""

RECORD_FAILED_ATTEMPT = """
    INSERT INTO integrations_callhistory (call_id, kind, state, reason, detail)
    SELECT %(call_id)s, 'attempt', %(state)s::varchar, %(reason)s::varchar, %(detail)s::varchar
      FROM integrations_delivery WHERE call_id = %(call_id)s AND attempts = %(attempts)s
"""

SAVE_ATTEMPT_RESULT = """
    WITH {piggyback} account AS (
        UPDATE integrations_accountpace
           SET requests_left = COALESCE(%(requests_left)s, requests_left),
               next_request_at = GREATEST(next_request_at, clock_timestamp() + %(remaining)s)
         WHERE account = %(account)s
           AND (requests_left IS DISTINCT FROM COALESCE(%(requests_left)s, requests_left)
                OR %(remaining)s > interval '0' AND next_request_at < clock_timestamp() + %(remaining)s)
    ), saved AS (
        UPDATE integrations_call SET {assignments}
         WHERE id = %(call_id)s {unless_outdated}
           AND EXISTS (SELECT FROM integrations_delivery WHERE call_id = %(call_id)s AND attempts = %(attempts)s)
        RETURNING COALESCE(due_at <= statement_timestamp(), false)
               OR EXISTS (SELECT FROM integrations_call
                           WHERE customer_id = %(customer_id)s AND due_at <= statement_timestamp()
                             AND id <> %(call_id)s) AS is_more_due
    ){end_lease}
    SELECT is_more_due FROM saved
"""
"""Only the attempt that began last may change the call. Returns whether a call of the customer is due."""
END_LEASE_IF_DONE = f", released AS ({END_LEASE} AND EXISTS (SELECT FROM saved WHERE NOT is_more_due))"
"""Ends the lease with its last call: a round trip and a commit less than RELEASE_LEASE, which does the same."""
STATE = "state = %(state)s, finished_at = statement_timestamp()"
DUE_AT = "due_at = statement_timestamp() + %(due_in)s::interval"
DUE_NOW_IF_OUTDATED = """
    due_at = statement_timestamp() + CASE WHEN facts = %(facts)s::jsonb THEN %(due_in)s::interval ELSE '0' END
"""
"""A webhook may have added facts during the attempt. They are not in Planfix yet, so the call is due again."""
UNLESS_OUTDATED = "AND facts = %(facts)s::jsonb"
"""A call is not given up for old facts. It stays due and is decided again."""
