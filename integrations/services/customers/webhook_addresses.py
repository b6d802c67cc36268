"""A customer's webhook addresses: valid ones, replacing one, and the webhooks received so far."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from integrations.domain.calls import EventKind
from integrations.models import Customer, EventResult, WebhookEvent, WebhookToken
from integrations.ringostat.body import RawRequest
from integrations.ringostat.webhook import TEST_EVENT
from integrations.services.intake.receive import receive_at

GRACE = timedelta(days=1)
"""How long the old address works, so that the new one can be pasted everywhere."""

KINDS = frozenset(EventKind)
LOOKED_AT = 1000
"""So many of the newest requests show which events still come. A bound: a customer may have millions."""

TEST_BODY = {
    "uniqueid": "test",
    "call_type": "in",
    "E164": "+380000000000",
    "disposition": "NO ANSWER",
    "duration": "0",
}


def valid_tokens(customer: Customer) -> QuerySet[WebhookToken]:
    """Newest first. The first one is the current address."""
    valid = Q(valid_until=None) | Q(valid_until__gt=Now())
    return customer.webhook_tokens.filter(valid).order_by("-created_at", "-pk")


def rotate(customer: Customer) -> WebhookToken:
    """Issues a new address. The current one works for GRACE; older ones expire as planned."""
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        customer.webhook_tokens.filter(valid_until=None).update(valid_until=Now() + GRACE)
        return WebhookToken.issue(customer)


def replace_leaked(customer: Customer) -> WebhookToken:
    """Issues a new address, and ends all others at once. The call list brings what is sent to them until then."""
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        valid_tokens(customer).update(valid_until=Now())
        return WebhookToken.issue(customer)


def revoke(customer: Customer, token_id: int) -> bool:
    """Disables an old address now. Returns False for the current address and for one that is not valid."""
    old = valid_tokens(customer).exclude(valid_until=None).filter(pk=token_id)
    return bool(customer.webhook_tokens.filter(pk__in=old.values("pk")).update(valid_until=Now()))


def newest_webhook(customer: Customer) -> WebhookEvent | None:
    """The last stored webhook that Ringostat sent."""
    return customer.events.exclude(event=TEST_EVENT).order_by("-received_at").first()


def last_received(customer: Customer) -> dict[EventKind, datetime]:
    """When each kind of event came last, of the customer's newest requests."""
    newest = customer.events.exclude(event=TEST_EVENT).order_by("-received_at")[:LOOKED_AT]
    latest: dict[EventKind, datetime] = {}
    for kind, received_at in newest.values_list("kind", "received_at"):
        if kind in KINDS:
            latest.setdefault(EventKind(kind), received_at)
    return latest


def send_test_event(customer: Customer) -> EventResult | None:
    """Passes a test request to the intake, as the webhook does. It is stored as a test and creates no call.

    Returns None if no address is valid.
    """
    token = valid_tokens(customer).first()
    if token is None:
        return None
    body = {**TEST_BODY, "calldate": timezone.now().astimezone(customer.zone).strftime("%Y-%m-%d %H:%M:%S")}
    raw = RawRequest(method="POST", content_type="application/json", query_string="", body=json.dumps(body).encode())
    return receive_at(token.token.reveal(), event=TEST_EVENT, raw=raw)
