"""The SQL of monitoring: facts for statuses, numbers for charts, failed calls by cause, calls with webhooks."""

from __future__ import annotations

FACTS = """
SELECT customer_id, 'waiting' AS fact, reason AS code, count(*), min(due_since), max(due_since), '' AS detail
  FROM "integrations_call"
 WHERE due_at IS NOT NULL AND state = 'pending' AND customer_id = ANY(%(ids)s::bigint[])
 GROUP BY customer_id, reason

UNION ALL
SELECT failed.*, newest.detail
  FROM (SELECT customer_id, 'failed', reason, count(*), min(finished_at), max(finished_at)
          FROM "integrations_call"
         WHERE state = 'failed' AND customer_id = ANY(%(ids)s::bigint[])
         GROUP BY customer_id, reason) AS failed
 CROSS JOIN LATERAL (SELECT detail FROM "integrations_call" AS call
                      WHERE call.state = 'failed' AND call.customer_id = failed.customer_id
                        AND call.reason = failed.reason
                      ORDER BY finished_at DESC LIMIT 1) AS newest

UNION ALL
SELECT customer_id, 'skipped', reason, count(*), min(started_at), max(started_at), ''
  FROM "integrations_call"
 WHERE reason <> '' AND state = 'skipped' AND started_at > %(since)s AND customer_id = ANY(%(ids)s::bigint[])
 GROUP BY customer_id, reason

UNION ALL
SELECT customer_id, 'calls', state, sum(calls), NULL, NULL, ''
  FROM integrations_callcount
 WHERE hour IS NULL AND day > %(since)s::date AND customer_id = ANY(%(ids)s::bigint[])
 GROUP BY customer_id, state

UNION ALL
SELECT customer_id, 'without_webhook', direction, count(*), min(started_at), max(started_at), ''
  FROM (SELECT customer.id AS customer_id, direction, newest.started_at,
               (SELECT count(*) > 0 FROM integrations_webhookevent AS event
                 WHERE event.call_id = newest.id AND event.kind = ANY(%(final_events)s)) AS has_webhook
          FROM integrations_customer AS customer
         CROSS JOIN (VALUES ('incoming'), ('outgoing')) AS each (direction)
         CROSS JOIN LATERAL (SELECT id, started_at, state FROM "integrations_call" AS call
                              WHERE call.customer_id = customer.id
                                AND call.direction >= each.direction AND call.direction <= each.direction
                              ORDER BY call.direction, started_at DESC, id DESC
                              LIMIT %(newest)s) AS newest
         WHERE customer.id = ANY(%(ids)s::bigint[]) AND newest.started_at > %(since)s AND newest.state <> 'in_progress'
           AND (customer.retention_days = 0 OR customer.retention_days > %(days)s)) AS call
 GROUP BY customer_id, direction
HAVING count(*) > 1 AND NOT bool_or(has_webhook)

UNION ALL
SELECT call.customer_id, 'recording_refused', '', count(*), min(call.started_at), max(call.started_at), ''
  FROM (SELECT call_id FROM integrations_delivery
         WHERE recording_refused <> '' AND file_id IS NULL ORDER BY call_id DESC LIMIT %(most_recordings)s) AS refused
 CROSS JOIN LATERAL (SELECT customer_id, started_at FROM "integrations_call" WHERE id = refused.call_id
                     OFFSET 0) AS call
 WHERE call.started_at > %(since)s AND call.customer_id = ANY(%(ids)s::bigint[])
 GROUP BY call.customer_id

UNION ALL
SELECT customer_id, 'task_refused', '', count(*), min(started_at), max(started_at),
       (array_agg(detail ORDER BY started_at DESC))[1]
  FROM "integrations_call"
 WHERE reason <> '' AND reason = 'task_refused' AND state = 'delivered' AND started_at > %(since)s
   AND customer_id = ANY(%(ids)s::bigint[])
 GROUP BY customer_id

UNION ALL
SELECT customer.id, 'difference', '', count(*), min(read_at), max(read_at), ''
  FROM unnest(%(ids)s::bigint[]) AS customer (id)
 CROSS JOIN LATERAL (SELECT verified, read_at FROM integrations_readback
                      WHERE customer_id = customer.id AND read_at IS NOT NULL
                      ORDER BY read_at DESC LIMIT %(newest_read_backs)s) AS newest
 WHERE NOT verified
 GROUP BY customer.id

UNION ALL
SELECT customer_id, 'not_understood', problem, count(*), min(received_at), max(received_at), ''
  FROM integrations_webhookevent
 WHERE result = 'not_understood' AND received_at > %(since)s AND customer_id = ANY(%(ids)s::bigint[])
 GROUP BY customer_id, problem
"""
"""Rows of (customer, fact, code, count, first time, last time, newest error message).

Every part reads an index, and hardly any call itself: calls are wide rows, and a backlog may have a hundred thousand.
The indexes hold waiting calls, failed calls, calls with a reason, tallies, newest calls per direction, refused
recordings, newest read-backs, and requests that were not understood. To add a source of facts, add a part here and a
member to customer_facts.Fact.

The query compares a direction with >= and <=, and sorts by it first. With =, PostgreSQL would search for the newest
call among the calls of all customers, and read all of them for a customer without such a call.
"""

