"""Measures memory without PostgreSQL: the web server with two processes, and one worker with a process per core.

Measured after the start, and again after 2,000 webhooks and deliveries. RSS counts shared pages in every process, PSS
counts them once.
"""

from __future__ import annotations

import multiprocessing
import random
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings

from bench.stack.processes import memory_megabytes
from bench.stack.temporary_stack import local_stack
from integrations.models import Call, CallState
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import calls, customer_with_account, post_until_accepted
from sandbox.harness.processes import LocalStack, wait_until

CUSTOMERS, CALLS_EACH = 50, 40


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        stack.start_sandbox()
        files = [customer_with_account(stack, number, requests_per_second=1000) for number in range(CUSTOMERS)]
        addresses = [stack.local(webhook_address(import_customer(file))) for file in files]
        stack.start_web(workers=2)
        stack.start_worker(processes=multiprocessing.cpu_count())
        load = list(calls(CUSTOMERS, CALLS_EACH, stack.sandbox_url, random.Random(1)))
        number, body = load.pop()
        post_until_accepted(addresses[number], body, seconds=60)
        _wait_until_delivered(1)
        _print(stack, "started")
        with ThreadPoolExecutor(4) as pool:
            for number, body in load:
                pool.submit(post_until_accepted, addresses[number], body, seconds=60)
        _wait_until_delivered(1 + len(load))
        _print(stack, f"after {1 + len(load)} calls")


def _wait_until_delivered(count: int) -> None:
    delivered = Call.objects.filter(state=CallState.DELIVERED)
    wait_until(lambda: delivered.count() >= count, "all calls to be delivered", seconds=300)


def _print(stack: LocalStack, title: str) -> None:
    print(f"{title:20} {'RSS':>9} {'PSS':>9}")
    total = [0.0, 0.0]
    for name in ("web", "worker"):
        rss, pss = memory_megabytes(stack.processes[name].pid)
        total = [total[0] + rss, total[1] + pss]
        print(f"{name:20} {rss:6.0f} MB {pss:6.0f} MB")
    print(f"{'together':20} {total[0]:6.0f} MB {total[1]:6.0f} MB\n", flush=True)
