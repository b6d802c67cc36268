"""Remembers for a while that something holds. All processes share the markers. Does not know what they mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from django.db.models.functions import Now

from integrations.models import RateLimitCounter


def mark(what: str, lasts: timedelta) -> None:
    RateLimitCounter.objects.update_or_create(key=_key(what), defaults={"until": Now() + lasts, "count": 1})


def marked(whats: Iterable[str]) -> set[str]:
    """Those that were marked and have not expired."""
    keys = {_key(what): what for what in whats}
    current = RateLimitCounter.objects.filter(key__in=list(keys), until__gt=Now())
    return {keys[bytes(key)] for key in current.values_list("key", flat=True)}


def _key(what: str) -> bytes:
    return hashlib.sha256(what.encode()).digest()
