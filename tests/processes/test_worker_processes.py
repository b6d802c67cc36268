"""One worker command with several processes: one of them is killed, or the command itself, or it is told to stop."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from integrations.models import Call, CallState
from integrations.services.customers.import_export import webhook_address
from sandbox.harness.load import CLEAN, calls, post_until_accepted, tally
from sandbox.harness.processes import LocalStack, wait_until
from tests.processes.steps import customers_with_accounts

pytestmark = pytest.mark.slow

CUSTOMERS, EACH = 6, 6


@pytest.fixture(autouse=True)
def private_hosts(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True


def children(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def registered_workers() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        return int(cursor.fetchone()[0])


def delivered() -> int:
    return Call.objects.filter(state=CallState.DELIVERED, due_at=None).count()


def niceness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


def session_niceness(pid: int) -> int:
    """The niceness of the process's session against other sessions, where Linux has one."""
    autogroup = Path(f"/proc/{pid}/autogroup")
    words = autogroup.read_text().split() if autogroup.exists() else []
    return int(words[-1]) if words else niceness(pid)


def start_two_processes(stack: LocalStack) -> int:
    """The process id of the command, whose two processes take jobs."""
    stack.start_worker(processes=2)
    wait_until(lambda: registered_workers() == 2, "both processes")
    return stack.processes["worker"].pid


def test_killed_worker_process_is_replaced_while_the_other_continues_and_a_stop_ends_both(stack: LocalStack) -> None:
    customers = customers_with_accounts(stack, CUSTOMERS, requests_per_second=10)
    addresses = [stack.local(webhook_address(customer)) for customer in customers]
    stack.start_web(workers=1)
    command = start_two_processes(stack)
    before = children(command)
    web = stack.processes["web"].pid
    assert min(map(niceness, before)) > niceness(web)  # the web processes run first
    assert min(map(session_niceness, before)) > session_niceness(web)
    bodies = []
    for number, body in calls(CUSTOMERS, EACH, stack.sandbox_url, random.Random(6)):
        post_until_accepted(addresses[number], body, seconds=20)
        bodies.append(body)
    wait_until(lambda: delivered() > 3, "some calls to be delivered")

    killed = min(before)
    os.kill(killed, signal.SIGKILL)

    wait_until(lambda: len(children(command) - {killed}) == 2, "a replacement")
    assert before - {killed} < children(command)
    wait_until(lambda: delivered() == len(bodies), "all calls to be delivered")
    assert tally(stack, bodies) == CLEAN
    worker = stack.processes.pop("worker")
    worker.terminate()
    assert worker.wait(20) == 0


def test_worker_processes_end_when_their_command_is_killed(stack: LocalStack) -> None:
    command = start_two_processes(stack)
    orphans = children(command)

    os.kill(command, signal.SIGKILL)

    stack.processes.pop("worker").wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans), "the processes to end", seconds=20)
