"""Compares one worker with the ideal, in which its threads only wait for Planfix.

1,024 calls of 64 and of 256 customers become due at once; each takes three requests (search, comment, data tag).
Printed: calls per second until the last call is delivered, the share of the ideal (threads ÷ latency ÷ requests), and
the processor time per call of the worker and of the database.
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from bench.stack.processes import processor_seconds, server_seconds
from bench.stack.temporary_stack import local_stack
from integrations.models import Call, CallState, Customer, PlanfixRequest, RememberedContact
from integrations.ringostat.body import RawRequest
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import import_customer
from integrations.services.database import database_time
from integrations.services.intake.receive import Recipient, receive
from integrations.services.queue.defer import deliver_soon
from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import LocalStack, free_port, wait_until
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox

THREADS, PROCESSES = 64, multiprocessing.cpu_count()
CALLS, REQUESTS = 1024, 3
CUSTOMERS = (64, 256)
LATENCIES = (0.2, 0.05, 0.0)
WARM_UP = 64
"""Calls delivered before the measurement, so that imports and connections are done."""


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    port = free_port(0)
    with local_stack() as stack:
        customers = customers_of_account(port, max(CUSTOMERS))
        print(f"{CALLS} calls, {REQUESTS} requests each, one worker with {THREADS} threads in {PROCESSES} processes\n")
        print(f"{'latency':>8} {'customers':>9} {'calls/s':>8} {'ideal':>6} {'share':>6} {'worker':>8} {'database':>8}")
        for latency in LATENCIES:
            for count in CUSTOMERS:
                _measure(stack, customers[:count], port, latency)


def _measure(stack: LocalStack, customers: list[Customer], port: int, latency: float) -> None:
    account = subprocess.Popen([sys.executable, "-m", "bench.stack.fixed_latency_account", str(port), str(latency)])
    try:
        stack.start_worker(concurrency=THREADS, processes=PROCESSES)
        _deliver(_waiting_calls(customers, WARM_UP))
        waiting = _waiting_calls(customers, CALLS)
        worker = stack.processes["worker"].pid
        worker_before, database_before = processor_seconds(worker), server_seconds()
        took = _deliver(waiting)
        worker_took = processor_seconds(worker) - worker_before
        database_took = server_seconds() - database_before
    finally:
        stack.stop()
        account.terminate()
        account.wait()
    ideal = min(THREADS, len(customers)) / latency / REQUESTS if latency else None
    rate = CALLS / took
    print(
        f"{latency * 1000:5.0f} ms {len(customers):9} {rate:8.1f}",
        f"{ideal:6.1f} {rate / ideal:6.0%}" if ideal else f"{'':6} {'':6}",
        f"{worker_took / CALLS * 1000:5.1f} ms {database_took / CALLS * 1000:5.1f} ms",
        flush=True,
    )


def customers_of_account(port: int, count: int) -> list[Customer]:
    """Adds customers, each with an account of fixed latency at this port, whose data tags are known."""
    with SandboxServer(Sandbox(allow_private_hosts=True)) as server:
        account = server.sandbox.add_account("model", token="model")
        model = import_customer(customer_file("model", account.url, account.token, 1000))
        discover(model)
    customers = []
    for number in range(count):
        file = customer_file(f"c{number}", f"http://127.0.0.1:{port}/c{number}", "token", requests_per_second=1000)
        customers.append(import_customer(file))
    Customer.objects.update(planfix_tags=model.planfix_tags, planfix_contact_fields=model.planfix_contact_fields)
    return customers


def _waiting_calls(customers: list[Customer], calls: int) -> list[Customer]:
    """Stores calls that are not due yet, evenly over the customers. Returns the customers that have one."""
    Call.objects.all().delete()
    PlanfixRequest.objects.all().delete()
    RememberedContact.objects.all().delete()
    with transaction.atomic():
        for number in range(calls):
            customer = customers[number % len(customers)]
            recipient = Recipient.of(customer)
            raw = RawRequest(method="POST", content_type="application/json", query_string="", body=_body(number))
            receive(recipient, event="after_call", raw=raw)
        Call.objects.update(due_at=Now() + timedelta(hours=1))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'deliver_calls'")
    return customers[:calls]


def _deliver(customers: list[Customer]) -> float:
    """Makes the waiting calls due. Returns the seconds until the last one is delivered."""
    with transaction.atomic():
        began = database_time()
        Call.objects.update(due_at=timezone.now())
        for customer in customers:
            deliver_soon(customer.pk)
    wait_until(lambda: not Call.objects.filter(state=CallState.PENDING).exists(), "all calls", seconds=300)
    assert not Call.objects.exclude(state=CallState.DELIVERED).exists()
    ended = Call.objects.aggregate(last=Max("finished_at"))["last"]
    return float((ended - began).total_seconds())


def _body(number: int) -> bytes:
    body = {
        "uniqueid": f"ua9_-1790775438.{number}",
        "call_type": "in",
        "E164": f"+38067{number:07}",
        "dst": "380442223344",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "billsec": "60",
        "duration": "71",
        "waittime": "11",
        "has_recording": "0",
        "utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "spring",
    }
    return json.dumps(body).encode()
