"""A customer's webhook addresses: which are valid, a new one for the old, and whether anything has come by them."""

from __future__ import annotations

import json
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models import Customer, EventResult, WebhookEvent, WebhookToken
from integrations.ringostat.body import RawRequest
from integrations.ringostat.webhook import TEST_EVENT
from integrations.services.intake.receive import receive_at

GRACE = timedelta(days=1)
"""How long the old address still takes webhooks: until the new one is pasted everywhere."""

TEST_BODY = {
    "uniqueid": "test",
    "call_type": "in",
    "E164": "+380000000000",
    "disposition": "NO ANSWER",
    "duration": "0",
}


def valid_tokens(customer: Customer) -> QuerySet[WebhookToken]:
    """The newest first: that one is the current one."""
    valid = Q(valid_until=None) | Q(valid_until__gt=Now())
    return customer.webhook_tokens.filter(valid).order_by("-created_at", "-pk")


def rotate(customer: Customer) -> WebhookToken:
    """Issues a new address. The one until now stays valid for GRACE; one that ends already ends when it would."""
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        customer.webhook_tokens.filter(valid_until=None).update(valid_until=Now() + GRACE)
        return WebhookToken.issue(customer)


def revoke(customer: Customer, token_id: int) -> bool:
    """Ends an old address now. False for the current one, which has to be replaced first, and for no valid one."""
    old = valid_tokens(customer).exclude(valid_until=None).filter(pk=token_id)
    return bool(customer.webhook_tokens.filter(pk__in=old.values("pk")).update(valid_until=Now()))


def first_webhook(customer: Customer) -> WebhookEvent | None:
    """The first that Ringostat itself has sent, as far as events are kept."""
    return customer.events.exclude(event=TEST_EVENT).order_by("received_at").first()


def newest_webhook(customer: Customer) -> WebhookEvent | None:
    return customer.events.exclude(event=TEST_EVENT).order_by("-received_at").first()


def send_test_event(customer: Customer) -> EventResult | None:
    """Has the intake take a request at the customer's current address, as the webhook does. It is kept as a test, makes
    no call and reaches neither Planfix nor any count of calls. None: no address is valid.
    """
    token = valid_tokens(customer).first()
    if token is None:
        return None
    body = {**TEST_BODY, "calldate": timezone.now().astimezone(customer.zone).strftime("%Y-%m-%d %H:%M:%S")}
    raw = RawRequest(method="POST", content_type="application/json", query_string="", body=json.dumps(body).encode())
    return receive_at(token.token.reveal(), event=TEST_EVENT, raw=raw)
