"""Periodic jobs, run by a real worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Call, CallState, Customer, WebhookEvent
from integrations.services.customers.import_export import import_customer
from integrations.services.queue.defer import catch_up_soon
from integrations.tasks import prune
from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import LocalStack, wait_until
from sandbox.state import DEFAULT_TOKEN
from tests.end_to_end.rows import row
from tests.factories import make_customer

pytestmark = pytest.mark.slow


def test_a_worker_delivers_a_call_whose_webhooks_were_lost(stack: LocalStack, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    file = customer_file("Acme", stack.sandbox_url, DEFAULT_TOKEN, 100)
    import_customer(file | {"ringostat": {**file["ringostat"], "auth_key": "ringostat-key"}})
    Customer.objects.update(created_at=timezone.now() - timedelta(days=1))
    stack.control("POST", "/calls", {"rows": [row()]})

    catch_up_soon([Customer.objects.get().pk])
    stack.start_worker()

    wait_until(lambda: Call.objects.filter(state=CallState.DELIVERED).exists(), "the call to be delivered")
    assert len(stack.control("GET", "/accounts/default")["comments"]) == 1


def test_a_worker_prunes_old_data(stack: LocalStack) -> None:
    received_at = timezone.now() - timedelta(days=100)
    WebhookEvent.objects.create(customer=make_customer(), received_at=received_at, method="POST", body=b"{}")

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