PICTURES = """
SELECT 'customer_day' AS picture, customer_id, day, NULL::integer AS number, state, sum(calls)::float
  FROM integrations_callcount
 WHERE hour IS NULL AND day > %(first_day)s AND customer_id = ANY(%(shown)s::bigint[])
 GROUP BY customer_id, day, state

UNION ALL
SELECT 'fleet_day', NULL, day, NULL, state, sum(calls)::float
  FROM integrations_callcount
 WHERE hour IS NULL AND day > %(first_day)s AND {of_fleet}
 GROUP BY day, state

UNION ALL
SELECT 'webhook_hour', customer_id, NULL, hours_ago, '', count(*)::float
  FROM integrations_webhookevent,
       LATERAL (SELECT floor(extract(epoch FROM %(now)s - received_at) / 3600)::integer) AS each (hours_ago)
 WHERE received_at > %(now)s - interval '24 hours' AND customer_id = ANY(%(shown)s::bigint[])
 GROUP BY customer_id, hours_ago

UNION ALL
SELECT 'delay', NULL, NULL, percent, '', seconds
  FROM (SELECT percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                 ORDER BY extract(epoch FROM finished_at - due_since)::float) AS measured
          FROM (SELECT state, finished_at, due_since
                  FROM "integrations_call"
                 WHERE started_at > %(now)s - interval '24 hours' {of_calls}
                 ORDER BY started_at DESC
                 LIMIT %(most_delays)s) AS newest
         WHERE state = 'delivered' AND due_since IS NOT NULL) AS delays,
       unnest(ARRAY[50, 95], measured) AS each (percent, seconds)
 WHERE seconds IS NOT NULL
"""
"""Rows of (picture, customer, day, number, state, value): calls per customer, day and state; calls of all customers per
day and state; webhook requests per customer and hours ago; the delay to Planfix in seconds per percentile.
"""

_SIGNATURE = """coalesce(
           substring(detail FROM 'wants the field .+ filled in'),
           substring(detail FROM 'HTTP [0-9]{3}(?:, code [0-9]+)?'),
           regexp_replace(detail, '[0-9]+', '#', 'g'))"""
"""The part that error messages of one kind share."""

FAILURES = f"""
SELECT customer_id, reason, {_SIGNATURE} AS signature,
       count(*), min(finished_at), max(finished_at), (array_agg(detail ORDER BY finished_at DESC))[1]
  FROM "integrations_call"
 WHERE state = 'failed' AND customer_id = ANY(%(ids)s::bigint[])
 GROUP BY customer_id, reason, signature
"""  # noqa: S608 - no input
"""Rows of (customer, reason, signature, count, first time, last time, newest error message)."""

FAILED_CALLS = f"""
SELECT id FROM "integrations_call"
 WHERE state = 'failed' AND customer_id = ANY(%(ids)s::bigint[]) AND reason = %(reason)s
   AND {_SIGNATURE} = ANY(%(signatures)s)
"""  # noqa: S608

CALLS_WITH_WEBHOOK = """
SELECT days.day, count(call.id) FILTER (WHERE call.has_webhook), count(call.id)
  FROM (SELECT today - back AS day
          FROM (SELECT (statement_timestamp() AT TIME ZONE %(zone)s)::date AS today) AS clock,
               generate_series(%(days)s - 1, 0, -1) AS back) AS days
  LEFT JOIN LATERAL (SELECT id, EXISTS (SELECT FROM integrations_webhookevent AS event
                                         WHERE event.call_id = newest.id) AS has_webhook
                       FROM (SELECT id FROM integrations_call
                              WHERE customer_id = %(customer)s
                                AND started_at >= days.day::timestamp AT TIME ZONE %(zone)s
                                AND started_at < (days.day + 1)::timestamp AT TIME ZONE %(zone)s
                              ORDER BY started_at DESC, id DESC
                              LIMIT %(most)s) AS newest) AS call ON true
 GROUP BY days.day
 ORDER BY days.day"""
"""Takes the newest calls of each day, and counts how many of them a webhook reported. Rows of (day, calls with a
webhook, calls).

The innermost query reads only the index `call_newest_of_customer`, so that it stops at its limit.
"""
