"""A database in which all migrations have run. Test databases are copies of it: copying is much faster than migrating.

It stays on the server between runs. A change of any migration or package gives it another name, and drops the old one.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.utils import OperationalError

PREFIX = "test_ringofix_template_"
LOCK = 7_301_992
"""Any number, the same in all processes: one of them migrates, the others wait."""


def prepare() -> str:
    """Returns the template's name. Creates the template when the server has none for these migrations."""
    name = PREFIX + _digest()
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        found = [row[0] for row in cursor.fetchall()]
        if name not in found:
            _drop_unused(cursor, found)
            _create(cursor, name)
    return name


def drop(name: str, verbosity: int = 0) -> None:
    """Drops a database even while connections to it are open, of a thread or of a process that has not ended yet."""
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)} WITH (FORCE)")


def _digest() -> str:
    """A hash of all migrations and of the installed packages' versions."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    modules = sorted({migration.__module__ for migration in migrations.values()})
    files = [Path(str(sys.modules[module].__file__)) for module in modules]
    content = b"".join(file.read_bytes() for file in [*files, settings.BASE_DIR / "requirements.txt"])
    return hashlib.sha256(content).hexdigest()[:16]


def _create(cursor: Any, name: str) -> None:
    """Migrates under another name first: an interrupted run leaves no half-migrated template."""
    unfinished = f"{PREFIX}unfinished"
    drop(unfinished)
    cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(unfinished)}")
    with _connected_to(unfinished):
        call_command("migrate", verbosity=0)
    cursor.execute(
        f"ALTER DATABASE {connection.ops.quote_name(unfinished)} RENAME TO {connection.ops.quote_name(name)}"
    )


def _drop_unused(cursor: Any, names: list[str]) -> None:
    for name in names:
        try:
            cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)}")
        except OperationalError:  # another run copies it just now
            continue


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = usual
