"""Measures what a call costs on its whole way: three webhooks in, everything stored, three requests to Planfix.

The same calls go through Ringofix, through the least work that does the same (bare), and through an n8n that is named
by BENCH_N8N_URL (its webhook, for example http://127.0.0.1:5678/webhook/ringostat) and BENCH_N8N_PID. It runs
bench/n8n-workflow.json, which expects the account at port 9999. Each runs at a fixed rate and at full speed.

Printed: calls per second, milliseconds of processor time per call, the 95th percentile of the time from a call's last
webhook to its data tag in Planfix, and the memory of the processes without the database.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from bench.scenarios.delivery import customers_of_account
from bench.scenarios.intake import BODY
from bench.stack.bare_intake import TABLE
from bench.stack.bare_worker import TABLE as BARE_TABLE
from bench.stack.call_load import Answer, CallOrder
from bench.stack.processes import memory_megabytes, processor_seconds, server_seconds
from bench.stack.temporary_stack import local_stack
from integrations.models import ReadBack
from integrations.services.customers.import_export import webhook_address
from sandbox.harness.processes import LocalStack, free_port, wait_until

ACCOUNT_PORT = 9999
"""The port that the workflow of n8n names."""
CUSTOMERS, CONNECTIONS, REQUESTS = 32, 16, 3
LATENCY = float(os.environ.get("BENCH_LATENCY", "0.05"))
RATE = 10.0
PACED_CALLS, FLAT_OUT_CALLS, WARM_UP = 200, int(os.environ.get("BENCH_COST_CALLS", "1000")), 256
"""In the warm-up each customer gets its first calls, which would be read back with two more requests each."""

_BEGUN = {
    "call_id": "CALL_ID",
    "call_type": "in",
    "number_e164": "CLIENT",
    "destination": "380442223344",
    "call_date": "2026-09-30 15:37:18",
    "project_id": "110070",
}
EVENTS = [
    ("before_call", json.dumps(_BEGUN)),
    ("taking_call", json.dumps(_BEGUN | {"connected_with": "acmecom_iryna", "employee_id": 331851, "status": None})),
    ("after_call", json.dumps(json.loads(BODY) | {"E164": "CLIENT", "has_recording": "0", "recording_wav": ""})),
]


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One of the compared systems. `processes`: process ids by the column they are printed in."""

    name: str
    port: int
    paths: list[str]
    processes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`processor`: milliseconds per call, by column. `p95`: seconds from the last webhook to the data tag."""

    rate: float
    processor: Mapping[str, float]
    p95: float

    @property
    def total(self) -> float:
        return sum(self.processor.values())


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    print(f"{len(EVENTS)} webhooks and {REQUESTS} requests a call; the account answers after {LATENCY * 1000:.0f} ms\n")
    columns = "calls/s", "web ms", "worker ms", "database ms", "together", "ratio", "p95 s", "memory MB"
    print(f"{'':24}", *(f"{column:>11}" for column in columns))
    with local_stack() as stack, tempfile.TemporaryDirectory() as folder:
        times = Path(folder) / "times"
        ours: dict[str, Cost] = {}
        for peer in _peers(stack, times):
            _measure(peer, times, first=0, calls=WARM_UP, rate=0)
            ReadBack.objects.update(due_at=None)
            for title, calls, rate in (("paced", PACED_CALLS, RATE), ("flat out", FLAT_OUT_CALLS, 0.0)):
                cost = _measure(peer, times, first=100_000 if rate else 200_000, calls=calls, rate=rate)
                _print(f"{peer.name}, {title}", cost, ours.setdefault(title, cost), _memory(peer))


def _peers(stack: LocalStack, times: Path) -> Iterator[Peer]:
    """Yields the compared systems, each with its own account. The account is gone before the next system starts."""
    customers = customers_of_account(ACCOUNT_PORT, CUSTOMERS)
    with _account(times):
        paths = [f"/{webhook_address(customer).split('/', 3)[3]}EVENT/" for customer in customers]
        stack.start_web()
        stack.start_worker(processes=multiprocessing.cpu_count())
        web, worker = stack.processes["web"].pid, stack.processes["worker"].pid
        yield Peer(name="Ringofix", port=stack.port, paths=paths, processes={"web": web, "worker": worker})
        stack.stop()
    with _account(times), _bare(stack) as bare:
        yield bare
    if address := os.environ.get("BENCH_N8N_URL"):
        url = urlsplit(address)
        processes = {"web": int(os.environ["BENCH_N8N_PID"])}
        with _account(times):
            yield Peer(name="n8n", port=url.port or 80, paths=[f"{url.path}?event=EVENT"], processes=processes)


@contextmanager
def _account(times: Path) -> Iterator[None]:
    times.write_text("{}")
    module, latency = "bench.stack.fixed_latency_account", str(LATENCY)
    with started([sys.executable, "-m", module, str(ACCOUNT_PORT), latency, str(times)], os.environ):
        yield


@contextmanager
def _bare(stack: LocalStack) -> Iterator[Peer]:
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute(BARE_TABLE)
    port = free_port(0)
    address = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--log-level", "warning"]
    web = [sys.executable, "-m", "gunicorn", "bench.stack.bare_intake", *address]
    worker = [sys.executable, "-m", "bench.stack.bare_worker", str(ACCOUNT_PORT)]
    with started(web, stack.environment) as web_pid, started(worker, stack.environment) as worker_pid:
        wait_until(lambda: _listens(port), "the bare web server")
        yield Peer(name="bare", port=port, paths=["/EVENT"], processes={"web": web_pid, "worker": worker_pid})


@contextmanager
def started(command: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, env=environment)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    return free_port(port) != port


def _measure(peer: Peer, times: Path, *, first: int, calls: int, rate: float) -> Cost:
    before = _spent(peer)
    order = CallOrder(
        port=peer.port, paths=peer.paths, events=EVENTS, first=first, calls=calls, connections=CONNECTIONS, rate=rate
    )
    answers = posted_calls(order)
    assert not any(answer.refused for answer in answers)
    posted = {answer.number: answer.at for answer in answers}

    def written() -> dict[int, float]:
        return {number: at for key, at in json.loads(times.read_text()).items() if (number := int(key)) in posted}

    wait_until(lambda: len(written()) == calls, f"the calls of {peer.name}", seconds=300)
    in_planfix = written()
    spent = {name: seconds - before[name] for name, seconds in _spent(peer).items()}
    return Cost(
        rate=(calls - 1) / (max(in_planfix.values()) - min(in_planfix.values())),
        processor={name: seconds / calls * 1000 for name, seconds in spent.items()},
        p95=quantiles([in_planfix[number] - at for number, at in posted.items()], n=20)[-1],
    )


def posted_calls(order: CallOrder) -> list[Answer]:
    """Posts the calls from another process."""
    command = [sys.executable, "-m", "bench.stack.call_load"]
    load = subprocess.run(command, input=json.dumps(vars(order)), stdout=subprocess.PIPE, text=True, check=True)
    return [Answer(**answer) for answer in json.loads(load.stdout)]


def _spent(peer: Peer) -> dict[str, float]:
    """Processor seconds so far, by column."""
    of_processes = {name: processor_seconds(pid) for name, pid in peer.processes.items()}
    return of_processes | {"database": server_seconds() if "worker" in peer.processes else 0.0}


def _memory(peer: Peer) -> float:
    """PSS in MB: pages that processes share count once."""
    return sum(memory_megabytes(pid)[1] for pid in peer.processes.values())


def _print(title: str, cost: Cost, ours: Cost, memory: float) -> None:
    parts = (f"{cost.processor.get(name, 0.0):11.1f}" for name in ("web", "worker", "database"))
    together = f"{cost.total:11.1f} {cost.total / ours.total:11.2f}"
    print(f"{title:24} {cost.rate:11.1f}", *parts, together, f"{cost.p95:11.2f} {memory:11.0f}", flush=True)
