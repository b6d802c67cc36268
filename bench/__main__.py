"""Runs all benchmarks, or the named ones: python -m bench [delivery …]"""

from __future__ import annotations

import importlib
import os
import sys

import django

BENCHMARKS = (
    "cost",
    "intake",
    "delivery",
    "latency",
    "routing",
    "requests_per_call",
    "directory",
    "memory",
    "burst",
    "fairness",
    "reliability",
    "growth",
    "start_up",
)
FUZZING = ("fuzz", "page_fuzz")
"""Run only by name: they look for failures and measure no speed."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringofix.settings")
    django.setup()
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        room = "fuzzing" if name in FUZZING else "scenarios"
        importlib.import_module(f"bench.{room}.{name}").run()


if __name__ == "__main__":
    main()
