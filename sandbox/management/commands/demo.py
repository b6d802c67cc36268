"""Runs everything on this machine: database, sandbox, web, worker, a demo customer and a day of its calls."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import requests
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet

from integrations.models import (
    BackgroundJobKind,
    Call,
    CallbackTask,
    CallbackTaskKind,
    CallState,
    Customer,
    DirectoryAccount,
    PhoneBookEntry,
    PlanfixRequest,
)
from integrations.services.directory.accounts import forget_unused_directories
from integrations.services.queue.background import enqueue
from integrations.services.queue.defer import READ_DIRECTORY, SEND_CONTACTS, one_job_each
from sandbox.harness.demo_day import KNOWN_CONTACTS, RESPONSIBLE, Post, customer_file, day_of_calls, ringing_call
from sandbox.harness.processes import LocalStack, wait_until
from sandbox.planfix.template_account import CALL_BACK_TEMPLATE
from sandbox.state import DEFAULT_TOKEN

CUSTOMER = "Demo company"
ZONE = ZoneInfo("Europe/Kyiv")
PASSWORD = "ringofix"  # noqa: S105 - the demo's, on loopback; the demo prints it
TELEPHONES = {
    "directory": True,
    "routing": {"order": ["responsible", "last_talked"], "form": "json", "key": "number_01"},
    "phone_book": "callers",
}
"""Part of the customer's file: whom Ringostat rings first, and the names on the telephones."""
CALLBACK_TASKS = {
    "callback_tasks": {
        "for": "all",
        "template_id": CALL_BACK_TEMPLATE,
        "done_status_id": 3,
        "unknown_employee_for": "Iryna Bondar",
    }
}
"""Part of the customer's file: a callback task for each client with a missed call."""
WAITING_CLIENTS = 2
"""The number of clients with a missed call on the day who are not reached on that day."""
REQUESTS_PER_SECOND = 20
"""A real account allows one. With twenty, the day takes seconds."""


class Command(BaseCommand):
    help = "Run the whole product on this machine with a demo customer and a day of its calls. Ctrl-C stops it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server (default: 8000, else a free one)")
        parser.add_argument("--sandbox-port", type=int, default=8010)
        parser.add_argument("--exit", action="store_true", help="stop after the summary instead of waiting for Ctrl-C")

    def handle(self, *args: Any, port: int, sandbox_port: int, **options: Any) -> None:
        stop = threading.Event()
        with LocalStack(port=port, sandbox_port=sandbox_port) as stack:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            self._show(stack)
            if not options["exit"]:
                stop.wait()
            self.stdout.write("Stopping.")

    def _show(self, stack: LocalStack) -> None:
        call_command("migrate", verbosity=0)
        stack.start_sandbox()
        webhook = _customer(stack)
        _users()
        stack.start_web()
        stack.start_worker()
        posts = _post_the_day(webhook, stack.sandbox_url)
        wait_until(_no_call_is_due, "the calls to be delivered")
        self._summary(posts)
        wait_until(lambda: _callback_tasks().exclude(task_id=None).count() == WAITING_CLIENTS, "the callback tasks")
        self._ring(webhook, stack.sandbox_url)
        wait_until(lambda: _callback_tasks().exclude(closed_at=None).exists(), "the client's task to be finished")
        self.stdout.write("She had called in vain before. Her callback task now names the employee who reached her.")
        enqueue(BackgroundJobKind.CONNECT, customer=Customer.objects.get(name=CUSTOMER))
        self._addresses(stack, webhook)

    def _summary(self, posts: int) -> None:
        calls = Call.objects.filter(customer__name=CUSTOMER)
        states = Counter(calls.values_list("state", flat=True))
        skipped = Counter(calls.filter(state=CallState.SKIPPED).values_list("reason", flat=True))
        asked = PlanfixRequest.objects.filter(call__in=calls).count()
        delivered = states[CallState.DELIVERED]
        self.stdout.write(f"\nA day at {CUSTOMER}: {posts} webhook requests, {calls.count()} calls received")
        self.stdout.write(f"  delivered to Planfix  {delivered:3}")
        for reason, count in sorted(skipped.items()):
            self.stdout.write(f"  skipped               {count:3}  {reason.replace('_', ' ')}")
        self.stdout.write(f"  failed                {states[CallState.FAILED]:3}")
        self.stdout.write(f"  requests to Planfix   {asked:3}  {asked / max(delivered, 1):.1f} a delivered call")

    def _ring(self, webhook: str, sandbox_url: str) -> None:
        """A client calls now: Ringostat asks whom to ring, and the telephone shows the client's name."""
        customer = Customer.objects.get(name=CUSTOMER)
        wait_until(partial(_directory_is_read, customer), "the contacts to be read")
        call = ringing_call(datetime.now(ZONE), sandbox_url)
        answer = requests.post(webhook.replace("/webhooks/", "/route/"), json=call.question, timeout=10)
        _post_all(webhook, call.posts)
        one_job_each(SEND_CONTACTS, [customer.pk])
        wait_until(PhoneBookEntry.objects.filter(customer=customer).exists, "the first name on the telephones")
        wait_until(_no_call_is_due, "the call to be delivered")
        self.stdout.write(f"\nOlha Koval calls: Ringostat asks whom to ring and gets {answer.text}")

    def _addresses(self, stack: LocalStack, webhook: str) -> None:
        self.stdout.write(f"\nThe Planfix account, as its users see it      {stack.sandbox_url}/")
        self.stdout.write(f"The names on its telephones                   {stack.sandbox_url}/phone-book")
        self.stdout.write(f"The call log                                  {stack.web_url}/calls/")
        self.stdout.write(f"The specialists' console                      {stack.web_url}/admin/")
        self.stdout.write(f"Log in as demo (everything) or viewer (calls only), password: {PASSWORD}")
        self.stdout.write(f"Post more calls to {webhook}after_call/")
        self.stdout.write("Ctrl-C stops everything.")
        self.stdout.flush()


