"""How far a piece of long work has come, told to its row so that a page can show it; and who is at it, so that nobody
else does it at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.models import BackgroundJob, Customer
from integrations.services.clients.rate_limit import acquire_read_slot
from integrations.services.database import release_connection

TELL_SECONDS = 0.5
"""Between two writes: a page that looks once a second sees no more than that."""

LEASE = timedelta(seconds=30)
"""For what comes between two told steps. If that takes longer, the work's own job still keeps others from it, unless
its worker is taken for dead.
"""


class Stopped(Exception):
    """The worker is asked to stop, or has lost the work to another one: the rest is for that one."""


class CannotBeDone(Exception):
    """The work comes to nothing; the message says why, in a sentence for a specialist."""


def held(work: BackgroundJob) -> QuerySet[BackgroundJob]:
    """The work's row while it is its holder's who asks; none once another has taken it over."""
    return BackgroundJob.objects.filter(pk=work.pk, holder=work.holder)


class Progress:
    """Counts what is done of one piece of work, and holds it meanwhile."""

    def __init__(self, work: BackgroundJob, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._work = work
        self.should_stop = should_stop
        self._told = 0.0

    def expect(self, total: int) -> None:
        """Begins to count anew: there are so many to do. Raises Stopped."""
        self._work.done, self._work.total = 0, total
        self._tell()

    def add(self, count: int = 1) -> None:
        """So many more are done. Raises Stopped: between two of them is the place to leave off."""
        self._work.done += count
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._tell()
        if self.should_stop():
            raise Stopped

    def acquire_slot(self, customer: Customer, seconds: float) -> None:
        """Blocks until the customer's account may be asked, and holds the work for as long as a request of so many
        seconds may be under way. Raises Stopped when that is another's to send.
        """
        acquire_read_slot(customer, seconds)
        self._hold(LEASE + timedelta(seconds=seconds))
        release_connection()

    def _tell(self) -> None:
        self._hold(LEASE, done=self._work.done, total=self._work.total)
        self._told = time.monotonic()

    def _hold(self, lease: timedelta, **columns: Any) -> None:
        if not held(self._work).update(held_until=Now() + lease, **columns):
            raise Stopped
