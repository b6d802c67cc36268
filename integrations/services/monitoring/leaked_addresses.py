"""Recognises a leaked webhook address. A stranger who knows it can report calls that never took place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from integrations.models import Customer, WebhookSender, WebhookToken
from integrations.services.intake.traffic_limit import limited_customers

MANY_UNLISTED, SOME_UNLISTED = 10, 3
"""How many calls that Ringostat's call list lacks show a leak: alone, and together with another sign."""
NEW_FOR, OLD_AFTER, REQUESTS_OF_SENDER = timedelta(days=1), timedelta(days=7), 10
"""A network counts as new for NEW_FOR, after REQUESTS_OF_SENDER, and if another network has sent for OLD_AFTER."""


@dataclass(frozen=True, kw_only=True)
class LeakSigns:
    """The signs of a leak. `unlisted`, `listed`: recent calls that Ringostat's call list lacks, and that it has."""

    unlisted: int = 0
    listed: int = 0
    new_networks: tuple[str, ...] = ()
    is_flooded: bool = False

    @property
    def says_unlisted(self) -> bool:
        return self.unlisted >= SOME_UNLISTED

    @property
    def is_likely(self) -> bool:
        """Tells whether the address has probably leaked. Unlisted calls without any listed call or new network do not
        count alone: the settings probably name another Ringostat project.
        """
        if self.unlisted >= MANY_UNLISTED and (self.listed or self.new_networks):
            return True
        return sum((bool(self.new_networks), self.is_flooded, self.says_unlisted)) >= 2


def leak_signs(customer_ids: Collection[int]) -> Mapping[int, LeakSigns]:
    """The signs of a leak by customer ID, for customers that have any."""
    rows = with_leak_columns(Customer.objects.filter(pk__in=customer_ids).only("pk"))
    flooded = limited_customers(customer_ids)
    signs = {row.pk: signs_of(row, is_flooded=row.pk in flooded) for row in rows}
    return {pk: each for pk, each in signs.items() if each != LeakSigns()}


def with_leak_columns(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Adds the columns that signs_of() reads."""
    return customers.annotate(
        unlisted_calls=F("catch_up_cursor__unlisted_calls"),
        listed_calls=F("catch_up_cursor__listed_calls"),
        new_networks=ArraySubquery(_new_networks().values("network")),
    )


def signs_of(row: Any, *, is_flooded: bool) -> LeakSigns:
    """The signs of one customer. `row`: a customer with the columns of with_leak_columns()."""
    unlisted = row.unlisted_calls or 0
    is_sign = unlisted >= SOME_UNLISTED
    return LeakSigns(
        unlisted=unlisted if is_sign else 0,
        listed=(row.listed_calls or 0) if is_sign else 0,
        new_networks=tuple(row.new_networks),
        is_flooded=is_flooded,
    )


def _new_networks() -> QuerySet[WebhookSender]:
    """Networks that began to send to a customer's current address within NEW_FOR, while another network has sent for
    OLD_AFTER.
    """
    old = WebhookSender.objects.filter(
        customer=OuterRef("customer"), first_seen__lt=Now() - OLD_AFTER, last_seen__gt=Now() - OLD_AFTER
    )
    addresses = WebhookToken.objects.filter(customer=OuterRef("customer")).order_by("-created_at")
    return WebhookSender.objects.filter(
        Exists(old),
        customer=OuterRef("pk"),
        first_seen__gt=Now() - NEW_FOR,
        requests__gte=REQUESTS_OF_SENDER,
        last_seen__gt=Subquery(addresses.values("created_at")[:1]),
    ).order_by("-requests")
