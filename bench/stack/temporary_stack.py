"""A local stack on a temporary database of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases

from sandbox.harness.processes import LocalStack, this_database


@contextmanager
def local_stack(environment: Mapping[str, str] | None = None) -> Iterator[LocalStack]:
    connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
    databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
    try:
        surroundings = this_database() | dict(environment or {})
        with LocalStack(environment=surroundings, quiet=True) as stack:
            yield stack
    finally:
        connections.close_all()
        teardown_databases(databases, verbosity=0)
