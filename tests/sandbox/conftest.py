"""A sandbox for each test, and a function that sends requests to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.planfix.account import Account
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox

Ask = Callable[..., requests.Response]


@pytest.fixture(scope="session")
def server_of_new_sandboxes() -> Iterator[SandboxServer]:
    """One server for all tests, because stopping one takes longer than most tests."""
    with SandboxServer(Sandbox()) as server:
        yield server


@pytest.fixture
def sandbox(server_of_new_sandboxes: SandboxServer) -> Iterator[Sandbox]:
    sandbox = Sandbox(allow_private_hosts=True)
    sandbox.open_at(server_of_new_sandboxes.sandbox.url)
    server_of_new_sandboxes.sandbox = sandbox
    yield sandbox
    server_of_new_sandboxes.hang_up()


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    return sandbox.account("default")


@pytest.fixture
def ask(account: Account) -> Iterator[Ask]:
    """Calls the REST API with the account's token: ask("POST", "/contact/list", {...})."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {account.token}"

        def asked(method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
            options = {"timeout": 10, "allow_redirects": False, **options}
            return session.request(method, f"{account.url}/rest{path}", json=body, **options)

        yield asked


@pytest.fixture
def olha(account: Account) -> Any:
    return account.add_contact(name="Olha", lastname="Koval", phones=["+380671234567"])
