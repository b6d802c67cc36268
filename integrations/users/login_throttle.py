"""How often somebody may try to log in. Knows neither forms nor passwords."""

from __future__ import annotations

import structlog

from integrations.users.rate_limit import Limit, hit, reset

log = structlog.get_logger(__name__)

QUARTER = 15 * 60

PER_NAME_AND_ADDRESS = Limit(times=5, seconds=QUARTER)
PER_ADDRESS = Limit(times=50, seconds=QUARTER)
"""One office may sit behind one address."""
PER_NAME = Limit(times=100, seconds=3600)
"""However many addresses the guesses come from (OWASP ASVS 2.2.1)."""


def seconds_to_wait(name: str, address: str) -> int:
    """Counts a try; how many seconds to wait before the next one is looked at. 0: this one is."""
    waits = [hit(what, limit) for what, limit in _counted(name, address).items()]
    if any(waits):
        log.warning("login throttled", seconds=max(waits))
    return max(waits)


def logged_in(name: str, address: str) -> None:
    """The right password makes good what was mistyped before it, and frees nobody else at the address."""
    reset(*(what for what, limit in _counted(name, address).items() if limit is not PER_ADDRESS))


def _counted(name: str, address: str) -> dict[str, Limit]:
    name = name.casefold().strip()
    return {
        f"login|{name}|{address}": PER_NAME_AND_ADDRESS,
        f"login at|{address}": PER_ADDRESS,
        f"login as|{name}": PER_NAME,
    }
