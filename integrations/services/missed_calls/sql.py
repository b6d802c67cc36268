"""The SQL of missed calls. It finds the calls of a number by the index `calls_by_number`."""

from __future__ import annotations

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('integrations_missedcall'))"
"""Without this lock, of two runs at once the one with the older view of the calls could write last."""

TAKE_CHANGES = """
    DELETE FROM integrations_missedcallchange
     WHERE id IN (SELECT id FROM integrations_missedcallchange ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    RETURNING call_id, customer_id, client_number, since, until
"""

PLACES = """
    place AS (
        SELECT given.customer_id, given.client_number, given.until,
               COALESCE(given.since, answered.started_at, '-infinity') AS since
          FROM unnest(%(customers)s::bigint[], %(numbers)s::text[], %(since)s::timestamptz[], %(until)s::timestamptz[])
            AS given (customer_id, client_number, since, until)
          LEFT JOIN LATERAL (
               SELECT started_at FROM integrations_call AS call
                WHERE call.client_number = given.client_number AND call.customer_id = given.customer_id
                  AND call.outcome = 'answered' AND call.started_at < given.until
                ORDER BY started_at DESC LIMIT 1) AS answered ON given.since IS NULL),
    missed AS (
        SELECT DISTINCT call.id, call.customer_id, call.client_number, call.started_at
          FROM place
          JOIN integrations_call AS call
            ON call.client_number = place.client_number AND call.customer_id = place.customer_id
           AND call.started_at BETWEEN place.since AND place.until
         WHERE call.direction = 'incoming' AND call.outcome = 'missed')
"""
"""The places of the changes, and the missed calls in them."""

FOLD_PLACES = f"""
    WITH {PLACES},
    found AS (
        SELECT missed.*, reached.id AS called_back_in, reached.started_at AS called_back_at, tried.attempts
          FROM missed
          LEFT JOIN LATERAL (
               SELECT id, started_at FROM integrations_call AS call
                WHERE call.client_number = missed.client_number AND call.customer_id = missed.customer_id
                  AND call.outcome = 'answered' AND call.started_at > missed.started_at
                ORDER BY started_at, id LIMIT 1) AS reached ON true
         CROSS JOIN LATERAL (
               SELECT count(*) AS attempts FROM integrations_call AS call
                WHERE call.client_number = missed.client_number AND call.customer_id = missed.customer_id
                  AND call.direction = 'outgoing' AND call.outcome = 'missed'
                  AND call.started_at > missed.started_at
                  AND call.started_at < COALESCE(reached.started_at, 'infinity')) AS tried)
    INSERT INTO integrations_missedcall AS stored
           (call_id, customer_id, client_number, started_at, called_back_at, called_back_in_id, attempts)
    SELECT id, customer_id, client_number, started_at, called_back_at, called_back_in, attempts FROM found
        ON CONFLICT (call_id) DO UPDATE
       SET client_number = EXCLUDED.client_number, started_at = EXCLUDED.started_at,
           called_back_at = EXCLUDED.called_back_at, called_back_in_id = EXCLUDED.called_back_in_id,
           attempts = EXCLUDED.attempts
     WHERE (stored.client_number, stored.started_at, stored.called_back_at, stored.called_back_in_id, stored.attempts)
           IS DISTINCT FROM (EXCLUDED.client_number, EXCLUDED.started_at, EXCLUDED.called_back_at,
                             EXCLUDED.called_back_in_id, EXCLUDED.attempts)
"""  # noqa: S608 - both parts are constants

FORGET_OTHERS = """
    DELETE FROM integrations_missedcall AS stored
     USING integrations_call AS call
     WHERE stored.call_id = ANY(%(calls)s) AND call.id = stored.call_id
       AND (call.direction, call.outcome, call.client_number)
           IS DISTINCT FROM ('incoming', 'missed', stored.client_number)
"""
"""Deletes calls that are no longer missed calls of their stored number."""

_OF_CLIENTS = """
       missed.started_at >= %(since)s AND (%(every)s OR missed.customer_id = ANY(%(customers)s))
       AND missed.call_id NOT IN (
           SELECT id FROM integrations_call AS nobody
            WHERE nobody.reason = ANY(%(reasons)s) AND nobody.started_at >= %(since)s
              AND (%(every)s OR nobody.customer_id = ANY(%(customers)s)))
"""
"""Leaves out calls without a waiting client, such as internal calls. It excludes their ids instead of joining the
calls: they are few and have an index, but calls are wide rows.
"""

WAITING_CLIENTS = f"""
    SELECT missed.customer_id, missed.client_number, count(*), max(missed.attempts), min(missed.started_at),
           (array_agg(missed.call_id ORDER BY missed.started_at DESC))[1]
      FROM integrations_missedcall AS missed
     WHERE missed.called_back_at IS NULL AND {_OF_CLIENTS}
     GROUP BY missed.customer_id, missed.client_number
     ORDER BY min(missed.started_at), missed.client_number
     LIMIT %(most)s
"""  # noqa: S608 - the part is a constant

_BY_WHEN = """
           count(*) FILTER (WHERE missed.called_back_at <= missed.started_at + %(quarter)s),
           count(*) FILTER (WHERE missed.called_back_at > missed.started_at + %(quarter)s
                              AND missed.called_back_at <= missed.started_at + %(hour)s),
           count(*) FILTER (WHERE missed.called_back_at > missed.started_at + %(hour)s),
           count(*) FILTER (WHERE missed.called_back_at IS NULL)
"""

CALLED_BACK = f"SELECT '', {_BY_WHEN} FROM integrations_missedcall AS missed WHERE {_OF_CLIENTS}"  # noqa: S608 - the parts are constants

_CALLED_BACK_BY = f"""
    SELECT {{name}}, {_BY_WHEN}
      FROM integrations_missedcall AS missed {{joins}}
     WHERE {_OF_CLIENTS}
     GROUP BY 1
     ORDER BY count(*) DESC, 1
     LIMIT %(most)s
"""  # noqa: S608 - the parts are constants

CALLED_BACK_BY = {
    # The employee who reached the client.
    "employee": _CALLED_BACK_BY.format(
        name="COALESCE(employee.name, '')",
        joins="""
      LEFT JOIN integrations_call AS answered ON answered.id = missed.called_back_in_id
      LEFT JOIN integrations_employee AS employee ON employee.id = answered.employee_id""",
    ),
    "source": _CALLED_BACK_BY.format(
        name="call.utm_source", joins="JOIN integrations_call AS call ON call.id = missed.call_id"
    ),
}
