"""Replaced webhook addresses, and test events, which are no calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import Call, Customer, EventResult, WebhookEvent, WebhookToken
from integrations.services.customers.import_export import webhook_address
from integrations.services.customers.webhook_addresses import (
    newest_webhook,
    revoke,
    rotate,
    send_test_event,
    valid_tokens,
)
from tests.factories import make_call, make_customer, make_event

pytestmark = pytest.mark.django_db

BODY = '{"uniqueid": "ua1_-1.1", "call_type": "in", "E164": "+380671234567", "disposition": "NO ANSWER"}'
DAY = timedelta(days=1)


@pytest.fixture
def customer() -> Customer:
    return make_customer()


def answer_of(token: WebhookToken, event: str = "after_call") -> int:
    return Client().post(f"{token.address}{event}/", BODY, content_type="application/json").status_code


def test_old_webhook_address_accepts_webhooks_for_one_more_day(customer: Customer) -> None:
    old = customer.webhook_tokens.get()

    new = rotate(customer)

    old.refresh_from_db()
    assert (answer_of(old), answer_of(new)) == (200, 200)
    assert old.valid_until
    assert abs(old.valid_until - timezone.now() - DAY) < timedelta(minutes=1)
    assert new.valid_until is None
    assert webhook_address(customer) == new.address


def test_old_webhook_address_accepts_no_webhooks_after_that_day(customer: Customer) -> None:
    old = customer.webhook_tokens.get()
    rotate(customer)
    WebhookToken.objects.filter(pk=old.pk).update(valid_until=timezone.now() - timedelta(seconds=1))

    assert answer_of(old) == 404
    assert old not in valid_tokens(customer)


def test_second_replacement_does_not_prolong_an_old_webhook_address(customer: Customer) -> None:
    old = customer.webhook_tokens.get()
    rotate(customer)
    soon = timezone.now() + timedelta(hours=1)
    WebhookToken.objects.filter(pk=old.pk).update(valid_until=soon)

    rotate(customer)

    old.refresh_from_db()
    assert old.valid_until == soon
    assert len(valid_tokens(customer)) == 3


def test_old_webhook_address_can_be_disabled_at_once(customer: Customer) -> None:
    old = customer.webhook_tokens.get()
    rotate(customer)
    answer_of(old)

    assert revoke(customer, old.pk)

    assert answer_of(old) == 404
    assert not WebhookEvent.objects.filter(received_at__gt=timezone.now()).exists()


def test_current_webhook_address_cannot_be_disabled_before_it_is_replaced(customer: Customer) -> None:
    token = customer.webhook_tokens.get()

    assert not revoke(customer, token.pk)

    assert answer_of(token) == 200


def test_webhook_address_of_another_customer_cannot_be_disabled(customer: Customer) -> None:
    other = make_customer()
    rotate(other)
    old = other.webhook_tokens.order_by("pk")[0]

    assert not revoke(customer, old.pk)


def test_test_event_is_stored_as_a_test_and_makes_no_call(customer: Customer) -> None:
    assert send_test_event(customer) == EventResult.IGNORED

    event = WebhookEvent.objects.get()
    assert (event.event, event.reason, event.call) == ("test", "test", None)
    assert not Call.objects.exists()
    assert newest_webhook(customer) is None


def test_every_event_sent_to_the_test_address_is_a_test(customer: Customer) -> None:
    assert answer_of(customer.webhook_tokens.get(), "test") == 200

    assert not Call.objects.exists()


def test_newest_webhook_leaves_out_test_events(customer: Customer) -> None:
    send_test_event(customer)
    event = make_event(make_call(customer))

    assert newest_webhook(customer) == event


def test_test_event_needs_a_valid_webhook_address(customer: Customer) -> None:
    customer.webhook_tokens.all().delete()

    assert send_test_event(customer) is None
    assert not WebhookEvent.objects.exists()
