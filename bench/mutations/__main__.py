"""Makes one-line mutations, one at a time, in a copy of the last commit, and prints which ones no test notices.

python -m bench.mutations [--count 133] [--seed 1] [--only PART_OF_A_PATH]
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.mutations.one_line import Mutation, mutations_of

PROJECT = Path(__file__).parent.parent.parent
SECONDS = 900
"""The limit for the tests of one mutation. A test that hangs fails."""
ROOMS = {
    "integrations/domain": ("tests/domain", "tests/ringostat", "tests/services"),
    "integrations/services/intake": (
        "tests/services/intake",
        "tests/services/monitoring",
        "tests/web",
        "tests/ringostat",
    ),
    "integrations/services/delivery": ("tests/services/delivery", "tests/services/queue"),
    "integrations/services/contacts": ("tests/services/contacts", "tests/services/customers", "tests/calllog"),
}
"""The tests of a room. The tests of all rooms together follow, quick ones first."""
END_TO_END = ("tests/end_to_end", "tests/services/dry_run", "tests/services/calls")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=133)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    chosen = chosen_mutations(options.count, options.seed, options.only)
    survivors = 0
    with copy_of_the_last_commit() as root:
        for number, mutation in enumerate(chosen, 1):
            failed = failed_test(mutation, root)
            survivors += not failed
            print(f"{number:3} {mutation}\n    {failed or 'SURVIVED'}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} mutations fail a test.")
    return 1 if survivors else 0


def chosen_mutations(count: int, seed: int, only: str) -> list[Mutation]:
    """Chooses `count` of all mutations. The same seed chooses the same mutations of the same sources."""
    paths = [path.relative_to(PROJECT) for room in ROOMS for path in sorted((PROJECT / room).glob("*.py"))]
    found = [mutation for path in paths if only in str(path) for mutation in mutations_of(path, PROJECT)]
    return random.Random(seed).sample(found, min(count, len(found)))


def failed_test(mutation: Mutation, root: Path) -> str:
    """The first test that fails with this mutation, or an empty string."""
    mutation.apply(root)
    try:
        return next(filter(None, (first_failure(tests, root) for tests in suites(mutation.path, root))), "")
    finally:
        mutation.undo(root)


def suites(path: Path, root: Path) -> Iterator[list[str]]:
    """Arguments of pytest: the module's own tests, its room's, then calls from the webhook to Planfix."""
    own = sorted(str(test.relative_to(root)) for test in (root / "tests").rglob(f"test_{path.stem}.py"))
    if own:
        yield [*own, "-m", "not slow"]
    yield [*ROOMS[str(path.parent)], "-m", "not slow"]
    yield [*END_TO_END, "-m", "not slow"]
    yield ["tests/end_to_end/test_faults.py", "tests/end_to_end/test_worlds.py"]


def first_failure(arguments: list[str], root: Path) -> str:
    """The name of the first test that fails, or how the run ended, or an empty string."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", *arguments]
    try:
        run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return f"no end after {SECONDS} s"
    if run.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE)
    return failed[1] if failed else f"pytest ended with {run.returncode}"


@contextmanager
def copy_of_the_last_commit() -> Iterator[Path]:
    """A temporary git worktree, so that mutations never change files that somebody edits."""
    with tempfile.TemporaryDirectory(prefix="ringofix-mutations-") as folder:
        root = Path(folder) / "project"
        git = ["git", "-C", str(PROJECT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(root)], check=True)
        os.symlink(Path(sys.prefix), root / ".venv")
        try:
            yield root
        finally:
            subprocess.run([*git, "remove", "--force", str(root)], check=True)


if __name__ == "__main__":
    sys.exit(main())
