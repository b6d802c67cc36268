"""A worker killed while it reads the contact directory: the next one goes on at the same page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import DirectoryAccount, DirectoryContact
from integrations.services.queue.defer import READ_DIRECTORY, one_job_each
from sandbox.harness.processes import LocalStack, wait_until
from sandbox.http.faults import Fault
from sandbox.server.app import SandboxServer
from sandbox.state import DEFAULT, DEFAULT_TOKEN
from tests.conftest import customer_data
from tests.imported_customers import imported
from tests.processes.steps import workers_known

pytestmark = pytest.mark.slow

FOR_EVER = 600
PATIENT = {"PLANFIX_PATIENCE_SECONDS": "15"}
CONTACTS = 330
PAGES_KILLED_AT = (1, 4)
"""In the middle, and at the end of the list."""


def test_the_first_reading_survives_kills_at_its_pages(
    stack: LocalStack, sandbox_server: SandboxServer, settings: Any
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    stack.environment |= PATIENT
    sandbox = sandbox_server.sandbox
    account = sandbox.add_account(DEFAULT, token=DEFAULT_TOKEN)
    for number in range(CONTACTS):
        account.add_contact(name=f"Client {number}", phones=[f"+38067{number:07}"])
    customer = imported(customer_data(account, sandbox, directory=True))
    read = 0
    for position in PAGES_KILLED_AT:
        sandbox.add_fault(Fault(kind="hang", seconds=FOR_EVER, path="/contact/list", skip=position - read, times=1))
        stack.start_worker(f"killed at {position}")
        one_job_each(READ_DIRECTORY, [customer.pk])
        wait_until(lambda: any(struck for _, struck in sandbox.faults.struck()), f"page {position} to hang")
        doomed = workers_known()
        stack.kill(f"killed at {position}")
        sandbox.clear_faults()
        time_passes(doomed)
        read = position
    stack.start_worker("last")
    one_job_each(READ_DIRECTORY, [customer.pk])
    wait_until(lambda: DirectoryAccount.objects.filter(changes_read_at__isnull=False).exists(), "the reading to end")

    assert DirectoryContact.objects.filter(deleted=False).count() == CONTACTS
    assert DirectoryAccount.objects.get().contacts_read == CONTACTS
    pages_once = -(-CONTACTS // 99) + 1
    of_first_reading = [one for one in account.requests if "filters" not in str(one.body)]
    assert len(of_first_reading) <= pages_once + 1 + len(PAGES_KILLED_AT), "no page is read again but those killed at"


def time_passes(dead: list[int]) -> None:
    """Lets enough time pass to know that these workers are dead and that none of them holds the directory."""
    DirectoryAccount.objects.update(held_until=timezone.now(), next_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = 'epoch' WHERE id = ANY(%s)", [dead])
