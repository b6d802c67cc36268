"""Measures the answers to Ringostat's routing questions, at 50 a second over 20 customers.

The directory has 200,000 contacts. Measured while nothing else runs, beside running delivery, beside another customer's
flood of questions, and while neither the worker nor Planfix runs. Goal: p99 of 50 ms in each case. The health check,
one query, shows what the machine itself costs at that moment.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import quantiles

import requests
from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.stack.processes import processor_seconds, server_seconds
from bench.stack.temporary_stack import local_stack
from integrations.models import Customer, DirectoryAccount, RoutingAnswer
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import customer_with_account
from sandbox.harness.processes import LocalStack

CUSTOMERS, CONTACTS = 20, 10_000
"""Contacts of each customer."""
QUESTIONS_A_SECOND, SECONDS = 50, 15
FLOOD_CONNECTIONS = 4
CALLS_A_SECOND = 10
GOAL_MILLISECONDS = 50

NEW_CONTACTS = """
    INSERT INTO integrations_directorycontact (account_id, contact_id, is_company, name, responsible_ids)
    SELECT %(account)s, number, false, 'Contact ' || number, '{5}' FROM generate_series(1, %(count)s) AS number
"""
NEW_NUMBERS = """
    INSERT INTO integrations_directorynumber (contact_id, account_id, number, written, spelling)
    SELECT id, account_id, full_number, full_number, 'full'
      FROM integrations_directorycontact
     CROSS JOIN LATERAL (SELECT '+38067' || lpad(contact_id::text, 7, '0') AS full_number) AS number
     WHERE account_id = %(account)s
"""


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        addresses = _set_up(stack)
        _ask_at_pace(addresses[1:], seconds=2)  # every process has asked the database once
        print(f"{QUESTIONS_A_SECOND} questions a second; goal: p99 of {GOAL_MILLISECONDS} ms\n")
        print(f"{'':33} {'p50':>9} {'p99':>9} {'most':>9} {'web':>8} {'database':>8}   processor time of each")
        _measure(stack, "health check, nothing else runs", [f"{stack.web_url}/healthz"])
        _measure(stack, "nothing else runs", addresses[1:])
        # The health check costs almost nothing: under a flood it shows what a machine without a free core takes.
        for title, asked in (
            ("another customer floods", addresses[1:]),
            ("health check, a customer floods", [f"{stack.web_url}/healthz"]),
        ):
            flood = _Flood(stack, addresses[0])
            _measure(stack, title, asked)
            print(f"  the flood: {flood.result()}")
        calls = _deliveries(stack)
        _measure(stack, "beside running delivery", addresses[1:])
        calls.set()
        for name in ("worker", "sandbox"):
            stack.kill(name)
        _measure(stack, "neither worker nor Planfix runs", addresses[1:])
        _check_answers()


def _set_up(stack: LocalStack) -> list[str]:
    """Starts the processes and imports the customers. Returns their routing addresses."""
    stack.start_sandbox()
    routing = {"order": ["responsible", "last_talked"]}
    customers: list[Customer] = []
    for number in range(CUSTOMERS):
        file = customer_with_account(stack, number, requests_per_second=20)
        customers.append(import_customer({**file, "routing": routing}))
        _add_contacts(customers[-1])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    stack.start_web()
    return [stack.local(webhook_address(customer)).replace("/webhooks/", "/route/") for customer in customers]


def _add_contacts(customer: Customer) -> None:
    later = timezone.now() + timedelta(days=1)  # the sandbox does not have these contacts: a reading would delete them
    account = DirectoryAccount.objects.create(account=customer.planfix_account, next_at=later)
    with connection.cursor() as cursor:
        for statement in (NEW_CONTACTS, NEW_NUMBERS):
            cursor.execute(statement, {"account": account.pk, "count": CONTACTS})


def _measure(stack: LocalStack, title: str, addresses: list[str]) -> None:
    web = stack.processes["web"].pid
    before = processor_seconds(web), server_seconds()
    milliseconds = _ask_at_pace(addresses, seconds=SECONDS)
    used = processor_seconds(web) - before[0], server_seconds() - before[1]
    cuts = quantiles(milliseconds, n=100, method="inclusive")
    times = "".join(f" {each:6.1f} ms" for each in (cuts[49], cuts[98], max(milliseconds)))
    processor = "".join(f" {each * 1000 / len(milliseconds):5.1f} ms" for each in used)
    print(f"{title:33}{times}{processor}", flush=True)


def _check_answers() -> None:
    """Prints how many answers are empty. None should be, because every question is about a contact."""
    empty = RoutingAnswer.objects.filter(directions=[]).count()
    print(f"\n{RoutingAnswer.objects.count()} answers stored, {empty} of them empty")


def _ask_at_pace(addresses: list[str], *, seconds: int) -> list[float]:
    """Asks at random times for random clients, each a contact. Returns the milliseconds of each answer."""
    chance, count, local = random.Random(8), QUESTIONS_A_SECOND * seconds, threading.local()
    moments = sorted(chance.uniform(0, seconds) for _ in range(count))
    began = time.monotonic()

    def ask(number: int) -> float:
        time.sleep(max(0.0, began + moments[number] - time.monotonic()))
        session = local.session = getattr(local, "session", None) or requests.Session()
        question = {"caller": f"38067{chance.randint(1, CONTACTS):07}", "uniqueid": f"ask-{number}"}
        asked = time.perf_counter()
        address = chance.choice(addresses)
        method = "GET" if address.endswith("/healthz") else "POST"
        session.request(method, address, json=question, timeout=10).raise_for_status()
        return (time.perf_counter() - asked) * 1000

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(count)))


class _Flood:
    """Asks for one customer as fast as the answers come, in another process."""

    def __init__(self, stack: LocalStack, address: str) -> None:
        order = {
            "port": stack.port,
            "paths": ["/" + address.split("/", 3)[3]],
            "templates": [json.dumps({"caller": "380670000001", "uniqueid": "CALL_ID"})],
            "prefix": "flood",
            "connections": FLOOD_CONNECTIONS,
            "seconds": SECONDS + 2,
        }
        with tempfile.TemporaryFile("w+") as given:
            json.dump(order, given)
            given.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.stack.load"],
                cwd=settings.BASE_DIR,
                stdin=given,
                stdout=subprocess.PIPE,
                text=True,
            )
        time.sleep(1)

    def result(self) -> str:
        output, _ = self._process.communicate()
        counts = json.loads(output)
        return f"{counts['taken']} answered, {counts['refused']} refused with 429"


def _deliveries(stack: LocalStack) -> threading.Event:
    """Starts a worker, and posts calls until the event is set."""
    stack.start_worker()
    stop = threading.Event()
    customers = list(Customer.objects.order_by("pk"))
    addresses = [f"{stack.local(webhook_address(customer))}after_call/" for customer in customers]

    def post() -> None:
        number = 0
        while not stop.wait(1 / CALLS_A_SECOND):
            number += 1
            body = {"uniqueid": f"call-{number}", "call_type": "in", "E164": f"+38067{number:07}"}
            ended = {"dst": "380442223344", "disposition": "NO ANSWER", "billsec": "0", "waittime": "20"}
            requests.post(addresses[number % CUSTOMERS], json=body | ended, timeout=10)

    threading.Thread(target=post, daemon=True).start()
    time.sleep(5)  # the worker discovers the accounts first
    return stop
