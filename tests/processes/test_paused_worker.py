"""A worker stands still, because its machine was paused or swapped, and continues after others took over its calls."""

from __future__ import annotations

import os
import random
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Call, CallState, DeliveryLease
from sandbox.harness.load import CLEAN, calls, tally
from sandbox.harness.processes import LocalStack, wait_until
from tests.processes.steps import Load, customers_with_accounts, take_in, workers_known

pytestmark = pytest.mark.slow

CUSTOMERS = 5
GIVEN_UP, FORGOTTEN = timedelta(seconds=20), timedelta(minutes=1)
"""The sweep frees a silent worker's jobs after ten seconds; a starting worker deletes its registration after thirty."""


@pytest.mark.parametrize("silence", [GIVEN_UP, FORGOTTEN], ids=["given up", "forgotten"])
def test_paused_worker_writes_nothing_twice_and_continues(stack: LocalStack, settings: Any, silence: timedelta) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    customers = customers_with_accounts(stack, CUSTOMERS, requests_per_second=1000)
    load = list(calls(CUSTOMERS, 9, stack.sandbox_url, random.Random(7)))
    first, second, third = (load[part::3] for part in range(3))

    stack.start_worker("paused")
    hold_each_customer_at_another_request(stack)
    take_in(customers, first)
    wait_until(lambda: all(fault["struck"] for fault in stack.control("GET", "/faults")), "all deliveries to be held")
    os.killpg(stack.processes["paused"].pid, signal.SIGSTOP)
    time_passes(silence)
    stack.start_worker("other")
    wait_until_delivered(first)
    os.killpg(stack.processes["paused"].pid, signal.SIGCONT)
    take_in(customers, second)
    wait_until_delivered(first + second)
    end(stack, "other")
    take_in(customers, third)
    wait_until_delivered(load)
    end(stack, "paused")

    assert tally(stack, [body for _, body in load]) == CLEAN
    assert workers_known() == []


def hold_each_customer_at_another_request(stack: LocalStack) -> None:
    for number in range(CUSTOMERS):
        hang = {"account": f"load-{number}", "kind": "hang", "seconds": 60, "times": 1, "skip": number, "when": "after"}
        stack.control("POST", "/faults", hang)


def wait_until_delivered(load: Load) -> None:
    delivered = Call.objects.filter(state=CallState.DELIVERED, due_at=None)
    wait_until(lambda: delivered.count() == len(load), "all calls to be delivered")


def end(stack: LocalStack, name: str) -> None:
    worker = stack.processes.pop(name)
    worker.terminate()
    assert worker.wait(10) == 0


def time_passes(silence: timedelta) -> None:
    """Lets the only worker's leases expire: a request that it had sent has long arrived."""
    DeliveryLease.objects.update(held_until=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - %s", [silence])
