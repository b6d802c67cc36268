"""Real processes on the test's database: web, worker and sandbox, to be killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.sandbox.stage import Stage, this_database


@pytest.fixture
def stage(transactional_db: None) -> Iterator[Stage]:
    with Stage(environment=this_database() | {"PLANFIX_PATIENCE_SECONDS": "2"}, quiet=True) as stage:
        yield stage
