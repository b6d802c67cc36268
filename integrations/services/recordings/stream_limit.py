"""Limits long responses, such as recordings and downloads, so that webhooks always find a free thread.

The slots of one process are few. One user, and the users of one customer together, get some of them, never all.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator

AT_ONCE = 3
"""Slots of one process, which has at least one thread more (gunicorn.conf.py)."""
PER_OWNER = 2
"""Slots that one user, or one customer, may hold at once."""

CHUNK = 64 * 1024
PATIENCE_SECONDS, MIN_BYTES_PER_SECOND, MAX_SECONDS = 30, 64 * 1024, 300
"""A download may take PATIENCE_SECONDS plus the time at MIN_BYTES_PER_SECOND, but never longer than MAX_SECONDS."""


class TooSlow(Exception):
    """The browser takes the response too slowly."""


class NoFreeSlot(Exception):
    """All slots are taken, or all that this user or customer may have."""


class StreamLimit:
    """Counts the slots in use, in total and by owner."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used = 0
        self._by_owner: Counter[str] = Counter()

    @property
    def free(self) -> int:
        return AT_ONCE - self._used

    def take(self, owners: Iterable[str]) -> None:
        """Takes a slot for these owners. Raises NoFreeSlot."""
        with self._lock:
            if self._used >= AT_ONCE or any(self._by_owner[owner] >= PER_OWNER for owner in owners):
                raise NoFreeSlot
            self._used += 1
            self._by_owner.update(owners)

    def give_back(self, owners: Iterable[str]) -> None:
        with self._lock:
            self._used -= 1
            self._by_owner.subtract(owners)
            self._by_owner = +self._by_owner


_limit = StreamLimit()


class StreamSlot:
    """The slot of one response, held until it is released. Raises NoFreeSlot.

    `user_id` and `customer_id`: the owners of the slot. `customer_id` is None for an export of several customers.
    """

    def __init__(self, *, user_id: int, customer_id: int | None = None) -> None:
        owners = [f"user {user_id}"]
        if customer_id is not None:
            owners.append(f"customer {customer_id}")
        self._limit, self._owners, self._is_taken = _limit, owners, False
        self._limit.take(owners)
        self._is_taken = True

    def release(self) -> None:
        """Releases the slot. May be called several times."""
        if self._is_taken:
            self._is_taken = False
            self._limit.give_back(self._owners)

    def __del__(self) -> None:
        """Releases the slot of a response that the server never closed."""
        self.release()


def within_time(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yields the bytes in small chunks. Raises TooSlow when the browser takes them too slowly.

    The web server then closes the connection, the browser reports a failed download, and the slot is free again.
    """
    began, sent = time.monotonic(), 0
    for chunk in chunks:
        for start in range(0, len(chunk), CHUNK):
            if time.monotonic() - began > min(PATIENCE_SECONDS + sent / MIN_BYTES_PER_SECOND, MAX_SECONDS):
                raise TooSlow
            part = chunk[start : start + CHUNK]
            sent += len(part)
            yield part
