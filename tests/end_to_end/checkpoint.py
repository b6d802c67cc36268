"""A state that a test returns to repeatedly: preparing it once takes much less time than preparing it for each run."""

from __future__ import annotations

from django.db import transaction

from sandbox.state import Sandbox
from tests.conftest import Scenario


class Checkpoint:
    """The present state of the database and of the scenario's account. Only within a test's transaction."""

    def __init__(self, scenario: Scenario, sandbox: Sandbox) -> None:
        self._scenario = scenario
        self._sandbox = sandbox
        self._savepoint = transaction.savepoint()
        self._account = scenario.account.copy()

    def restore(self) -> None:
        """Returns to this state, without faults and without logged requests."""
        self._sandbox.clear_faults()
        transaction.savepoint_rollback(self._savepoint)
        self._scenario.account = self._sandbox.put(self._account.copy())
