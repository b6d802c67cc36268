"""Counts which networks send a customer's webhooks. Counts in memory, and stores once a minute."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from integrations.models import Customer, WebhookSender
from integrations.services.intake.sql import remembered_recipient_of

log = structlog.get_logger(__name__)

STORE_SECONDS = 60
MAX_NETWORKS = 100
"""The most networks stored for one customer. Further networks are not stored."""
KEPT_FOR = timedelta(days=90)


@dataclass
class _Count:
    stored_at: float
    requests: int = 0


_counts: dict[tuple[int, str], _Count] = {}


def note_sender(token: str, network: str) -> None:
    """Counts an accepted request. Never raises a database error: the request is already stored."""
    recipient = remembered_recipient_of(token)
    if recipient is None or not network:
        return
    key, now = (recipient.customer_id, network[:64]), time.monotonic()
    if len(_counts) > 100 * MAX_NETWORKS:
        _counts.clear()
    count = _counts.setdefault(key, _Count(stored_at=now - STORE_SECONDS))
    count.requests += 1
    if now - count.stored_at >= STORE_SECONDS:
        count.stored_at = now
        requests, count.requests = count.requests, 0
        try:
            _store(*key, requests)
        except (DatabaseError, InterfaceError) as error:
            log.warning("sender not stored", customer_id=recipient.customer_id, error=type(error).__name__)


def senders_of(customer: Customer) -> QuerySet[WebhookSender]:
    """The networks that sent the customer's webhooks, the latest first."""
    return WebhookSender.objects.filter(customer=customer).order_by("-last_seen")


def forget_old_senders() -> None:
    WebhookSender.objects.filter(last_seen__lt=Now() - KEPT_FOR).delete()


def _store(customer_id: int, network: str, requests: int) -> None:
    senders = WebhookSender.objects.filter(customer=customer_id)
    if senders.filter(network=network).update(requests=F("requests") + requests, last_seen=Now()):
        return
    if senders.count() < MAX_NETWORKS:
        sender = WebhookSender(
            customer_id=customer_id, network=network, requests=requests, first_seen=Now(), last_seen=Now()
        )
        WebhookSender.objects.bulk_create([sender], ignore_conflicts=True)  # Another process may store it meanwhile.
