"""A worker stands still, because its machine was paused or swapped, and continues after others took over its calls."""

from __future__ import annotations

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Call, CallState, DeliveryLease
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import CLEAN, calls, customer_with_account, post_until_accepted, tally
from sandbox.harness.processes import LocalStack, wait_until
from tests.processes.steps import workers_known

pytestmark = pytest.mark.slow

CUSTOMERS = 5
SECONDS = 30
GIVEN_UP, FORGOTTEN = timedelta(seconds=20), timedelta(minutes=1)
"""The sweep frees a silent worker's jobs after ten seconds; a starting worker deletes its registration after thirty."""

Bodies = list[tuple[int, dict[str, Any]]]


@pytest.mark.parametrize("silence", [GIVEN_UP, FORGOTTEN], ids=["given up", "forgotten"])
def test_paused_worker_writes_nothing_twice_and_continues(stack: LocalStack, settings: Any, silence: timedelta) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    stack.start_web(workers=1)
    files = [customer_with_account(stack, number, requests_per_second=1000) for number in range(CUSTOMERS)]
    paths = [webhook_address(import_customer(file)).split("/", 3)[3] for file in files]
    addresses = [f"{stack.web_url}/{path}" for path in paths]
    load = list(calls(CUSTOMERS, 9, stack.sandbox_url, random.Random(7)))
    first, second, third = (load[part::3] for part in range(3))

    stack.start_worker("paused")
    hold_each_customer_at_another_request(stack)
    post(addresses, first)
    wait_until(lambda: all(fault["struck"] for fault in stack.control("GET", "/faults")), "all deliveries to be held")
    os.killpg(stack.processes["paused"].pid, signal.SIGSTOP)
    time_passes(silence)
    stack.start_worker("other")
    wait_until_delivered(first)
    os.killpg(stack.processes["paused"].pid, signal.SIGCONT)
    post(addresses, second)
    wait_until_delivered(first + second)
    end(stack, "other")
    post(addresses, third)
    wait_until_delivered(load)
    end(stack, "paused")

    assert tally(stack, [body for _, body in load]) == CLEAN
    assert workers_known() == []


def hold_each_customer_at_another_request(stack: LocalStack) -> None:
    for number in range(CUSTOMERS):
        hang = {"account": f"load-{number}", "kind": "hang", "seconds": 60, "times": 1, "skip": number, "when": "after"}
        stack.control("POST", "/faults", hang)


def post(addresses: list[str], bodies: Bodies) -> None:
    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(post_until_accepted, addresses[number], body, seconds=SECONDS) for number, body in bodies]
        wait(posts)
    assert [error for error in (post.exception() for post in posts) if error] == []


def wait_until_delivered(bodies: Bodies) -> None:
    delivered = Call.objects.filter(state=CallState.DELIVERED, due_at=None)
    wait_until(lambda: delivered.count() == len(bodies), "all calls to be delivered")


def end(stack: LocalStack, name: str) -> None:
    worker = stack.processes.pop(name)
    worker.terminate()
    assert worker.wait(10) == 0


def time_passes(silence: timedelta) -> None:
    """Lets the only worker's leases expire: a request that it had sent has long arrived."""
    DeliveryLease.objects.update(held_until=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - %s", [silence])
