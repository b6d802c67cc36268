"""Starts the product's web server, worker and a sandbox on this machine, with the commands that users run.

The demo, the tests that kill processes and the benchmarks use it. It ends only processes that it started.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings
from django.db import connection

from sandbox.state import DEFAULT

WAIT_SECONDS = 60


class NotInTime(Exception):
    """A condition did not become true in time."""


class LocalStack:
    def __init__(
        self, *, port: int = 0, sandbox_port: int = 0, environment: Mapping[str, str] | None = None, quiet: bool = False
    ) -> None:
        # Held until the end: between two starts, the system would lend a free port to any other process.
        self._held = [held_port(port), held_port(sandbox_port)]
        self.port, self.sandbox_port = (held.getsockname()[1] for held in self._held)
        self.web_url, self.sandbox_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.sandbox_port}"
        self.environment = {
            **os.environ,
            "ALLOW_PRIVATE_HOSTS": "true",
            "PUBLIC_URL": self.web_url,
            "RINGOSTAT_API_URL": self.sandbox_url,
            # A load posts to a few webhook addresses and creates many contacts.
            "WEBHOOKS_PER_MINUTE": "1000000",
            "NEW_CONTACTS_PER_HOUR": "1000000",
            **(environment or {}),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._output = subprocess.DEVNULL if quiet else None

    def start_sandbox(self, *, latency: float = 0) -> None:
        self.start("sandbox", "sandbox", "--port", str(self.sandbox_port), "--latency", str(latency))
        wait_until(lambda: _answers(f"{self.sandbox_url}/_sandbox/accounts"), "the sandbox")

    def start_web(self, *, workers: int = 2, threads: int = 4) -> None:
        command = [sys.executable, "-m", "gunicorn", "ringofix.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        how = ["--workers", str(workers), "--threads", str(threads), "--log-level", "warning"]
        self._start("web", [*command, *how])
        wait_until(lambda: _answers(f"{self.web_url}/healthz"), "the web server")

    def start_worker(self, name: str = "worker", *, concurrency: int = 64, processes: int = 1) -> None:
        self.start(name, "worker", "--concurrency", str(concurrency), "--processes", str(processes))

    def start(self, name: str, *arguments: str) -> None:
        """Starts manage.py with these arguments. The process is kept under this name."""
        self._start(name, [sys.executable, "manage.py", *arguments])

    def run(self, *arguments: str) -> str:
        """Runs manage.py with these arguments and returns its output. Raises CalledProcessError on failure."""
        return subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout

    def import_customer(self, data: Mapping[str, Any]) -> str:
        """Imports a customer file and returns the webhook address."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "customer.json"
            file.write_text(json.dumps(data))
            address: str = json.loads(self.run("import_customer", str(file)))["webhook_url"]
        return address

    def local(self, address: str) -> str:
        """The address at this stack's web server. The process that made it may have another PUBLIC_URL."""
        return f"{self.web_url}/{address.split('/', 3)[3]}"

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Calls the sandbox's control API and returns its JSON."""
        answer = requests.request(method, f"{self.sandbox_url}/_sandbox{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def add_contact(self, name: str, *phones: str, account: str = DEFAULT, **properties: object) -> int:
        body = {"name": name, "phones": phones, **properties}
        number: int = self.control("POST", f"/accounts/{account}/contacts", body)["id"]
        return number

    def kill(self, name: str) -> None:
        """Kills the process and its children with SIGKILL."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Ends all processes, newest first, and waits for each."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes = {}

    def __enter__(self) -> LocalStack:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        for held in self._held:
            held.close()

    def _start(self, name: str, command: list[str]) -> None:
        # A new session: Ctrl-C reaches only the demo, which then ends the others in order.
        # And kill() reaches children too.
        self.processes[name] = subprocess.Popen(  # noqa: S603 - our own commands
            command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
        )


def this_database() -> dict[str, str]:
    """Environment for another process that shares this process's database (in a test: the test database) and keys."""
    database = connection.settings_dict
    host = quote(str(database["HOST"]), safe="")
    address = f"{database['USER']}:{database.get('PASSWORD') or ''}@{host}:{database.get('PORT') or ''}"
    return {
        "DATABASE_URL": f"postgres://{address}/{database['NAME']}",
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS),
    }


def wait_until(condition: Callable[[], bool], what: str, *, seconds: float = WAIT_SECONDS) -> None:
    """Waits until the condition is true. Raises NotInTime after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotInTime(f"Waited {seconds:.0f} s for {what}.")
        time.sleep(0.05)


def free_port(wanted: int) -> int:
    """Returns the wanted port, or another free port when it is taken."""
    with held_port(wanted) as held:
        port: int = held.getsockname()[1]
        return port


def held_port(wanted: int) -> socket.socket:
    """Returns a socket that holds the wanted port, or another free port when it is taken.

    It does not listen, so that a server with SO_REUSEADDR, as each of ours, can bind to the port.
    """
    for port in (wanted, 0):
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind(("127.0.0.1", port))
        except OSError:
            held.close()
            continue
        return held
    raise OSError("There is no free port.")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code < 500
    except requests.RequestException:
        return False
