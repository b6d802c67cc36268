from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.sandbox.ringostat import Ringostat
from integrations.sandbox.server import Sandbox


@pytest.fixture
def ringostat(sandbox: Sandbox) -> Iterator[Ringostat]:
    """The sandbox's Ringostat with nothing set."""
    sandbox.ringostat = Ringostat()
    yield sandbox.ringostat
    sandbox.ringostat = Ringostat()
