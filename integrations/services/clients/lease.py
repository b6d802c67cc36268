"""The delivery lease: one worker at a time writes to Planfix for a customer, within the account's rate limit."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.models import Customer, DeliveryLease
from integrations.services.clients.sql import ACQUIRE_LEASE, LEASED_SLOT, RELEASE_LEASE
from integrations.services.database import release_connection, run_prepared

SLACK_SECONDS = 3
"""A lease outlasts its request by this time, for name resolution and waking threads."""
FIRST_LEASE_SECONDS = 20
"""The duration of a lease before its first request."""


class LeaseLost(Exception):
    """Another worker holds the customer's lease now. This one must stop without another request to Planfix."""


@dataclass(frozen=True, kw_only=True)
class PiggybackWrites:
    """Small writes that travel with another statement: one round trip and one commit for all of them.

    `queries`: data-modifying WITH queries by name. PostgreSQL always runs them, whatever the main statement does.
    `parameters`: of all queries; their names differ from those of the main statement.
    """

    queries: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The text between WITH and the main statement's own WITH query."""
        return "".join(f"{name} AS ({query}), " for name, query in self.queries.items())


NOTHING = PiggybackWrites()


class HeldLease:
    """A customer's delivery lease, as its holder sees it."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.account = customer.planfix_account
        self.holder = uuid.uuid4()
        self.is_held = False
        self.failures = 0
        """Failures in a row, those before this lease included."""
        self._sent_at = -math.inf
        """When the last request under this lease was sent (time.monotonic()). A busy machine sends after the slot."""

    def acquire(self) -> bool:
        """Returns False while the last holder's request may still run, or while the customer waits after failures."""
        rows = run_prepared(ACQUIRE_LEASE, self._parameters(FIRST_LEASE_SECONDS))
        self.failures = rows[0][0] if rows else 0
        self.is_held = bool(rows)
        return self.is_held

    def acquire_slot(self, seconds: float, piggyback: PiggybackWrites = NOTHING) -> None:
        """Blocks until the account accepts a request, and extends the lease beyond a request of so many seconds.

        Stores the `piggyback` writes first, even when the lease is lost. Releases the database connection before it
        waits. Raises LeaseLost.
        """
        connection.ensure_connection()  # Waiting for a free connection must not count as a standstill.
        began = time.monotonic()
        slot = self._next_slot(seconds, piggyback)
        release_connection()
        time.sleep(max(slot, self._remaining_interval))
        if time.monotonic() - began > slot + SLACK_SECONDS / 2:
            # The process stood still during the wait: a request sent now could outlast the lease.
            self.acquire_slot(seconds)
        self._sent_at = time.monotonic()

    def _next_slot(self, seconds: float, piggyback: PiggybackWrites) -> float:
        """Takes the account's next free slot. Returns the seconds until it starts."""
        parameters = {**piggyback.parameters, **self._parameters(seconds + SLACK_SECONDS)}
        rows = run_prepared(LEASED_SLOT.format(piggyback=piggyback), parameters)
        if not rows:
            raise LeaseLost
        return max(float(rows[0][0]), 0.0)

    def _parameters(self, lease_seconds: float) -> dict[str, Any]:
        return {
            "customer": self.customer.pk,
            "holder": self.holder,
            "account": self.account,
            "interval": self.customer.request_interval,
            "lease": timedelta(seconds=lease_seconds),
        }

    @property
    def _remaining_interval(self) -> float:
        """Seconds until the account's interval after our last request has passed, by the time it was really sent."""
        return max(self._sent_at + self.customer.request_interval.total_seconds() - time.monotonic(), 0.0)

    def release(self) -> None:
        """Frees the lease for the next worker, unless that has happened already."""
        if self.is_held:
            run_prepared(RELEASE_LEASE, self.release_parameters())
            self.is_held = False

    def release_parameters(self) -> dict[str, Any]:
        return self._parameters(0) | {"remaining": timedelta(seconds=self._remaining_interval)}

    def reset_failures(self) -> None:
        if self.failures:
            self.failures = 0
            self._row.update(failures=0, retry_at=None)

    def count_failure(self) -> int:
        """Returns the failures in a row. Only postpone() stores them for the next lease."""
        self.failures += 1
        return self.failures

    def postpone(self, seconds: float) -> None:
        """Makes the customer wait: nobody gets the lease for so many seconds."""
        retry_at = Now() + timedelta(seconds=seconds)
        self._row.update(retry_at=retry_at, failures=self.failures)

    @property
    def _row(self) -> QuerySet[DeliveryLease]:
        """The lease's row while we hold it. Our failures do not concern the next holder."""
        return DeliveryLease.objects.filter(customer=self.customer, holder=self.holder)
