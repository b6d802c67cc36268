"""The embedded database: processes share it, the last one stops it, and it starts again after a kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ringofix.embedded_postgres import server
from ringofix.embedded_postgres.server import DATABASE, ROLE, EmbeddedPostgresError, socket_folder
from sandbox.harness.processes import wait_until

pytestmark = pytest.mark.slow

USER = """
import sys
from pathlib import Path
from ringofix.embedded_postgres.server import ensure_running
ensure_running(Path(sys.argv[1]))
print("running", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "a path with spaces, and long enough for no socket to fit in it" / ("deep " * 12) / "postgres"
    yield folder
    server.ensure_running(folder)
    server.stop_if_last(folder)


def user_of(data: Path) -> subprocess.Popen[str]:
    """A process that uses the database until the test ends it."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "running\n"
    return process


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("")


def answers(data: Path) -> bool:
    try:
        with psycopg.connect(host=str(socket_folder(data)), user=ROLE, dbname=DATABASE) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split()[0])


def test_first_process_starts_the_embedded_server_and_the_last_stops_it(data: Path) -> None:
    first, second = user_of(data), user_of(data)
    assert answers(data)
    leave(first)
    assert answers(data)
    leave(second)
    assert not answers(data)
    assert not (data / "postmaster.pid").exists(), "it was stopped cleanly"


def test_simultaneous_processes_share_one_embedded_server(data: Path) -> None:
    command = [sys.executable, "-c", USER, str(data)]
    users = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for user in users:
        assert user.stdout
        assert user.stdout.readline() == "running\n"
    assert answers(data)
    for user in users:
        leave(user)
    assert not answers(data)


def test_killed_process_neither_stops_nor_keeps_the_embedded_server(data: Path) -> None:
    first, second = user_of(data), user_of(data)
    first.kill()
    first.communicate()
    assert answers(data)
    leave(second)
    assert not answers(data)


def test_killed_embedded_server_is_started_again(data: Path) -> None:
    user = user_of(data)
    with psycopg.connect(host=str(socket_folder(data)), user=ROLE, dbname=DATABASE, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (value int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    os.kill(postmaster(data), signal.SIGKILL)
    wait_until(lambda: not answers(data), "the server to be gone")

    leave(user_of(data))
    with psycopg.connect(host=str(socket_folder(data)), user=ROLE, dbname=DATABASE) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    leave(user)


def test_killed_start_of_the_embedded_server_does_not_block_the_next(data: Path) -> None:
    half_made = data.parent / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18")
    user = user_of(data)
    assert answers(data)
    leave(user)


def test_missing_postgresql_package_is_explained(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedPostgresError, match=r"pip install -r requirements\.txt"):
        server.ensure_running(data)
    monkeypatch.undo()
