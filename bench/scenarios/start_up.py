"""Measures the start: the demo on a machine that has only the packages, a web process's imports and its memory.

Printed: seconds until the demo has delivered its first call and until it ends, including a new PostgreSQL; processor
seconds to import the web process; megabytes of a web server.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import requests

from bench.stack.processes import memory_megabytes
from bench.stack.temporary_stack import local_stack
from ringofix.embedded_postgres.server import DATABASE, ROLE, socket_folder
from sandbox.harness.processes import free_port

IMPORTS = 3


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, end = _demo(Path(folder) / "postgres")
    print(f"demo on an empty machine: first call delivered after {first:.1f} s, the end after {end:.1f} s")
    print(f"importing the web process: {min(_import_seconds() for _ in range(IMPORTS)):.2f} s of processor time")
    with local_stack() as stack:
        stack.start_web(workers=2)
        requests.get(f"{stack.web_url}/calls/login/", timeout=10)
        web = stack.processes["web"].pid
        rss, pss = memory_megabytes(web)
        print(f"web server with two workers: {pss:.0f} MB (shared pages counted once; RSS {rss:.0f} MB)")


def _demo(data: Path) -> tuple[float, float]:
    """Seconds until the first call is delivered, and until the demo has ended."""
    environment = {**os.environ, "DATABASE_URL": "", "EMBEDDED_POSTGRES": str(data)}
    ports = ["--port", str(free_port(0)), "--sandbox-port", str(free_port(0))]
    began = time.monotonic()
    command = [sys.executable, "manage.py", "demo", "--exit", *ports]
    demo = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not _is_delivered(data) and demo.poll() is None:
            time.sleep(0.05)
        first = time.monotonic() - began
        assert demo.wait(120) == 0, "the demo failed"
    finally:
        demo.terminate()
        demo.wait()
    return first, time.monotonic() - began


def _is_delivered(data: Path) -> bool:
    try:
        with psycopg.connect(host=str(socket_folder(data)), user=ROLE, dbname=DATABASE) as connection:
            found = connection.execute("SELECT 1 FROM integrations_call WHERE state = 'delivered' LIMIT 1").fetchone()
            return found is not None
    except psycopg.Error:  # not created, started or migrated yet
        return False


def _import_seconds() -> float:
    began = os.times()
    subprocess.run([sys.executable, "-c", "import ringofix.wsgi"], check=True, stderr=subprocess.DEVNULL)
    ended = os.times()
    return ended.children_user + ended.children_system - began.children_user - began.children_system
