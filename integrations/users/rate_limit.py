"""Counts how often an event happens within a span of time.

The counters are in the database, so all processes share them, and they survive a restart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import ngettext

from integrations.models import RateLimitCounter


@dataclass(frozen=True, kw_only=True)
class Limit:
    times: int
    seconds: int


def hit(what: str, limit: Limit) -> int:
    """Counts one event. Returns 0 if it is allowed, else the seconds until the next event is allowed."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO integrations_tries AS tries (key, until, count)
            VALUES (%(key)s, now() + make_interval(secs => %(seconds)s), 1)
            ON CONFLICT (key) DO UPDATE SET
                   count = CASE WHEN tries.until <= now() THEN 1 ELSE least(tries.count + 1, %(times)s + 1) END,
                   until = CASE WHEN tries.until <= now() THEN excluded.until ELSE tries.until END
            RETURNING count > %(times)s, ceil(extract(epoch FROM until - now()))::int
            """,
            {"key": _key(what), "seconds": limit.seconds, "times": limit.times},
        )
        is_over, seconds = cursor.fetchone()
    return max(1, seconds) if is_over else 0


def seconds_to_wait(limits: Mapping[str, Limit]) -> int:
    """Returns the seconds until all limits allow one more event; 0 if they allow it now. Counts nothing."""
    whats = {_key(what): limit for what, limit in limits.items()}
    now, waits = timezone.now(), [0]
    for counter in RateLimitCounter.objects.filter(key__in=list(whats), until__gt=now):
        if counter.count >= whats[bytes(counter.key)].times:
            waits.append(max(1, round((counter.until - now).total_seconds())))
    return max(waits)


def reset(*whats: str) -> None:
    """Deletes these counters."""
    RateLimitCounter.objects.filter(key__in=[_key(what) for what in whats]).delete()


def take_back(what: str) -> None:
    """Subtracts one event from the counter."""
    RateLimitCounter.objects.filter(key=_key(what), count__gt=0).update(count=F("count") - 1)


def delete_expired_counters() -> None:
    RateLimitCounter.objects.filter(until__lt=timezone.now()).delete()


def _key(what: str) -> bytes:
    """The hash of a counter's name, so that the table holds no user names and no addresses."""
    return hashlib.sha256(what.encode("utf-8", "replace")).digest()


def wait_message(seconds: int) -> str:
    """The sentence for a person who must wait this many seconds."""
    minutes = -(-seconds // 60)
    text = ngettext(
        "Too many attempts. Wait a minute, then try again.",
        "Too many attempts. Wait %(minutes)s minutes, then try again.",
        minutes,
    )
    return text % {"minutes": minutes}
