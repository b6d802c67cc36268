"""Few rows that contain every pair of values of two switches. To find them takes seconds, so they are stored as tables.

`python -m tests.covering_sets` makes the tables again. Needed after a change of a switch: a test of each table fails.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

Values = Mapping[str, Sequence[object]]
"""The values of each switch."""
Pair = tuple[tuple[str, str], tuple[str, str]]

ROOT = Path(__file__).parent
WORLDS, TRIAL_WORLDS = ROOT / "end_to_end/worlds.csv", ROOT / "services/trial/worlds.csv"


def stored_rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def all_pairs(values: Values) -> set[Pair]:
    switches = combinations(sorted(values), 2)
    return {((one, str(a)), (other, str(b))) for one, other in switches for a in values[one] for b in values[other]}


def pairs_in(rows: Sequence[Mapping[str, str]]) -> set[Pair]:
    return {((one, row[one]), (other, row[other])) for row in rows for one, other in combinations(sorted(row), 2)}


def store(table: Path, values: Values) -> None:
    from covertable import make

    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(values), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: str(value) for name, value in row.items()} for row in make(values))


if __name__ == "__main__":
    import django

    django.setup()
    from sandbox.planfix.world import SWITCHES
    from tests.end_to_end.test_worlds import deliverable_values

    store(TRIAL_WORLDS, SWITCHES)
    store(WORLDS, deliverable_values())
