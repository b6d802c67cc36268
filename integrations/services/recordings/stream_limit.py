"""Answers that last as long as somebody listens or downloads: only so many at once in one process, so that webhooks
always find a free thread.
"""

from __future__ import annotations

import threading

AT_ONCE = 3
"""In one process, which has a thread more at the least (gunicorn.conf.py)."""

_places = threading.BoundedSemaphore(AT_ONCE)


class NoFreeSlot(Exception):
    """As many as there may be are under way."""


class Place:
    """That of one answer, from here until it is left. Raises NoFreeSlot."""

    def __init__(self) -> None:
        if not _places.acquire(blocking=False):
            raise NoFreeSlot
        self._is_taken = True

    def leave(self) -> None:
        """Once or several times."""
        if self._is_taken:
            self._is_taken = False
            _places.release()
