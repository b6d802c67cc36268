"""How far a piece of long work has come, told to its row so that a page can show it."""

from __future__ import annotations

import time
from collections.abc import Callable

from integrations.models import Work

TELL_SECONDS = 0.5
"""Between two writes: a page that looks once a second sees no more than that."""


class Stopped(Exception):
    """The worker is asked to stop: the work is taken up again by the next one."""


class CannotBeDone(Exception):
    """The work comes to nothing; the message says why, in a sentence for a specialist."""


class Progress:
    """Counts what is done of one piece of work."""

    def __init__(self, work: Work, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._work = work
        self.should_stop = should_stop
        self._told = 0.0

    def expect(self, total: int) -> None:
        """Begins to count anew: there are so many to do."""
        self._work.done, self._work.total = 0, total
        self._tell()

    def add(self, count: int = 1) -> None:
        """So many more are done. Raises Stopped: between two of them is the place to leave off."""
        self._work.done += count
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._tell()
        if self.should_stop():
            raise Stopped

    def _tell(self) -> None:
        self._work.save(update_fields=["done", "total"])
        self._told = time.monotonic()
