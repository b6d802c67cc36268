"""Processor seconds and memory of a process and its children, as Linux counts them."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """Seconds of the process and its running children, in user and kernel mode."""
    return sum(_seconds(each) for each in family(pid))


def memory_megabytes(pid: int) -> tuple[float, float]:
    """RSS and PSS of the process and its children. RSS counts shared pages in every process, PSS once."""
    rss, pss = (sum(_rollup(each, name) for each in family(pid)) for name in ("Rss", "Pss"))
    return rss / 1024, pss / 1024


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _rollup(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
