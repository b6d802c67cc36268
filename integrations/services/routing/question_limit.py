"""Limits the questions of each customer, so that one customer's flood does not slow the answers to others.

Counts in the memory of the process, like services/intake/traffic_limit.py: N processes accept up to N times as many.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from integrations.services.intake.sql import remembered_recipient_of
from integrations.services.intake.traffic_limit import count_request

log = structlog.get_logger(__name__)

PER_SECOND = 20
"""Questions of one customer in one process. Each question is a ringing call: no call center has so many."""
MOST_COUNTED = 10_000


@dataclass
class _Second:
    ends: float
    count: int = 0


_seconds: dict[int, _Second] = {}


def count_question(token: str, network: Callable[[], str]) -> int:
    """Counts a question. Returns 0 if it is accepted, else the seconds until the next question is accepted.

    Calls `network` for an address that is not known yet: such addresses share their limit with the webhooks.
    """
    recipient = remembered_recipient_of(token)
    if recipient is None:
        return count_request(token, network)
    now = time.monotonic()
    second = _seconds.get(recipient.customer_id)
    if second is None or second.ends <= now:
        if len(_seconds) >= MOST_COUNTED:
            _seconds.clear()
        second = _seconds[recipient.customer_id] = _Second(ends=now + 1)
    second.count += 1
    if second.count == PER_SECOND + 1:
        log.warning("routing questions limited", customer_id=recipient.customer_id)
    return int(second.count > PER_SECOND)
