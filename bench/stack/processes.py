"""Processor seconds and memory of a process and its children, as Linux counts them."""

from __future__ import annotations

import os
from pathlib import Path

from django.db import connection

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Seconds of the process and its running children, in user and kernel mode."""
    return sum(_seconds(each) for each in family(pid))


def server_seconds() -> float:
    """Processor seconds of the PostgreSQL server that this database is on: of all its processes, also of those that
    have ended. The server must run on this machine.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = int(_stat(cursor.fetchone()[0])[1])
    ended = sum(map(int, _stat(server)[13:15])) / TICKS
    return processor_seconds(server) + ended


def memory_megabytes(pid: int) -> tuple[float, float]:
    """RSS and PSS of the process and its children. RSS counts shared pages in every process, PSS once."""
    rss, pss = (sum(_rollup(each, name) for each in family(pid)) for name in ("Rss", "Pss"))
    return rss / 1024, pss / 1024


def family(pid: int) -> list[int]:
    """The process and its running children. A process that ends meanwhile has no children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [pid, *(each for child in children for each in family(int(child)))]


def _seconds(pid: int) -> float:
    try:
        return sum(map(int, _stat(pid)[11:13])) / TICKS
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (man proc_pid_stat): 1 is the parent, 11 to 14 are ticks of
    processor time.
    """
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def _rollup(pid: int, name: str) -> int:
    """0 for a process that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
