"""Measures the directory of an account with 200,000 contacts: end of a first reading, change, deletion and look-ups.

Most rows are stored as a reading would have stored them, and reading goes on from there: 200,000 contacts take ten
minutes. The worker that reads is killed three times meanwhile. The sandbox is in this process.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from bench.stack.processes import memory_megabytes
from bench.stack.temporary_stack import local_stack
from integrations.models import Customer, DirectoryAccount, DirectoryContact, DirectoryNumber
from integrations.services.customers.import_export import import_customer
from integrations.services.database import database_time
from integrations.services.directory.contact_numbers import WrittenNumber
from integrations.services.directory.cursor import Cursor
from integrations.services.directory.look_up import contacts_of
from integrations.services.directory.report import shared_numbers, spelling_report
from integrations.services.queue.defer import READ_DIRECTORY, one_job_each
from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import LocalStack
from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.server.app import SandboxServer
from sandbox.state import DEFAULT, DEFAULT_TOKEN, Sandbox

CONTACTS = 200_000
STORED_PEOPLE = 180_000
"""Contacts that the benchmark stores itself. The worker reads the other 10,000, and 10,000 companies."""
KILLED_AFTER = (183_000, 187_000, 195_000)
"""Contacts in the directory."""
BATCH = 2000
LOOK_UPS = 2000
FIRST_DAY = datetime(2021, 1, 1, tzinfo=UTC)
SPELLINGS = ("+38067{:07}", "+38067{:07}", "38067{:07}", "067{:07}", "+38 (067) {:07}", "067 {:07} Viber")


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with SandboxServer(Sandbox(allow_private_hosts=True)) as server, local_stack() as stack:
        account = server.sandbox.add_account(DEFAULT, token=DEFAULT_TOKEN)
        _fill(account)
        file = customer_file("Acme", server.sandbox.url, DEFAULT_TOKEN, 1000) | {"directory": True}
        customer = import_customer(file)
        _store_people(customer, _people(account)[:STORED_PEOPLE])
        _first_reading(stack, customer, account)
        _changes(stack, customer, account)
        _look_ups(customer)


def _fill(account: Account) -> None:
    pick = random.Random(19)
    for number in range(CONTACTS):
        written = pick.choice(SPELLINGS).format(number)
        created = FIRST_DAY + timedelta(minutes=10 * number)
        account.add_contact(name=f"Client {number}", phones=[written], is_company=number % 20 == 0, created=created)


def _people(account: Account) -> list[Contact]:
    return [contact for contact in account.contacts if not contact.is_company]


def _store_people(customer: Customer, people: list[Contact]) -> None:
    """Stores the contacts and the position of a reading that has come this far."""
    account = DirectoryAccount.objects.create(
        account=customer.planfix_account, round_cursor=_cursor_after(people), contacts_read=len(people)
    )
    for start in range(0, len(people), BATCH):
        some = people[start : start + BATCH]
        rows = DirectoryContact.objects.bulk_create(
            DirectoryContact(account=account, contact_id=one.id, is_company=False, name=one.name) for one in some
        )
        numbers = [WrittenNumber(_number(one.name), one.phones[0].number) for one in some]
        DirectoryNumber.objects.bulk_create(
            DirectoryNumber(contact=row, account=account, **found._asdict(), spelling=found.spelling)
            for row, found in zip(rows, numbers, strict=True)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_directorycontact, integrations_directorynumber")


def _cursor_after(people: list[Contact]) -> dict[str, Any]:
    place = Cursor(began_at=database_time(), offset=len(people) - 1, last_id=people[-1].id, listed=len(people))
    return place.to_json()


def _first_reading(stack: LocalStack, customer: Customer, account: Account) -> None:
    began, largest = time.monotonic(), 0.0
    kills = list(KILLED_AFTER)
    stack.start_worker()
    while not DirectoryAccount.objects.filter(changes_read_at__isnull=False).exists():
        one_job_each(READ_DIRECTORY, [customer.pk])
        time.sleep(0.5)
        largest = max(largest, memory_megabytes(stack.processes["worker"].pid)[0])
        if kills and DirectoryContact.objects.count() >= kills[0]:
            kills.pop(0)
            stack.kill("worker")
            DirectoryAccount.objects.update(held_until=None)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = 'epoch'")
            stack.start_worker()
    contacts = DirectoryContact.objects.filter(deleted=False).count()
    took = f"{time.monotonic() - began:.0f} s, 3 kills, {_lists(account)} requests"
    print(f"end of the first reading: {contacts - STORED_PEOPLE} of {contacts} contacts in {took}", flush=True)
    print(f"memory of the worker, largest: {largest:.0f} MB")
    print(f"tables and indexes: {_megabytes():.0f} MB")


def _changes(stack: LocalStack, customer: Customer, account: Account) -> None:
    changed, gone = account.contacts[150_000], account.contacts[100_001]
    gone_before = contacts_of(customer, _number(gone.name))
    account.set_phones(changed, ["+380501112233"])
    gone.is_deleted = True
    before = _lists(account)
    DirectoryAccount.objects.update(changes_due_at=Now(), next_at=Now())
    seconds = _until(customer, lambda: bool(contacts_of(customer, "+380501112233")))
    print(
        f"a change: in the directory after {seconds:.1f} s of its cycle, {_lists(account) - before} requests",
        flush=True,
    )
    before = len(account.requests)
    _list_again(account, gone)
    seconds = _until(
        customer, lambda: DirectoryAccount.objects.filter(round_cursor__isnull=True, round_due_at__gt=Now()).exists()
    )
    is_gone = bool(gone_before) and not contacts_of(customer, _number(gone.name))
    print(
        f"a deletion: found {is_gone} by a round of {seconds:.0f} s, {len(account.requests) - before} requests",
        flush=True,
    )


def _list_again(account: Account, gone: Contact) -> None:
    """Stores the position of a full round that has listed all stored people except the deleted one."""
    people = [one for one in _people(account)[:STORED_PEOPLE] if one is not gone]
    place = _cursor_after(people)
    rows = DirectoryContact.objects.filter(contact_id__lte=people[-1].id, is_company=False)
    rows.exclude(contact_id=gone.id).update(seen_at=Now())
    DirectoryAccount.objects.update(round_cursor=place, round_due_at=Now(), next_at=Now())


def _number(name: str) -> str:
    return f"+38067{int(name.split()[1]):07}"


def _until(customer: Customer, is_done: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not is_done():
        one_job_each(READ_DIRECTORY, [customer.pk])
        time.sleep(0.2)
    return time.monotonic() - began


def _look_ups(customer: Customer) -> None:
    pick, milliseconds = random.Random(7), []
    for _ in range(LOOK_UPS):
        number = f"+38067{pick.randrange(CONTACTS):07}"
        began = time.perf_counter()
        contacts_of(customer, number, only_trusted=True)
        milliseconds.append(1000 * (time.perf_counter() - began))
    parts = statistics.quantiles(milliseconds, n=100)
    print(f"look-up: p50 {parts[49]:.2f} ms, p99 {parts[98]:.2f} ms")
    for name, read in {"spellings": spelling_report, "shared numbers": shared_numbers}.items():
        began = time.perf_counter()
        read(customer)
        print(f"{name}: {time.perf_counter() - began:.2f} s")


def _lists(account: Account) -> int:
    return sum(request.path.startswith("/contact/list") for request in account.requests)


def _megabytes() -> float:
    tables = ("integrations_directorycontact", "integrations_directorynumber")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(%s::text[]) AS name", [list(tables)]
        )
        return float(cursor.fetchone()[0]) / 1024 / 1024
