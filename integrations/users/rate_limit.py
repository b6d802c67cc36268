"""How often something may be tried: counted in the database, so that all processes count together and a restart forgets
nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from integrations.models import RateLimitCounter


@dataclass(frozen=True, kw_only=True)
class Limit:
    times: int
    seconds: int


def hit(what: str, limit: Limit) -> int:
    """Counts one more try. How many seconds to wait before the next one is allowed; 0: this one is."""
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


def reset(*whats: str) -> None:
    """Forgets the tries."""
    RateLimitCounter.objects.filter(key__in=[_key(what) for what in whats]).delete()


def delete_expired_counters() -> None:
    RateLimitCounter.objects.filter(until__lt=timezone.now()).delete()


def _key(what: str) -> bytes:
    """Hashed: who tried to log in, and from where, is nobody's business afterwards."""
    return hashlib.sha256(what.encode("utf-8", "replace")).digest()
