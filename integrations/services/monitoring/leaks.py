"""Recognises a leaked webhook address: who knows it can report calls that never were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, F, Max, OuterRef
from django.db.models.functions import Now

from integrations.models import CatchUpCursor, WebhookSender
from integrations.services.intake.traffic_limit import limited_customers

MANY_UNLISTED, SOME_UNLISTED = 10, 3
"""Calls of an hour that Ringostat's call list does not have: enough alone, and enough together with another sign."""
NEW_FOR, OLD_AFTER, REQUESTS_OF_SENDER = timedelta(days=1), timedelta(days=7), 10
"""A network is new in its first day, beside one that has sent for a week."""
NO_CALLS = (0, 0)


@dataclass(frozen=True, kw_only=True)
class LeakSigns:
    """`unlisted`, `listed`: calls of an hour that Ringostat's call list does not have, and those that it has."""

    unlisted: int = 0
    listed: int = 0
    new_networks: tuple[str, ...] = ()
    is_flooded: bool = False

    @property
    def says_unlisted(self) -> bool:
        return self.unlisted >= SOME_UNLISTED

    @property
    def is_likely(self) -> bool:
        """Without a listed call and a new network, another Ringostat project is more likely than a leak."""
        if self.unlisted >= MANY_UNLISTED and (self.listed or self.new_networks):
            return True
        return sum((bool(self.new_networks), self.is_flooded, self.says_unlisted)) >= 2


def leak_signs(customer_ids: Collection[int]) -> Mapping[int, LeakSigns]:
    """The signs of those of the customers that have some, by customer ID."""
    cursors = CatchUpCursor.objects.filter(customer__in=customer_ids, unlisted_calls__gte=SOME_UNLISTED)
    counts = {pk: each for pk, *each in cursors.values_list("pk", "unlisted_calls", "listed_calls")}
    networks, flooded = _new_networks(customer_ids), limited_customers(customer_ids)
    return {
        pk: LeakSigns(
            unlisted=counts.get(pk, NO_CALLS)[0] or 0,
            listed=counts.get(pk, NO_CALLS)[1] or 0,
            new_networks=tuple(networks.get(pk, ())),
            is_flooded=pk in flooded,
        )
        for pk in counts.keys() | networks.keys() | flooded
    }


def _new_networks(customer_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Networks that began to send to the current address within NEW_FOR, beside one that has sent for OLD_AFTER."""
    old = WebhookSender.objects.filter(
        customer=OuterRef("customer"), first_seen__lt=Now() - OLD_AFTER, last_seen__gt=Now() - OLD_AFTER
    )
    new = (
        WebhookSender.objects.filter(
            Exists(old), customer__in=customer_ids, first_seen__gt=Now() - NEW_FOR, requests__gte=REQUESTS_OF_SENDER
        )
        .annotate(address_since=Max("customer__webhook_tokens__created_at"))
        .filter(last_seen__gt=F("address_since"))
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for customer_id, network in new.order_by("-requests").values_list("customer_id", "network"):
        found[customer_id].append(network)
    return found
