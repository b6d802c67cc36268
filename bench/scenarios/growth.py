"""Measures the cost of many stored calls: intake, the query for the next call, the sweep, the call list comparison.

The database holds ten thousand to a million calls of a thousand customers. Printed: the median of many runs in
microseconds. BENCH_CALLS="10000 10000000" sets other numbers of calls.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from itertools import count
from statistics import median

from django.db import connection

from bench.stack.call_log_rows import fill
from bench.stack.temporary_stack import local_stack
from integrations.models import Call, Customer, WebhookToken
from integrations.ringostat.body import RawRequest
from integrations.services.delivery.customer_run import customers_with_due_calls
from integrations.services.delivery.sql import NEXT_CALL
from integrations.services.intake.receive import receive_at

SIZES = [int(size) for size in os.environ.get("BENCH_CALLS", "10000 100000 1000000").split()]
RUNS = 200
DUE = 500
"""Due calls at every size, because this benchmark does not measure a backlog."""
LISTED = 100
"""Rows of Ringostat's call list in one comparison."""

Microseconds = dict[str, float]


def run() -> None:
    rows = [_microseconds(size) for size in SIZES]
    print(f"{'microseconds beside so many calls':36}" + "".join(f"{size:>12,}" for size in SIZES) + "   last/first")
    for name in rows[0]:
        values = [row[name] for row in rows]
        print(f"{name:36}" + "".join(f"{value:12.0f}" for value in values) + f"{values[-1] / values[0]:13.2f}")


def _microseconds(size: int) -> Microseconds:
    with local_stack():
        fill(size)
        _leave_due(DUE)
        customer = Customer.objects.get(pk=1)  # has the most calls
        listed = list(customer.calls.order_by("-pk").values_list("ringostat_id", flat=True)[:LISTED])
        with connection.cursor() as cursor:
            return {
                "intake of a new call": _median(_intake(customer)),
                "the next call that is due": _median(lambda: cursor.execute(NEXT_CALL, {"customer_id": customer.pk})),
                f"sweep, {DUE} calls due": _median(customers_with_due_calls),
                f"{LISTED} listed calls compared": _median(
                    lambda: list(Call.objects.filter(customer=customer, ringostat_id__in=listed).values_list("facts"))
                ),
            }


def _leave_due(calls: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE integrations_call SET state = 'delivered', due_at = NULL
             WHERE due_at IS NOT NULL
               AND id NOT IN (SELECT id FROM integrations_call WHERE due_at IS NOT NULL ORDER BY id LIMIT %s)
            """,
            [calls],
        )
        # fill() sets the ids itself, so the sequences lag behind.
        for table in ("call", "webhookevent"):
            name = f"integrations_{table}"
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
        cursor.execute("VACUUM ANALYZE")


def _intake(customer: Customer) -> Callable[[], object]:
    token = WebhookToken.issue(customer).token.reveal()
    numbers = count()

    def receive_one() -> None:
        body = f'{{"uniqueid": "fresh-{next(numbers)}", "call_type": "in", "E164": "+380671234567", "billsec": "3"}}'
        raw = RawRequest(method="POST", content_type="application/json", query_string="", body=body.encode())
        assert receive_at(token, event="after_call", raw=raw) == "call"

    return receive_one


def _median(act: Callable[[], object]) -> float:
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return median(seconds) * 1e6
