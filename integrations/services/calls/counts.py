"""Folds the changes that triggers recorded into the sums that pages read (models/call_count.py)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection

BATCH = 5000

# One statement: a reader sees a change either among the changes or in the sums, never in both or in neither.
FOLD = """
    WITH taken AS (
         DELETE FROM integrations_calltallychange
          WHERE id IN (SELECT id FROM integrations_calltallychange ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
         RETURNING customer_id, day, hour, direction, outcome, state, calls),
    customers AS (
         INSERT INTO integrations_customertally AS tally (customer_id, day, direction, outcome, state, calls)
         SELECT customer_id, day, direction, outcome, state, sum(calls)
           FROM taken
          GROUP BY 1, 2, 3, 4, 5
         HAVING sum(calls) <> 0
             ON CONFLICT (customer_id, day, state, outcome, direction)
             DO UPDATE SET calls = tally.calls + EXCLUDED.calls),
    everybody AS (
         INSERT INTO integrations_everybodytally AS tally (day, hour, direction, outcome, state, calls)
         SELECT day, hour, direction, outcome, state, sum(calls)
           FROM taken
          GROUP BY GROUPING SETS ((day, direction, outcome, state), (day, hour, direction, outcome, state))
         HAVING sum(calls) <> 0
             ON CONFLICT (hour, day, state, outcome, direction)
             DO UPDATE SET calls = tally.calls + EXCLUDED.calls)
    SELECT count(*) FROM taken
"""


def fold_call_counts(*, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Folds until no change is left. May be killed at any time; two at once do no harm but may wait for each other."""
    while not should_stop():
        with connection.cursor() as cursor:
            cursor.execute(FOLD, [BATCH])
            (folded,) = cursor.fetchone()
        if folded < BATCH:
            return
