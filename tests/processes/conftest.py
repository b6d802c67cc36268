"""Real processes on the test's database, or on a server of the test's own: web, worker and PostgreSQL, to be killed.
The sandbox, which nobody kills, serves from the test's process.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from ringofix.embedded_postgres import server
from sandbox.harness.processes import LocalStack, this_database
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox


@contextmanager
def stack_with_sandbox(**environment: str) -> Iterator[LocalStack]:
    """A stack without processes yet, and a sandbox at its address. `environment`: of the processes that it starts."""
    with (
        LocalStack(environment=this_database() | environment, quiet=True) as stack,
        SandboxServer(Sandbox(allow_private_hosts=True), port=stack.sandbox_port),
    ):
        yield stack


@pytest.fixture
def stack(transactional_db: None) -> Iterator[LocalStack]:
    with stack_with_sandbox(PLANFIX_PATIENCE_SECONDS="2") as stack:
        yield stack


@pytest.fixture
def sandbox_server() -> Iterator[SandboxServer]:
    """A sandbox whose requests a test can hold, beside that of the stack."""
    with SandboxServer(Sandbox(allow_private_hosts=True)) as server:
        yield server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder. It is not pytest's, because another run on this machine closes that to the server's user."""
    with TemporaryDirectory(prefix="ringofix-") as folder:
        yield Path(folder)


def sql_of_the_database() -> bytes:
    """The tables of the test's database. Migrating another database takes five times as long as copying them."""
    command = [server.programs() / "pg_dump", "--no-owner", "--dbname", this_database()["DATABASE_URL"]]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def run_sql(statements: bytes) -> None:
    stop_at_an_error = ["--single-transaction", "--set", "ON_ERROR_STOP=1"]
    command = [server.programs() / "psql", "--quiet", *stop_at_an_error, "--dbname", this_database()["DATABASE_URL"]]
    subprocess.run(command, input=statements, stdout=subprocess.DEVNULL, check=True)


@pytest.fixture
def database_of_its_own(transactional_db: None, folder: Path) -> Iterator[Path]:
    """The folder of a database server for this test alone, which this process uses instead of the usual one. Stacks on
    it restart it as the product does.
    """
    data = folder / "postgres"
    tables = sql_of_the_database()
    server.ensure_running(data)
    tests = connections["default"]
    server_of_its_own = {"HOST": str(server.socket_folder(data)), "NAME": server.DATABASE, "USER": server.ROLE}
    connections["default"] = DatabaseWrapper({**tests.settings_dict, "OPTIONS": {}, **server_of_its_own}, "default")
    run_sql(tables)
    yield data
    connection.close()
    connections["default"] = tests
    server.stop_if_last(data)
    shutil.rmtree(server.socket_folder(data), ignore_errors=True)


@pytest.fixture
def own_stack(database_of_its_own: Path) -> Iterator[LocalStack]:
    database = {"DATABASE_URL": "", "EMBEDDED_POSTGRES": str(database_of_its_own)}
    with stack_with_sandbox(PLANFIX_PATIENCE_SECONDS="2", **database) as stack:
        yield stack
