"""Limits login attempts. Knows neither forms nor passwords.

It counts only attempts whose password was checked. A browser in which the user has logged in before has a limit of its
own, so strangers cannot lock the user out there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from integrations.users.rate_limit import Limit, hit, reset, seconds_to_wait, take_back

log = structlog.get_logger(__name__)

QUARTER = 15 * 60

PER_NAME_AND_NETWORK = Limit(times=5, seconds=QUARTER)
PER_DEVICE = Limit(times=5, seconds=QUARTER)
PER_NETWORK = Limit(times=50, seconds=QUARTER)
"""A whole office may have one address."""
PER_NAME = Limit(times=100, seconds=3600)
"""Attempts from all addresses together (OWASP ASVS 2.2.1)."""


@dataclass(frozen=True, kw_only=True)
class LoginAttempt:
    """One login attempt. `network`: as client_network() returns it. `device`: the id of a browser where the user has
    logged in before, "" for others.

    `has_code`: the user entered a code of the second factor with the password. Both must then be right. The limit of
    the name does not apply, because the answer does not tell which of the two was wrong.
    """

    name: str
    network: str
    device: str = ""
    has_code: bool = False

    @property
    def limits(self) -> Mapping[str, Limit]:
        """The limits that this attempt counts for, by the name of their counter."""
        name = canonical_name(self.name)
        if self.device:
            return {f"login on|{name}|{self.device}": PER_DEVICE}
        limits = {f"login|{name}|{self.network}": PER_NAME_AND_NETWORK, f"login at|{self.network}": PER_NETWORK}
        return limits if self.has_code else limits | {f"login as|{name}": PER_NAME}


def canonical_name(name: str) -> str:
    return name.casefold().strip()


def count(attempt: LoginAttempt) -> int:
    """Counts an attempt, unless a limit is reached. Returns the seconds to wait; 0 if the password may be checked."""
    seconds = seconds_to_wait(attempt.limits)
    if not seconds:
        seconds = max(hit(what, limit) for what, limit in attempt.limits.items())
    if seconds:
        log.warning("login throttled", seconds=seconds)
    return seconds


def logged_in(attempt: LoginAttempt) -> None:
    """Resets the user's counters after a login. Keeps the failed attempts of others at the same address."""
    for what, limit in attempt.limits.items():
        if limit is PER_NETWORK:
            take_back(what)
        else:
            reset(what)
