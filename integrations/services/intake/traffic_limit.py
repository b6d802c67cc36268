"""Limits the requests to each webhook address, and requests to wrong addresses. Does not read their bodies.

The counters are in the memory of the process, so a request costs a few dictionary operations and no query. Each web
process therefore counts alone: N processes accept up to N times as many requests. That does no harm: a customer's limit
is a multiple of its own usual traffic, and a flood exceeds N times the limit too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now, TruncHour

from integrations.domain.usual_traffic import usual_peak
from integrations.models import WebhookEvent
from integrations.services.intake.sql import Recipient, remembered_recipient_of
from integrations.services.markers import mark, marked

log = structlog.get_logger(__name__)

WINDOW = 60
"""Seconds over which requests are counted."""
WRONG_ADDRESSES = 1000
"""The most requests to wrong addresses from one network (IPv6: a /64) in a window. Above it, the process looks up no
address that it does not know yet.

The limit is high because Ringostat sends all customers' webhooks from a few networks: requests to one customer's old
address must not cost another customer a call. It need not be low, because nobody can guess an address.
"""
USUAL_DAYS = 14
REMEMBERED_SECONDS = 600
"""How long a process uses a customer's limit before it computes it again."""
MOST_COUNTED = 10_000
ALERT_FOR = timedelta(hours=1)
"""How long an alert stays open after the last refused request."""


@dataclass
class _Window:
    ends: float
    count: int = 0


_windows: dict[str, _Window] = {}
_limits: dict[int, tuple[float, int]] = {}
"""By customer ID: when the limit was computed, and the requests per window."""


def count_request(token: str, network: Callable[[], str]) -> int:
    """Counts a request. Returns 0 if it is accepted, else the seconds until the next request is accepted.

    Calls `network` only for an address that the process does not know yet.
    """
    recipient = remembered_recipient_of(token)
    if recipient is None:
        return _wait(f"wrong|{network()}", WRONG_ADDRESSES, counts=False)
    what = f"customer|{recipient.customer_id}"
    seconds = _wait(what, settings.WEBHOOKS_PER_MINUTE)
    over = _windows[what].count - _limit_of(recipient) if seconds else 0
    if over == 1:  # The first refused request of this window.
        mark(_limited(recipient.customer_id), ALERT_FOR)
        log.warning("webhook address limited", customer_id=recipient.customer_id)
    return seconds if over > 0 else 0


def count_wrong_address(network: str) -> None:
    _wait(f"wrong|{network}", WRONG_ADDRESSES)


def limited_customers(customer_ids: Iterable[int]) -> set[int]:
    """Returns those customers whose webhooks were limited within the last hour."""
    names = {_limited(customer_id): customer_id for customer_id in customer_ids}
    return {names[name] for name in marked(names)}


def _wait(what: str, most: int, *, counts: bool = True) -> int:
    """Counts a request in its window, if it `counts`. Returns the seconds until the window ends if it holds more than
    `most` requests, else 0.
    """
    now = time.monotonic()
    window = _windows.get(what)
    if window is None or window.ends <= now:
        if not counts:
            return 0
        if len(_windows) >= MOST_COUNTED:
            _windows.clear()
        window = _windows[what] = _Window(ends=now + WINDOW)
    window.count += counts
    return max(1, round(window.ends - now)) if window.count > most else 0


def _limit_of(recipient: Recipient) -> int:
    """Requests per window: WEBHOOKS_TIMES_USUAL times the customer's usual peak, at least WEBHOOKS_PER_MINUTE."""
    now = time.monotonic()
    known = _limits.get(recipient.customer_id)
    if known is None or now - known[0] > REMEMBERED_SECONDS:
        per_window = _usual_hour(recipient.customer_id) * WINDOW / 3600
        most = max(settings.WEBHOOKS_PER_MINUTE, round(per_window * settings.WEBHOOKS_TIMES_USUAL))
        known = _limits[recipient.customer_id] = (now, most)
    return known[1]


def _usual_hour(customer_id: int) -> int:
    """Requests in the usual busiest hour of USUAL_DAYS. Leaves out the last day, which may hold a flood."""
    events = WebhookEvent.objects.filter(
        customer=customer_id,
        received_at__gt=Now() - timedelta(days=USUAL_DAYS),
        received_at__lt=Now() - timedelta(days=1),
    )
    hours = events.order_by().values_list(TruncHour("received_at")).annotate(count=Count("pk"))
    return usual_peak(dict(hours))


def _limited(customer_id: int) -> str:
    return f"webhooks limited|{customer_id}"