def _customer(stack: LocalStack) -> str:
    """Imports the demo customer again, because the sandbox starts empty. Returns the webhook address."""
    Customer.objects.filter(name=CUSTOMER).delete()
    forget_unused_directories()
    for name, phone in KNOWN_CONTACTS.items():
        stack.add_contact(name, phone, supervisors=[RESPONSIBLE[name]])
    file = customer_file(CUSTOMER, stack.sandbox_url, DEFAULT_TOKEN, REQUESTS_PER_SECOND)
    return stack.import_customer({**file, **TELEPHONES, **CALLBACK_TASKS})


def _users() -> None:
    users = get_user_model().objects
    for username, is_admin in (("demo", True), ("viewer", False)):
        user, _ = users.get_or_create(username=username)
        user.is_staff = user.is_superuser = is_admin
        user.set_password(PASSWORD)
        user.save()
    Customer.objects.get(name=CUSTOMER).viewers.set(users.filter(username="viewer"))


def _post_the_day(webhook: str, sandbox_url: str) -> int:
    posts = list(day_of_calls(datetime.now(ZONE) - timedelta(days=1), sandbox_url))
    _post_all(webhook, posts)
    return len(posts)


def _post_all(webhook: str, posts: Iterable[Post]) -> None:
    with requests.Session() as session:
        for post in posts:
            address = f"{webhook}{post.event}/" if post.event else webhook
            session.post(address, json=post.body, timeout=10).raise_for_status()


def _directory_is_read(customer: Customer) -> bool:
    """Starts the reading repeatedly: it stops for other requests, and by itself would continue a minute later."""
    if DirectoryAccount.objects.filter(account=customer.planfix_account, first_read_at__isnull=False).exists():
        return True
    one_job_each(READ_DIRECTORY, [customer.pk])
    return False


def _callback_tasks() -> QuerySet[CallbackTask]:
    return CallbackTask.objects.filter(customer__name=CUSTOMER, kind=CallbackTaskKind.MISSED_CALL)


def _no_call_is_due() -> bool:
    return not Call.objects.filter(customer__name=CUSTOMER, due_at__isnull=False).exists()
