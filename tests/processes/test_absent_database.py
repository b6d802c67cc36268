"""PostgreSQL cannot be reached for a minute: the web says so at once, the worker waits and continues by itself."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.db import connection

from integrations.models import Call, CallState
from integrations.services.customers.import_export import webhook_address
from sandbox.harness.load import CLEAN, calls, post_until_accepted, tally
from sandbox.harness.processes import LocalStack, wait_until
from tests.processes.conftest import stack_with_sandbox
from tests.processes.steps import customers_with_accounts

pytestmark = pytest.mark.slow

SECONDS_AWAY = 60
AT_ONCE = 5.0
"""Seconds in which the web has to answer: Ringostat waits no longer, and tries again after a 503."""


class Gate:
    """A TCP address of the test's database that can be shut: then it refuses, and open connections break."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._is_shut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        self._is_shut = True
        for line in self._open:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._open = []

    def reopen(self) -> None:
        self._is_shut = False

    def close(self) -> None:
        self.shut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                if self._is_shut:
                    line.close()
                    continue
                server = _database_line()
                self._open += [line, server]
                threading.Thread(target=_pass_on, args=(line, server), daemon=True).start()


def _database_line() -> socket.socket:
    host, port = str(connection.settings_dict["HOST"]), int(connection.settings_dict.get("PORT") or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    line = socket.socket(socket.AF_UNIX)
    line.connect(f"{host}/.s.PGSQL.{port}")
    return line


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError), one, other:
        while True:
            for line in select.select([one, other], [], [])[0]:
                piece = line.recv(65536)
                if not piece:
                    return
                (other if line is one else one).sendall(piece)


@pytest.fixture
def gate(transactional_db: None) -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.close()


def test_unreachable_database_is_answered_at_once_and_loses_no_call(gate: Gate, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    name, user = connection.settings_dict["NAME"], connection.settings_dict["USER"]
    password = connection.settings_dict.get("PASSWORD") or ""
    through_gate = {"DATABASE_URL": f"postgres://{user}:{password}@127.0.0.1:{gate.port}/{name}"}
    with stack_with_sandbox(**through_gate) as stack:
        stack.start_web(workers=1)
        stack.start_worker()
        [customer] = customers_with_accounts(stack, 1, requests_per_second=1000)
        address = stack.local(webhook_address(customer))
        load = list(calls(1, 6, stack.sandbox_url, random.Random(3)))
        for _, body in load[:3]:
            post_until_accepted(address, body, seconds=AT_ONCE)
        wait_until_delivered(3)

        gate.shut()
        refused = posts_while_away(stack, address, load[3][1])
        gate.reopen()

        assert set(refused) == {("webhook", 503), ("readyz", 503)}
        for _, body in load[3:]:
            post_until_accepted(address, body, seconds=30)
        wait_until_delivered(6)
        wait_until(lambda: requests.get(f"{stack.web_url}/readyz", timeout=AT_ONCE).status_code == 200, "readiness")
        assert all(process.poll() is None for process in stack.processes.values())
        assert tally(stack, [body for _, body in load]) == CLEAN


def posts_while_away(stack: LocalStack, address: str, body: dict[str, Any]) -> list[tuple[str, int]]:
    """The answers to a webhook and to /readyz, repeated while the database is away."""
    ends_at = time.monotonic() + SECONDS_AWAY
    statuses: list[tuple[str, int]] = []
    while time.monotonic() < ends_at:
        statuses.append(("webhook", requests.post(f"{address}after_call/", json=body, timeout=AT_ONCE).status_code))
        statuses.append(("readyz", requests.get(f"{stack.web_url}/readyz", timeout=AT_ONCE).status_code))
        select.select([], [], [], 0.5)
    return statuses


def wait_until_delivered(count: int) -> None:
    def are_delivered() -> bool:
        return Call.objects.filter(state=CallState.DELIVERED).count() == count

    wait_until(are_delivered, f"{count} deliveries", seconds=120)
