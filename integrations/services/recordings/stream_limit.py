"""Answers that last as long as somebody listens or downloads: only so many at once in one process, so that webhooks
always find a free thread.
"""

from __future__ import annotations

import threading

AT_ONCE = 3
"""In one process, which has a thread more at the least (gunicorn.conf.py)."""

_slots = threading.BoundedSemaphore(AT_ONCE)


class NoFreeSlot(Exception):
    """As many as there may be are under way."""


class StreamSlot:
    """That of one answer, from here until it is left. Raises NoFreeSlot."""

    def __init__(self) -> None:
        if not _slots.acquire(blocking=False):
            raise NoFreeSlot
        self._is_taken = True

    def release(self) -> None:
        """Once or several times."""
        if self._is_taken:
            self._is_taken = False
            _slots.release()
