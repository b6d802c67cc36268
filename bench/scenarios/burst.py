"""Measures a burst: many finished calls of many customers within a short time, whose accounts take few requests.

Printed: webhooks that were refused, the time of an answer, the memory of web and worker, how fast the backlog drains
compared with the accounts' pace, and how long a customer without a backlog waits for its call meanwhile.

By default 1,000 calls of 50 customers in ten seconds. The full figure, 20,000 of 500 customers in a minute:
BENCH_BURST_CALLS=20000 BENCH_BURST_CUSTOMERS=500 BENCH_BURST_SECONDS=60. BENCH_BURST_PACE: requests a second that each
account takes (default: 1). BENCH_BURST_CONCURRENCY: of the worker (default: one thread for each customer, because a
thread waits for its account's pace).
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from statistics import quantiles

from django.conf import settings
from django.db.models import Max, Min

from bench.scenarios.cost import EVENTS, REQUESTS, posted_calls, started
from bench.scenarios.delivery import customers_of_account
from bench.stack.call_load import Answer, CallOrder
from bench.stack.processes import memory_megabytes
from bench.stack.temporary_stack import local_stack
from integrations.models import Call, CallState, Customer, PlanfixRequest, ReadBack
from integrations.services.customers.import_export import webhook_address
from sandbox.harness.processes import LocalStack, free_port

CALLS = int(os.environ.get("BENCH_BURST_CALLS", "1000"))
CUSTOMERS = int(os.environ.get("BENCH_BURST_CUSTOMERS", "50"))
SECONDS = float(os.environ.get("BENCH_BURST_SECONDS", "10"))
PACE = float(os.environ.get("BENCH_BURST_PACE", "1"))
CONCURRENCY = int(os.environ.get("BENCH_BURST_CONCURRENCY", str(CUSTOMERS + 8)))
LATENCY, CONNECTIONS = 0.05, 32
MOST_TIMES_IDEAL = 20
"""The backlog may take this many times as long as the accounts' pace requires."""


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    port = free_port(0)
    print(f"{CALLS} calls of {CUSTOMERS} customers in {SECONDS:.0f} s; {PACE:g} requests a second and account\n")
    account = [sys.executable, "-m", "bench.stack.fixed_latency_account", str(port), str(LATENCY)]
    with local_stack() as stack, started(account, os.environ):
        *customers, bystander = customers_of_account(port, CUSTOMERS + 1)
        stack.start_web()
        stack.start_worker(concurrency=CONCURRENCY, processes=multiprocessing.cpu_count())
        _warm_up(stack, [*customers, bystander])
        Customer.objects.update(requests_per_second=PACE)
        answers = posted_calls(_order(stack, customers, first=100_000, calls=CALLS, rate=CALLS / SECONDS))
        _print_answers(answers)
        posted_calls(_order(stack, [bystander], first=900_000, calls=1, rate=0))
        most_memory = _drain(stack)
        _print_drain(bystander)
        print(f"memory of web and worker (PSS), at most: {most_memory:.0f} MB")


def _warm_up(stack: LocalStack, customers: list[Customer]) -> None:
    posted_calls(_order(stack, customers, first=0, calls=len(customers), rate=0))
    _drain(stack)
    ReadBack.objects.update(due_at=None)
    PlanfixRequest.objects.all().delete()


def _order(stack: LocalStack, customers: list[Customer], *, first: int, calls: int, rate: float) -> CallOrder:
    paths = [f"/{webhook_address(customer).split('/', 3)[3]}EVENT/" for customer in customers]
    return CallOrder(
        port=stack.port, paths=paths, events=EVENTS[-1:], first=first, calls=calls, connections=CONNECTIONS, rate=rate
    )


def _drain(stack: LocalStack) -> float:
    """Waits until every call is delivered. Returns the most memory of web and worker meanwhile, in MB (PSS)."""
    until = time.monotonic() + 60 + MOST_TIMES_IDEAL * CALLS / CUSTOMERS * REQUESTS / PACE
    most = 0.0
    while Call.objects.exclude(state=CallState.DELIVERED).exists():
        assert time.monotonic() < until, "the backlog does not drain"
        most = max(most, sum(memory_megabytes(stack.processes[name].pid)[1] for name in ("web", "worker")))
        time.sleep(1)
    return most


def _print_answers(answers: list[Answer]) -> None:
    cuts = quantiles([answer.seconds * 1000 for answer in answers], n=100, method="inclusive")
    took = max(answer.at for answer in answers) - min(answer.at for answer in answers)
    print(f"posted in {took:.1f} s; refused: {sum(answer.refused for answer in answers)}")
    print(f"answer: p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms, most {max(a.seconds for a in answers) * 1000:.0f} ms")


def _print_drain(bystander: Customer) -> None:
    began = PlanfixRequest.objects.exclude(customer=bystander).aggregate(first=Min("sent_at"))["first"]
    ended = Call.objects.exclude(customer=bystander).aggregate(last=Max("finished_at"))["last"]
    seconds = (ended - began).total_seconds()
    share = CALLS * REQUESTS / seconds / (PACE * CUSTOMERS)
    print(f"{CALLS * REQUESTS} requests in {seconds:.1f} s: {share:.0%} of the accounts' pace")
    call = Call.objects.filter(customer=bystander).latest("pk")
    assert call.finished_at
    waited = (call.finished_at - call.received_at).total_seconds()
    print(f"a call of a customer without a backlog was delivered {waited:.1f} s after its webhook")
