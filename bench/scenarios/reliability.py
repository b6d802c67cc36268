"""Delivers 2,000 calls of 50 customers while a tenth of the Planfix requests fails and workers are killed.

Printed: calls accepted, delivered, lost and duplicated, the requests and attempts, and the time. Retries start after
half a second instead of 15, so that it ends within minutes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db.models import Sum

from bench.stack.temporary_stack import local_stack
from integrations.models import Call, CallState, Delivery
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import ACCOUNTS, accounts, calls, customer_with_account, post_until_accepted, tally
from sandbox.harness.processes import LocalStack, NotInTime, wait_until

SEED = 20
CUSTOMERS, CALLS_EACH = 50, 40
WORKERS = ("one", "other")
SHARE_OF_FAULTS = 0.1
SECONDS = 330
SECONDS_BETWEEN_KILLS = (4.0, 8.0)
ENVIRONMENT = {"FIRST_RETRY_SECONDS": "0.5", "PLANFIX_PATIENCE_SECONDS": "2"}

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500, "when": "before"},
    {"kind": "status", "status": 500, "when": "after"},
    {"kind": "status", "status": 503, "when": "after", "headers": {"Retry-After": "1"}},
    {"kind": "status", "status": 429, "when": "before", "headers": {"Retry-After": "1"}},
    {"kind": "html", "when": "before"},
    {"kind": "html", "when": "after"},
    {"kind": "cut_json", "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"},
    {"kind": "close", "when": "before"},
    {"kind": "close", "when": "after"},
    {"kind": "hang", "when": "after", "seconds": 10},
)
"""Without the daily limit, which delays a customer's calls by half an hour at least."""


def run() -> None:
    from django.conf import settings

    settings.ALLOW_PRIVATE_HOSTS = True
    chance = random.Random(SEED)
    with local_stack(ENVIRONMENT) as stack:
        addresses = _set_up(stack)
        load = list(calls(CUSTOMERS, CALLS_EACH, stack.sandbox_url, chance))
        began = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            posts = [
                pool.submit(post_until_accepted, addresses[number], body, seconds=SECONDS) for number, body in load
            ]
            kills = _kill_until_delivered(stack, chance, posts, until=began + SECONDS)
        took = time.monotonic() - began
        accepted = [body for (_, body), post in zip(load, posts, strict=True) if not post.exception()]
        _print(stack, accepted, kills, took)


def _set_up(stack: LocalStack) -> list[str]:
    """Starts the processes, imports the customers and sets the faults. Returns the webhook addresses."""
    stack.start_sandbox()
    files = [customer_with_account(stack, number, requests_per_second=1000) for number in range(CUSTOMERS)]
    addresses = [stack.local(webhook_address(import_customer(file))) for file in files]
    for seed, fault in enumerate(FAULTS, SEED):
        share = SHARE_OF_FAULTS / len(FAULTS)
        stack.control("POST", "/faults", {**fault, "account": ACCOUNTS, "share": share, "seed": seed})
    stack.start_web(workers=1)
    for name in WORKERS:
        stack.start_worker(name)
    return addresses


def _kill_until_delivered(
    stack: LocalStack, chance: random.Random, posts: Sequence[Future[None]], *, until: float
) -> int:
    """Kills and restarts a worker every few seconds until no call is due. Returns the number of kills."""

    def is_done() -> bool:
        return all(post.done() for post in posts) and not Call.objects.filter(due_at__isnull=False).exists()

    kills = 0
    while time.monotonic() < until:
        try:
            wait_until(is_done, "all calls", seconds=chance.uniform(*SECONDS_BETWEEN_KILLS))
        except NotInTime:
            name = chance.choice(WORKERS)
            stack.kill(name)
            stack.start_worker(name)
            kills += 1
        else:
            break
    return kills


def _print(stack: LocalStack, accepted: list[dict[str, Any]], kills: int, took: float) -> None:
    found = tally(stack, accepted)
    asked = sum(len(stack.control("GET", f"/accounts/{name}/requests")) for name in accounts(stack))
    struck = sum(fault["struck"] for fault in stack.control("GET", "/faults"))
    delivered = Call.objects.filter(state=CallState.DELIVERED).count()
    attempts = Delivery.objects.aggregate(sum=Sum("attempts"))["sum"] or 0
    print(f"{CUSTOMERS} customers, two workers, seed {SEED}: {struck / asked:.1%} of requests failed, {kills} kills")
    print(f"accepted {len(accepted)}, delivered {delivered}, lost {len(found.lost)}, duplicated {len(found.doubled)}")
    print(f"without its tag or recording {len(found.unfinished)}, duplicate contacts {found.contacts}")
    print(f"{asked / len(accepted):.2f} requests per call, {attempts - delivered} retries, {took:.0f} s")
