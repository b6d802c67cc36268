"""Periodic jobs, run by a real worker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Call, CallState, Customer, WebhookEvent
from integrations.services.queue.defer import catch_up_soon
from integrations.tasks import prune
from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import LocalStack, wait_until
from sandbox.state import DEFAULT_TOKEN
from tests.end_to_end.rows import row

pytestmark = pytest.mark.slow


def test_a_worker_delivers_a_call_whose_webhooks_were_lost(stack: LocalStack) -> None:
    file = customer_file("Acme", stack.sandbox_url, DEFAULT_TOKEN, 100)
    stack.import_customer(file | {"ringostat": {**file["ringostat"], "auth_key": "ringostat-key"}})
    Customer.objects.update(created_at=timezone.now() - timedelta(days=1))
    stack.control("POST", "/calls", {"rows": [row()]})

    catch_up_soon([Customer.objects.get().pk])
    stack.start_worker()

    wait_until(lambda: Call.objects.filter(state=CallState.DELIVERED).exists(), "the call to be delivered")
    assert len(stack.control("GET", "/accounts/default")["comments"]) == 1


def test_a_worker_prunes_old_data(stack: LocalStack) -> None:
    stack.import_customer(customer_file("Acme", stack.sandbox_url, DEFAULT_TOKEN, 100))
    WebhookEvent.objects.create(
        customer=Customer.objects.get(), received_at=timezone.now() - timedelta(days=100), method="POST", body=b"{}"
    )

    prune.defer(timestamp=0)
    stack.start_worker()

    wait_until(lambda: not WebhookEvent.objects.exists(), "the old event to be forgotten")


def test_periodic_jobs_continue_after_the_workers_connections_were_cut(stack: LocalStack) -> None:
    stack.start_worker()
    wait_until(lambda: sweeps() > 0, "the first sweep")
    before = sweeps()
    with connection.cursor() as cursor:
        cursor.execute(CUT)

    wait_until(lambda: sweeps() > before, "another sweep", seconds=30)


CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def sweeps() -> int:
    """When the last sweep in the queue was due, in seconds since 1970."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(defer_timestamp) FROM procrastinate_periodic_defers WHERE task_name = 'sweep'")
        return cursor.fetchone()[0] or 0
