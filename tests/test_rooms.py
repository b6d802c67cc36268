"""What import-linter cannot see: which rooms read secrets, and which name the queue's tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
ROOT = PROJECT / "integrations"
MOST_MODULES = 15
FOLDERS = sorted(
    {
        path.parent
        for name in ("integrations", "ringofix", "sandbox", "bench")
        for path in (PROJECT / name).rglob("*.py")
    }
)


def modules_with(pattern: str) -> set[str]:
    """Paths below integrations/, without migrations."""
    modules = (path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in modules if re.search(pattern, path.read_text())}


def test_only_the_rooms_clients_and_customers_read_secrets() -> None:
    of_users = {"models/second_factor.py", "users/second_factor/pages.py"}
    of_customers = {
        "models/customer.py",
        "services/clients/planfix.py",
        "services/clients/ringostat.py",
        "services/customers/webhook_addresses.py",
    }

    assert modules_with(r"\w\.reveal\(\)") - {"models/secret.py"} == of_users | of_customers


def test_only_the_room_queue_names_the_tables_of_procrastinate() -> None:
    assert modules_with(r"procrastinate_(jobs|events|workers)\b") == {"services/queue/sql.py"}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_folder_has_at_most_fifteen_modules(folder: Path) -> None:
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MOST_MODULES or folder.name == "migrations"
