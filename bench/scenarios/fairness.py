"""Measures how a backlog of 10,000 calls and accounts that do not respond delay 20 other customers.

Printed: seconds from due to delivered, the mean of 20 customers and three rounds; alone, beside the backlog and beside
the dead accounts. One worker. Each account allows one request per second, so that this limit and not the machine sets
the time of a delivery: 5 requests with a new contact.
"""

from __future__ import annotations

import json
from copy import copy
from datetime import timedelta
from statistics import fmean

from django.conf import settings
from django.db.models import Avg, F
from django.db.models.functions import Now

from bench.stack.temporary_stack import local_stack
from integrations.domain.calls import EventKind
from integrations.models import Call, CallState, Customer, DeliveryLease
from integrations.ringostat.body import RawRequest
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import import_customer, webhook_address
from integrations.services.intake.receive import receive_at
from integrations.services.queue.defer import deliver_soon
from sandbox.harness.load import customer_with_account
from sandbox.harness.processes import LocalStack, wait_until

ROUNDS = 3
OTHERS, DEAD = 20, 5
BACKLOG = 10_000
BUSY_RATE = 10
CALLS_OF_DEAD = 20
LATER = timedelta(days=1)


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        stack.start_sandbox()
        others = [_customer(stack, number, requests_per_second=1) for number in range(OTHERS)]
        busy = [_with_calls(_customer(stack, OTHERS, requests_per_second=BUSY_RATE), BACKLOG)]
        dead = [
            _with_calls(_customer(stack, OTHERS + 1 + number, requests_per_second=1), CALLS_OF_DEAD)
            for number in range(DEAD)
        ]
        for customer in dead:
            stack.control("POST", "/faults", {"account": customer.name, "kind": "hang", "seconds": 60})
        stack.start_worker()
        neighbours: dict[str, list[Customer]] = {"nothing": [], "the backlog": busy, "dead accounts": dead}
        took: dict[str, list[float]] = {name: [] for name in neighbours}
        _seconds_beside([], others, "9")  # waits until the worker has started
        for number in range(ROUNDS):
            for name, customers in neighbours.items():
                took[name].append(_seconds_beside(customers, others, f"{number}{list(took).index(name)}"))
    alone = fmean(took["nothing"])
    for name, seconds in took.items():
        print(f"beside {name:14} {fmean(seconds):6.2f} s  {fmean(seconds) / alone - 1:+6.1%}")


def _customer(stack: LocalStack, number: int, *, requests_per_second: float) -> Customer:
    customer = import_customer(customer_with_account(stack, number, requests_per_second=requests_per_second))
    discover(customer)
    return customer


def _with_calls(customer: Customer, count: int) -> Customer:
    """Stores copies of one received call, not due yet."""
    _receive(customer, "first")
    call = Call.objects.get(customer=customer)
    rows = []
    for number in range(count):
        call.pk, call.ringostat_id = None, f"backlog-{number}"
        rows.append(copy(call))
    Call.objects.bulk_create(rows, batch_size=1000)
    Call.objects.filter(customer=customer).update(due_at=Now() + LATER)
    return customer


def _seconds_beside(customers: list[Customer], others: list[Customer], round_: str) -> float:
    """Mean seconds of the others' deliveries while all calls of `customers` are due."""
    calls = Call.objects.filter(customer__in=customers, state=CallState.PENDING)
    calls.update(due_at=Now())
    DeliveryLease.objects.filter(customer__in=customers).update(retry_at=None, failures=0)
    for customer in customers:
        deliver_soon(customer.pk)
    call_id = f"round-{round_}"
    for customer in others:
        _receive(customer, call_id)
    theirs = Call.objects.filter(customer__in=others, ringostat_id=call_id)
    wait_until(lambda: not theirs.exclude(state=CallState.DELIVERED).exists(), "the others' calls", seconds=120)
    calls.update(due_at=Now() + LATER)
    mean: timedelta = theirs.aggregate(mean=Avg(F("finished_at") - F("due_since")))["mean"]
    return mean.total_seconds()


def _receive(customer: Customer, call_id: str) -> None:
    token = webhook_address(customer).rstrip("/").rsplit("/", 1)[1]
    digits = "".join(filter(str.isdigit, call_id)).zfill(4)
    body = {
        "uniqueid": call_id,
        "call_type": "in",
        "E164": f"+38067555{digits}",
        "dst": "380442223344",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "billsec": "60",
        "has_recording": "0",
    }
    raw = RawRequest(method="POST", content_type="application/json", query_string="", body=json.dumps(body).encode())
    receive_at(token, event=EventKind.AFTER_CALL, raw=raw)
