"""Counts requests to Planfix per call, by scenario, beside the minimum that the steps need.

Also counts how many of 200 calls of 60 clients, some of whom call often, need no search thanks to remembered contacts.
"""

from __future__ import annotations

import json
import random
from typing import Any

from django.conf import settings

from bench.stack.temporary_stack import local_stack
from integrations.models import Call, Customer, ReadBack, RememberedContact
from integrations.ringostat.body import RawRequest
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import import_customer, webhook_address
from integrations.services.delivery.customer_run import deliver_due_calls
from integrations.services.directory.reading import read_directory
from integrations.services.intake.receive import receive, recipient_of
from integrations.services.read_back.choice import ONE_IN
from integrations.services.read_back.run import read_back
from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import LocalStack
from sandbox.state import DEFAULT, DEFAULT_TOKEN

KNOWN, NEW, TASKED, LISTED = "+380671234567", "+380501112233", "+380931112233", "+380681112233"
CLIENTS, CALLS = 60, 200
SCENARIOS: list[tuple[str, str, dict[str, Any], int]] = [
    ("known contact: search, comment, tag", KNOWN, {}, 3),
    ("known contact in the directory: comment, tag", LISTED, {"directory": True}, 2),
    ("the same caller again: comment, tag", KNOWN, {}, 2),
    ("the same caller later: contact, comment, tag", KNOWN, {"later": True}, 3),
    ("with a recording to copy", KNOWN, {"has_recording": "1"}, 3),
    ("new contact: search of contacts and companies, contact, comment, tag", NEW, {}, 5),
    ("last active task: search, task, comment, tag", TASKED, {"call_target": "last_active_task"}, 4),
]


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        stack.start_sandbox()
        customer = _customer(stack)
        print(f"{'scenario':70} {'floor':>5} {'measured':>8}")
        for number, (name, client, changes, floor) in enumerate(SCENARIOS):
            if changes.pop("later", False):
                RememberedContact.objects.update(proved_at=None)
            if "directory" in changes:
                _read_directory(stack, customer)
            before = _asked(stack)
            _deliver(stack, customer, number, client, changes)
            print(f"{name:70} {floor:5} {_asked(stack) - before:8}")
        _print_remembered(stack, customer)
        _print_read_backs(stack, customer)


def _print_remembered(stack: LocalStack, customer: Customer) -> None:
    """Delivers calls and prints the share that needs no search. The n-th client calls 1/n as often as the first (Zipf's
    law).
    """
    stack.control("DELETE", f"/accounts/{DEFAULT}/requests")
    weights = [1 / (number + 1) for number in range(CLIENTS)]
    for number, client in enumerate(random.Random(60).choices(range(CLIENTS), weights, k=CALLS)):
        _deliver(stack, customer, 1000 + number, f"+38066{client:07}", {})
    sent = stack.control("GET", f"/accounts/{DEFAULT}/requests")
    # Each search that found nothing created a contact.
    searched = sum(request["path"].endswith("/contact/") for request in sent)
    print(f"\n{CALLS} calls of {CLIENTS} clients, none known at first: {1 - searched / CALLS:.0%} need no search,")
    print(f"{len(sent) / CALLS:.2f} requests per call")


def _print_read_backs(stack: LocalStack, customer: Customer) -> None:
    """Reads back the calls that were chosen so far. Computes the cost for a customer with many calls."""
    delivered, before = Call.objects.filter(customer=customer).count(), _asked(stack)
    chosen = ReadBack.objects.filter(customer=customer).count()
    read_back(customer.pk)
    sent = _asked(stack) - before
    verified = ReadBack.objects.filter(customer=customer, verified=True).count()
    print(f"\n{chosen} of {delivered} calls were chosen to be read back, {verified} verified: {sent} requests,")
    print(
        f"{sent / chosen:.2f} per call that is read; later {sent / chosen / ONE_IN:.3f} per call, only while none waits"
    )


def _customer(stack: LocalStack) -> Customer:
    stack.add_contact("Olha Koval", KNOWN)
    stack.add_contact("Ivan Bondar", LISTED)
    contact = stack.add_contact("Petro Melnyk", TASKED)
    stack.control("POST", f"/accounts/{DEFAULT}/tasks", {"counterparty_id": contact, "name": "Order"})
    customer = import_customer(customer_file("Acme", stack.sandbox_url, DEFAULT_TOKEN, 1000))
    discover(customer)
    return customer


def _read_directory(stack: LocalStack, customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(directory=True)
    read_directory(customer.pk)


def _deliver(stack: LocalStack, customer: Customer, number: int, client: str, changes: dict[str, Any]) -> None:
    settings_of_call = {
        "call_target": changes.pop("call_target", "contact"),
        "directory": changes.pop("directory", False),
    }
    Customer.objects.filter(pk=customer.pk).update(**settings_of_call)
    recipient = recipient_of(webhook_address(customer).rstrip("/").rsplit("/", 1)[1])
    assert recipient
    call_id = f"ua9_-1790775438.{number}"
    body = {
        "uniqueid": call_id,
        "call_type": "in",
        "E164": client,
        "dst": "380442223344",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "billsec": "3",
        "has_recording": "0",
        "recording": f"{stack.sandbox_url}/recordings/{call_id}.wav?token={'0' * 32}",
        **changes,
    }
    raw = RawRequest(method="POST", content_type="application/json", query_string="", body=json.dumps(body).encode())
    receive(recipient, event="after_call", raw=raw)
    deliver_due_calls(customer.pk, should_stop=lambda: False)


def _asked(stack: LocalStack) -> int:
    return len(stack.control("GET", f"/accounts/{DEFAULT}/requests"))
