"""Counts calls that webhooks report but Ringostat's call list lacks: a sign that others know the webhook address."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Max

from integrations.models import Call, CallState, CatchUpCursor, Customer

LISTED_AFTER = timedelta(hours=1)
"""From this age on a call must be in the list. Younger calls may still be missing."""
LOOKED_BACK = timedelta(minutes=110)
"""The highest age of calls that count. It is less than catch_up.OVERLAP, the time that every run reads again: near the
edge, a call's row may start a moment earlier and be left out.
"""


def count_unlisted(customer: Customer, listed_ids: Collection[str], now: datetime) -> None:
    """Stores how many recent calls are in the list, and how many are not. `listed_ids`: the call IDs of the list.

    Calls from before the last change of the webhook address do not count.
    """
    address_since = customer.webhook_tokens.aggregate(since=Max("created_at"))["since"] or customer.created_at
    recent = Call.objects.filter(
        customer=customer,
        started_at__gt=max(now - LOOKED_BACK, address_since),
        started_at__lte=now - LISTED_AFTER,
        received_at__gt=address_since,
    ).exclude(state=CallState.IN_PROGRESS)
    ids = recent.values_list("ringostat_id", flat=True)
    unlisted = sum(each not in listed_ids for each in ids)
    CatchUpCursor.objects.filter(customer=customer).update(unlisted_calls=unlisted, listed_calls=len(ids) - unlisted)
