"""Web, worker and database killed at each step of each scenario: every call ends once in Planfix, as if nothing had
happened.

No step is listed here: a run in which nothing goes wrong shows the requests and the final account.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import Call, CallState, DeliveryLease
from sandbox.harness.processes import LocalStack, NotInTime, wait_until
from sandbox.server.app import SandboxServer
from tests.processes.steps import Door, Hall, kill_server, server_answers, unwritten_tasks, workers_known

pytestmark = pytest.mark.slow

PATIENT = {"PLANFIX_PATIENCE_SECONDS": "15", "FIRST_RETRY_SECONDS": "0.5"}
"""The first request still hangs when the last one starts to."""


@pytest.fixture
def hall(sandbox_server: SandboxServer, transactional_db: None, settings: Any) -> Hall:
    settings.ALLOW_PRIVATE_HOSTS = True
    return Hall(sandbox_server.sandbox)


@pytest.mark.parametrize("workers", [1, 2])
def test_calls_end_once_when_web_and_worker_are_killed_at_each_step(
    hall: Hall, stack: LocalStack, workers: int
) -> None:
    stack.environment |= PATIENT
    stack.start_web(workers=1, threads=32)
    stack.start_worker("one", concurrency=128)
    door, posts = hold_everything(hall, stack)
    doomed = workers_known()
    if workers == 2:
        stack.start_worker("other")
        wait_until(lambda: len(workers_known()) == 2, "the other worker")

    stack.kill("one")
    stack.kill("web")
    door.open()
    time_passes(doomed)
    stack.start_web(workers=1)
    if workers == 1:
        stack.start_worker("one again")
    wait_until_delivered(posts)

    assert hall.differences() == {}


def test_calls_end_once_when_the_database_server_is_killed_at_each_step(
    database_of_its_own: Path, own_stack: LocalStack, sandbox_server: SandboxServer, hall: Hall
) -> None:
    stack = own_stack
    stack.environment |= PATIENT
    stack.start_web(workers=1, threads=32)
    for name in ("one", "other"):
        stack.start_worker(name, concurrency=128)
    wait_until(lambda: len(workers_known()) == 2, "both workers")
    door, posts = hold_everything(hall, stack)

    kill_server(database_of_its_own)
    door.close()
    wait_until(server_answers, "the database server")
    sandbox_server.hang_up()
    wait_until_delivered(posts)

    assert hall.differences() == {}


def hold_everything(hall: Hall, stack: LocalStack) -> tuple[Door, list[threading.Thread]]:
    """Holds every delivery at one of its requests and every webhook in its transaction. Returns the door and the
    threads that still post the webhooks.
    """
    door = Door()
    posts = hall.knock(stack)
    try:
        wait_until(hall.all_hang, "each request to hang")
        wait_until(door.all_stand, "each webhook to stand in its transaction")
    except NotInTime as error:
        door.close()
        raise NotInTime(f"{error} The last answers to webhooks: {hall.last_answers}.") from error
    return door, posts


def wait_until_delivered(posts: list[threading.Thread]) -> None:
    for post in posts:
        post.join()
    undelivered = Call.objects.exclude(state=CallState.DELIVERED, due_at=None)
    wait_until(lambda: not undelivered.exists(), "all calls to be delivered")
    wait_until(lambda: not unwritten_tasks(), "all callback tasks to be written")


def time_passes(dead: list[int]) -> None:
    """Lets enough time pass to know that these workers are dead and that no request of theirs can still arrive."""
    DeliveryLease.objects.update(held_until=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = 'epoch' WHERE id = ANY(%s)", [dead])
