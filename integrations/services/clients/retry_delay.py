"""How long to wait before Planfix is tried again."""

from __future__ import annotations

import random

from django.conf import settings

from integrations.planfix.http.errors import PlanfixUnavailable

LONGEST_DELAY_SECONDS = 3600
DAILY_LIMIT_SECONDS = (1800, 3600)
"""When Planfix resets an account's daily limit is not documented. Attempts are so rare that they hardly use it up."""


def retry_delay(attempts: int, error: PlanfixUnavailable, *, longest: float = LONGEST_DELAY_SECONDS) -> float:
    """Seconds until the next attempt. They double with each attempt, and respect Planfix's Retry-After."""
    daily = random.uniform(*DAILY_LIMIT_SECONDS)  # noqa: S311 - spreading load, not secrets
    delay = daily if error.daily_limit else doubling_delay(attempts, longest=longest)
    return max(delay, error.retry_after or 0)


def doubling_delay(attempts: int, *, longest: float = LONGEST_DELAY_SECONDS) -> float:
    """Seconds, spread by a fifth."""
    doubled: float = settings.FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 12)
    return min(doubled, longest) * random.uniform(0.8, 1.2)  # noqa: S311
