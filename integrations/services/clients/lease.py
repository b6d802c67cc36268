"""Leave to write to Planfix: one worker per customer at a time, and each account at its pace, across workers and
restarts.
"""

from __future__ import annotations

import math
import time
import uuid
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.models import Customer, DeliveryLease
from integrations.services.clients.piggyback import NOTHING, PiggybackWrites

SLACK_SECONDS = 3
"""A lease outlasts the request it was renewed for by this much: names must be looked up, and threads woken."""
FIRST_LEASE_SECONDS = 20
"""For what comes before the first request."""

PACE_MARGIN = 1.03
"""Requests leave 3 % later than the rate asks, so that jitter on the way cannot put two of them into one second."""


NEXT_SLOT = """
    INSERT INTO integrations_accountpace AS pace (account, next_request_at)
    VALUES (%(account)s, clock_timestamp() + %(gap)s)
    ON CONFLICT (account) DO UPDATE
       SET next_request_at = GREATEST(pace.next_request_at, clock_timestamp()) + %(gap)s
    RETURNING next_request_at - %(gap)s AS starts_at
"""
"""Takes the account's next free slot: the one statement by which its pace is kept."""


class LeaseLost(Exception):
    """Another worker delivers this customer's calls now; this one must stop without another word to Planfix."""


class HeldLease:
    """A customer's turn while it is ours."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.holder = uuid.uuid4()
        self.failures = 0
        """In a row, before and in this turn."""
        self._sent_at = -math.inf
        """When the last request of this turn was let go (time.monotonic()): later than its slot on a busy machine."""

    def take(self) -> bool:
        """Takes the turn unless a request of its last holder may still be under way."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO integrations_turn AS turn (customer_id, holder, held_until, failures)
                VALUES (%(customer)s, %(holder)s, clock_timestamp() + %(lease)s, 0)
                ON CONFLICT (customer_id) DO UPDATE
                   SET holder = EXCLUDED.holder, held_until = EXCLUDED.held_until
                 WHERE turn.held_until < clock_timestamp()
                   AND (turn.retry_at IS NULL OR turn.retry_at <= clock_timestamp())
                RETURNING failures
                """,
                self._parameters(FIRST_LEASE_SECONDS),
            )
            row = cursor.fetchone()
        self.failures = row[0] if row else 0
        return row is not None

    def acquire_slot(self, seconds: float, alongside: PiggybackWrites = NOTHING) -> None:
        """Blocks until the account may be asked again, and renews the lease to outlast a request of so many seconds.

        Stores what is to be stored before that request, turn or no turn. Gives the database connection back before it
        waits. Raises LeaseLost when somebody else has taken over.
        """
        connection.ensure_connection()  # threads may have to wait for one: that is no standing still
        began = time.monotonic()
        slot = self._next_slot(seconds, alongside)
        give_connection_back()
        time.sleep(max(slot, self._rest))
        if time.monotonic() - began > slot + SLACK_SECONDS / 2:
            # The machine stood still meanwhile: a request sent now could outlast the lease.
            self.acquire_slot(seconds)
        self._sent_at = time.monotonic()

    def _next_slot(self, seconds: float, alongside: PiggybackWrites) -> float:
        """Seconds until the account's next free slot, which is ours."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH {alongside} slot AS ({NEXT_SLOT})
                UPDATE integrations_turn
                   SET held_until = GREATEST(slot.starts_at, clock_timestamp()) + %(lease)s
                  FROM slot
                 WHERE customer_id = %(customer)s AND holder = %(holder)s
                RETURNING EXTRACT(EPOCH FROM slot.starts_at - clock_timestamp())
                """,  # noqa: S608 - our own queries
                {**alongside.parameters, **self._parameters(seconds + SLACK_SECONDS)},
            )
            row = cursor.fetchone()
        if row is None:
            raise LeaseLost
        return max(float(row[0]), 0.0)

    def _parameters(self, lease_seconds: float) -> dict[str, Any]:
        return {
            "customer": self.customer.pk,
            "holder": self.holder,
            "account": self.customer.planfix_account,
            "gap": _gap(self.customer),
            "lease": timedelta(seconds=lease_seconds),
        }

    @property
    def _rest(self) -> float:
        """Seconds that the account needs after this turn's last request, by when it was really sent."""
        return max(self._sent_at + _gap(self.customer).total_seconds() - time.monotonic(), 0.0)

    def give_back(self) -> None:
        """For whoever is next: the turn, and the account's rest after our last request."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH paced AS (
                    UPDATE integrations_accountpace
                       SET next_request_at = clock_timestamp() + %(rest)s
                     WHERE account = %(account)s AND %(rest)s > interval '0'
                       AND next_request_at < clock_timestamp() + %(rest)s
                )
                UPDATE integrations_turn SET held_until = statement_timestamp()
                 WHERE customer_id = %(customer)s AND holder = %(holder)s
                """,
                self._parameters(0) | {"rest": timedelta(seconds=self._rest)},
            )

    def went_well(self) -> None:
        if self.failures:
            self.failures = 0
            self._row.update(failures=0, retry_at=None)

    def failed(self) -> int:
        """Counts one more failure in a row; returns how many there are. Kept for the next turn only by `wait`."""
        self.failures += 1
        return self.failures

    def wait(self, seconds: float) -> None:
        """Puts the customer's next turn off."""
        retry_at = Now() + timedelta(seconds=seconds)
        self._row.update(retry_at=retry_at, failures=self.failures)

    @property
    def _row(self) -> QuerySet[DeliveryLease]:
        """None once the turn is another's: what was met before does not concern that one."""
        return DeliveryLease.objects.filter(customer=self.customer, holder=self.holder)


def acquire_read_slot(customer: Customer, seconds: float) -> None:
    """Blocks until the customer's account may be asked again, for a request that only reads: it needs no turn, and how
    many `seconds` it may last is of no account.
    """
    slot: dict[str, Any] = {"account": customer.planfix_account, "gap": _gap(customer)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH slot AS ({NEXT_SLOT}) SELECT EXTRACT(EPOCH FROM starts_at - clock_timestamp()) FROM slot",  # noqa: S608
            slot,
        )
        wait = cursor.fetchone()[0]
    give_connection_back()
    time.sleep(max(float(wait), 0.0))


def _gap(customer: Customer) -> timedelta:
    """Between two requests to the customer's account."""
    return timedelta(seconds=PACE_MARGIN / customer.requests_per_second)


def give_connection_back() -> None:
    """Returns this thread's connection to the pool while it waits for the network, unless a transaction (a test's)
    needs it.
    """
    if not connection.in_atomic_block:
        connection.close()
