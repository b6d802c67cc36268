"""Removing a customer finds its rows by an index, and webhooks write no additional index for that."""

from __future__ import annotations

import pytest
from django.db import connection

from integrations.models import Customer, PlanfixRequest, WebhookEvent
from tests.factories import make_call, make_customer, make_event, make_request

pytestmark = pytest.mark.django_db

LOGS = [(WebhookEvent, "event_newest_of_customer"), (PlanfixRequest, "request_newest_of_customer")]


@pytest.mark.parametrize(("model", "index"), LOGS)
def test_rows_of_a_customer_are_found_by_one_index(model: type, index: str) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = %s AND indexdef LIKE '%%(customer_id%%'"
            " AND indexdef NOT LIKE '%% WHERE %%'",  # a partial index cannot find all rows
            [table],
        )
        assert cursor.fetchall() == [(index,)]
        # The query of PostgreSQL's foreign key check when a customer is deleted.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT 1 FROM {table} WHERE customer_id = 1 FOR KEY SHARE")
        plan = "".join(line for (line,) in cursor.fetchall())
        assert f"{index}_before" in plan
        assert "Seq Scan" not in plan


def test_customer_is_deleted_with_its_events_and_requests() -> None:
    call = make_call(make_customer())
    make_event(call)
    make_request(call)
    call.customer.delete()

    assert [model.objects.count() for model in (Customer, WebhookEvent, PlanfixRequest)] == [0, 0, 0]
