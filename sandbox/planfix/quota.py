"""Request limits of an account, per second and per day. Off by default: Planfix does not document its limits."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace


@dataclass(kw_only=True)
class Limits:
    """Limits and their answers. Planfix documents only code 22 for the daily limit, not statuses or Retry-After, so
    tests can set each.
    """

    per_second: float | None = None
    every: int | None = None
    """Every n-th request counts as too fast, at any time: tests of a limit need no clock."""
    retry_after: int | None = None
    """Seconds, sent with 429 when set."""
    time_to_reset: int = 60
    """Seconds, sent with code 22 where the world answers with it."""
    per_day: int = 100_000
    stops_at_daily: bool = False
    daily_status: int = 429


class Quota:
    def __init__(self) -> None:
        self.limits = Limits()
        self.used_today = 0
        self._last_request = 0.0
        self._lock = threading.Lock()

    def copy(self) -> Quota:
        """The same limits and number of requests."""
        new = Quota()
        new.limits, new.used_today = replace(self.limits), self.used_today
        return new

    @property
    def left(self) -> int:
        return max(0, self.limits.per_day - self.used_today)

    @property
    def is_used_up(self) -> bool:
        return self.limits.stops_at_daily and self.used_today > self.limits.per_day

    def count(self) -> None:
        with self._lock:
            self.used_today += 1

    def is_too_fast(self) -> bool:
        """True if this request comes too early after the last accepted one, or if it is an n-th one of the limit
        `every`.
        """
        if self.limits.every and self.used_today % self.limits.every == 0:
            return True
        if not self.limits.per_second:
            return False
        # A tolerance of a tenth: requests sent one second apart may arrive a little closer together.
        pause = 0.9 / self.limits.per_second
        with self._lock:
            now = time.monotonic()
            if now - self._last_request < pause:
                return True
            self._last_request = now
        return False
