"""Measures the time of a call from the webhook's 200 to its data tag in the sandbox.

Each call comes from a new client: five requests, at 20 requests per second and account, so it takes 4 ÷ 20 = 0.2 s at
least. Idle: one call at a time, each of another customer. Under load: 20 calls per second over 100 customers.
"""

from __future__ import annotations

import multiprocessing
import random
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import Any

import requests
from django.conf import settings

from bench.stack.temporary_stack import local_stack
from integrations.models import Call, CallState, Customer
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import accounts, customer_with_account
from sandbox.harness.processes import LocalStack, wait_until

CUSTOMERS, REQUESTS, RATE = 100, 5, 20
IDLE_CALLS, LOADED_CALLS, CALLS_A_SECOND = 40, 400, 20
GOAL = REQUESTS / RATE + 0.3
CALL_ID = re.compile(r"(?:warm-up|idle|loaded)-\d+")


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        addresses = _set_up(stack)
        _post(addresses[0], "warm-up-0", _client(9999))
        _wait_until_delivered(1)
        print(f"{REQUESTS} requests a call, {RATE} a second; goal: p95 of {REQUESTS} / {RATE} + 0.3 = {GOAL:.2f} s\n")
        print(f"{'':34} {'calls':>5} {'p50':>7} {'p95':>7} {'p99':>7}")
        posted = {}
        for number in range(IDLE_CALLS):
            posted |= dict([_post(addresses[number % CUSTOMERS], f"idle-{number}", _client(number))])
            _wait_until_delivered(1 + len(posted))
        _print("idle", _times(stack, posted))
        posted = dict(_posted_at_pace(addresses))
        _wait_until_delivered(1 + IDLE_CALLS + LOADED_CALLS)
        _print(f"{CALLS_A_SECOND} calls a second, {CUSTOMERS} customers", _times(stack, posted))


def _set_up(stack: LocalStack) -> list[str]:
    """Starts the processes and imports the customers. Returns their webhook addresses."""
    stack.start_sandbox()
    customers: list[Customer] = []
    for number in range(CUSTOMERS):
        customers.append(import_customer(customer_with_account(stack, number, requests_per_second=RATE)))
        discover(customers[-1])
    stack.start_web()
    stack.start_worker(processes=multiprocessing.cpu_count())
    return [f"{stack.local(webhook_address(customer))}after_call/" for customer in customers]


def _posted_at_pace(addresses: list[str]) -> Iterator[tuple[str, float]]:
    """Posts calls at random times, each for a random customer."""
    chance = random.Random(8)
    moments = sorted(chance.uniform(0, LOADED_CALLS / CALLS_A_SECOND) for _ in range(LOADED_CALLS))
    began = time.monotonic()

    def post(number: int) -> tuple[str, float]:
        time.sleep(max(0.0, began + moments[number] - time.monotonic()))
        return _post(chance.choice(addresses), f"loaded-{number}", _client(1000 + number))

    with ThreadPoolExecutor(16) as pool:
        yield from pool.map(post, range(LOADED_CALLS))


def _post(address: str, call_id: str, client: str) -> tuple[str, float]:
    """Posts one call. Returns its id and the time of the response."""
    body = {
        "uniqueid": call_id,
        "call_type": "in",
        "E164": client,
        "dst": "380442223344",
        "disposition": "NO ANSWER",
        "billsec": "0",
        "waittime": "20",
    }
    requests.post(address, json=body, timeout=10).raise_for_status()
    return call_id, time.time()


def _client(number: int) -> str:
    return f"+38067{number:07}"


def _wait_until_delivered(count: int) -> None:
    def are_delivered() -> bool:
        return Call.objects.filter(state=CallState.DELIVERED).count() >= count

    wait_until(are_delivered, "all calls to be delivered", seconds=120)


def _times(stack: LocalStack, posted: dict[str, float]) -> list[float]:
    """Seconds from each webhook's response until the sandbox answered the last request of its call."""
    return [done - posted[call_id] for call_id, done in _done(stack) if call_id in posted]


def _done(stack: LocalStack) -> Iterator[tuple[str, float]]:
    """Yields each call's id and the time of its data tag."""
    for name in accounts(stack):
        comments = stack.control("GET", f"/accounts/{name}")["comments"]
        call_ids = {str(comment["id"]): CALL_ID.findall(comment["description"])[-1] for comment in comments}
        sent: list[dict[str, Any]] = stack.control("GET", f"/accounts/{name}/requests")
        for request in sent:
            if "/datatags/" in request["path"]:
                yield call_ids[request["path"].rsplit("/", 1)[1]], request["started_at"] + request["seconds"]


def _print(title: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100, method="inclusive")
    print(f"{title:34} {len(seconds):5}", *(f"{cuts[percent - 1]:6.3f}s" for percent in (50, 95, 99)), flush=True)
