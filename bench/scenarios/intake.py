"""Measures how fast webhooks are stored, against a ceiling: a bare function with one INSERT.

Both run under the same gunicorn and PostgreSQL, in alternating rounds, so that other load on the machine affects both.
Each request is a finished call of its own, with the parameters that Ringostat sends; no worker runs. Printed:
requests per second, milliseconds, processor time of the web processes, and the ratio, each the median of the rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from django.conf import settings
from django.db import connection

from bench.stack.bare_intake import TABLE
from bench.stack.processes import processor_seconds
from bench.stack.temporary_stack import local_stack
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import free_port

CUSTOMERS = 32
CONNECTIONS = 16
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
SECONDS = 2.0
GUNICORN = ("--workers", "2", "--threads", "4", "--log-level", "warning")

BODY = json.dumps(
    {
        "uniqueid": "CALL_ID",
        "call_type": "in",
        "dst": "380442223344",
        "E164": "+380671234567",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "billsec": "3",
        "duration": "14",
        "waittime": "11",
        "calldate": "2026-09-30 15:37:18",
        "call_timestamp": "1790771838219025",
        "employee_number": "331851",
        "employee_fio": "Iryna Bondar",
        "client_id": "1169999034.1555123456",
        "landing": "https://acme.example/",
        "refferrer": "https://google.com/",
        "pool_name": "Main site",
        "project_id": "110070",
        "utm_source": "google",
        "utm_medium": "cpc",
        "utm_campaign": "spring sale",
        "utm_content": "banner 1",
        "utm_term": "купити авто",
        "has_recording": "1",
        "recording_wav": f"https://app.ringostat.com/recordings/CALL_ID.wav?token={'0' * 32}",
    }
)


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    port: int
    pid: int
    paths: list[str]


@dataclass(frozen=True, kw_only=True)
class Round:
    per_second: float
    p50: float
    p99: float
    processor: float
    """Microseconds of the web processes per request."""


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        with connection.cursor() as cursor:
            cursor.execute(TABLE)
        paths = [_path(number) for number in range(CUSTOMERS)]
        with (
            _server("ringofix.wsgi", paths, stack.environment) as ours,
            _server("bench.stack.bare_intake", ["/"], stack.environment) as ceiling,
        ):
            for server in (ours, ceiling):
                _round(server, "warm", seconds=1)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")  # PostgreSQL itself does it once a minute
            pairs = [(_round(ours, f"{number}"), _round(ceiling, f"{number}")) for number in range(ROUNDS)]
    print(f"gunicorn {' '.join(GUNICORN[:4])}, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:.0f} s each")
    print(f"{'':14} {'per second':>10} {'p50 ms':>8} {'p99 ms':>8} {'web CPU µs':>11}")
    for server, rounds in zip((ours, ceiling), zip(*pairs, strict=True), strict=True):
        figures = (median(getattr(each, name) for each in rounds) for name in ("per_second", "p50", "p99", "processor"))
        print("{:14} {:10.0f} {:8.1f} {:8.1f} {:11.0f}".format(server.name, *figures))
    ratios = sorted(one.per_second / other.per_second for one, other in pairs)
    print(f"share of the ceiling: {median(ratios):.2f} (of single rounds {ratios[0]:.2f} … {ratios[-1]:.2f})")


def _path(number: int) -> str:
    customer = import_customer(customer_file(f"Customer {number}", "http://127.0.0.1:1", "token", 1))
    return f"/{webhook_address(customer).split('/', 3)[3]}after_call/"


@contextmanager
def _server(application: str, paths: list[str], environment: Mapping[str, str]) -> Iterator[Server]:
    port = free_port(0)
    command = [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *GUNICORN]
    process = subprocess.Popen(command, env=environment)
    try:
        yield Server(name=application, port=port, pid=process.pid, paths=paths)
    finally:
        process.terminate()
        process.wait()


def _round(server: Server, prefix: str, *, seconds: float = SECONDS) -> Round:
    began = processor_seconds(server.pid)
    result = _posted(server, prefix, seconds)
    spent = processor_seconds(server.pid) - began
    assert not result["refused"], f"{server.name} refused {result['refused']} requests"
    cuts = quantiles(result["milliseconds"], n=100)
    return Round(
        per_second=result["taken"] / result["seconds"],
        p50=cuts[49],
        p99=cuts[98],
        processor=spent / result["taken"] * 1e6,
    )


def _posted(server: Server, prefix: str, seconds: float) -> dict[str, Any]:
    order = {
        "port": server.port,
        "paths": server.paths,
        "templates": [BODY],
        "prefix": f"{prefix}-{time.time_ns()}",
        "connections": CONNECTIONS,
        "seconds": seconds,
    }
    load = subprocess.run(
        [sys.executable, "-m", "bench.stack.load"],
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(load.stdout)
    return result
