"""Limits the requests to each webhook address, and requests to wrong addresses. Knows nothing of what they say.

The counters are in the memory of the process: a request below its limit costs a few dictionary operations, and a limit
is for each web process. A customer's limit is a multiple of its own usual traffic, so only a flood reaches it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Now, TruncHour
from django.utils import timezone

from integrations.models import RateLimitCounter, WebhookEvent
from integrations.services.intake.recipients import Recipient, remembered_recipient_of

log = structlog.get_logger(__name__)

WINDOW = 60
"""Seconds over which requests are counted."""
WRONG_ADDRESSES = 1000
"""Requests of one network (IPv6: a /64) in a window. Above it, addresses that are not known yet are not looked up.

Ringostat sends all customers' webhooks from a few networks: the old address of one customer must not cost another a
call. An address cannot be guessed at any pace.
"""
USUAL_DAYS = 14
REMEMBERED_SECONDS = 600
"""How long a customer's limit is used before it is computed anew."""
MOST_COUNTED = 10_000
ALERT_FOR = timedelta(hours=1)
"""How long an alert stays open after the last refused request."""


@dataclass
class _Window:
    ends: float
    count: int = 0


_windows: dict[str, _Window] = {}
_limits: dict[int, tuple[float, int]] = {}
"""By customer: when it was computed, and the requests per window."""


def seconds_to_wait(token: str, network: Callable[[], str]) -> int:
    """Counts a request. Returns the seconds until the next one to this address is accepted; 0: this one is.

    `network` is called for addresses that are not known yet.
    """
    recipient = remembered_recipient_of(token)
    if recipient is None:
        return _wait(f"wrong|{network()}", WRONG_ADDRESSES, counts=False)
    what = f"customer|{recipient.customer_id}"
    seconds = _wait(what, settings.WEBHOOKS_PER_MINUTE)
    over = _windows[what].count - _limit_of(recipient) if seconds else 0
    if over == 1:  # the first one of this window
        RateLimitCounter.objects.update_or_create(
            key=_alert_key(recipient.customer_id), defaults={"until": timezone.now() + ALERT_FOR, "count": 1}
        )
        log.warning("webhook address limited", customer_id=recipient.customer_id)
    return seconds if over > 0 else 0


def count_wrong_address(network: str) -> None:
    _wait(f"wrong|{network}", WRONG_ADDRESSES)


def limited_customers(customer_ids: Iterable[int]) -> set[int]:
    """Returns those customers whose webhooks were limited within the last hour."""
    keys = {_alert_key(customer_id): customer_id for customer_id in customer_ids}
    current = RateLimitCounter.objects.filter(key__in=list(keys), until__gt=timezone.now())
    return {keys[bytes(key)] for key in current.values_list("key", flat=True)}


def _wait(what: str, most: int, *, counts: bool = True) -> int:
    """Counts within the window. Returns the seconds until it ends if there were more than `most`, else 0."""
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
    """Requests per window: WEBHOOKS_TIMES_USUAL times the customer's busiest hour, and never below the floor."""
    now = time.monotonic()
    known = _limits.get(recipient.customer_id)
    if known is None or now - known[0] > REMEMBERED_SECONDS:
        per_window = _busiest_hour(recipient.customer_id) * WINDOW / 3600
        most = max(settings.WEBHOOKS_PER_MINUTE, round(per_window * settings.WEBHOOKS_TIMES_USUAL))
        known = _limits[recipient.customer_id] = (now, most)
    return known[1]


def _busiest_hour(customer_id: int) -> int:
    """Requests in the busiest hour of USUAL_DAYS, without the last hour: a flood must not raise its own limit."""
    events = WebhookEvent.objects.filter(
        customer=customer_id,
        received_at__gt=Now() - timedelta(days=USUAL_DAYS),
        received_at__lt=TruncHour(Now()) - timedelta(hours=1),
    )
    hours = events.order_by().values_list(TruncHour("received_at")).annotate(count=Count("pk"))
    return max((count for _hour, count in hours), default=0)


def _alert_key(customer_id: int) -> bytes:
    return hashlib.sha256(f"webhooks limited|{customer_id}".encode()).digest()
