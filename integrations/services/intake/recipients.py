"""Finds the customer of a webhook address, and remembers it."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Now

from integrations.models import Customer, WebhookToken

MAX_REMEMBERED = 10_000


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The customer that a call belongs to, with the settings that intake needs."""

    customer_id: int
    zone: ZoneInfo
    region: str
    token_hash: bytes | None = None
    """Of the webhook address, if there is one. A request is stored only while the address and these settings are valid.
    """

    @classmethod
    def of(cls, customer: Customer) -> Recipient:
        return cls(customer_id=customer.pk, zone=customer.zone, region=customer.region)


_remembered: dict[bytes, Recipient] = {}


def recipient_of(token: str) -> Recipient | None:
    """The customer of a webhook token, by one indexed query; None for an unknown or expired token."""
    token_hash = WebhookToken.hash_of(token)
    valid = WebhookToken.objects.filter(Q(valid_until=None) | Q(valid_until__gt=Now()), token_hash=token_hash)
    row = valid.values_list("customer_id", "customer__timezone", "customer__region").first()
    if row is None:
        return None
    recipient = Recipient(customer_id=row[0], zone=ZoneInfo(row[1]), region=row[2], token_hash=token_hash)
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[token_hash] = recipient
    return recipient


def remembered_recipient_of(token: str) -> Recipient | None:
    """The last result of recipient_of(), which may be out of date."""
    return _remembered.get(WebhookToken.hash_of(token))


def forget_recipient_of(token: str) -> None:
    _remembered.pop(WebhookToken.hash_of(token), None)
