"""A new webhook address for an old one, and a test that is no call."""

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
    path = token.address.split("//", 1)[1].split("/", 1)[1]
    return Client().post(f"/{path}{event}/", BODY, content_type="application/json").status_code


def test_the_old_address_takes_webhooks_for_one_more_day(customer: Customer) -> None:
    old = customer.webhook_tokens.get()

    new = rotate(customer)

    old.refresh_from_db()
    assert (answer_of(old), answer_of(new)) == (200, 200)
    assert old.valid_until
    assert abs(old.valid_until - timezone.now() - DAY) < timedelta(minutes=1)
    assert new.valid_until is None
    assert webhook_address(customer) == new.address


def test_old_address_takes_no_webhooks_after_that_day(customer: Customer) -> None:
    old = customer.webhook_tokens.get()
    rotate(customer)
    WebhookToken.objects.filter(pk=old.pk).update(valid_until=timezone.now() - timedelta(seconds=1))

    assert answer_of(old) == 404
    assert old not in valid_tokens(customer)


def test_second_rotation_does_not_prolong_an_old_address(customer: Customer) -> None:
    old = customer.webhook_tokens.get()
    rotate(customer)
    soon = timezone.now() + timedelta(hours=1)
    WebhookToken.objects.filter(pk=old.pk).update(valid_until=soon)

    rotate(customer)

    old.refresh_from_db()
    assert old.valid_until == soon
    assert len(valid_tokens(customer)) == 3


def test_an_old_address_can_be_ended_at_once(customer: Customer) -> None:
    old = customer.webhook_tokens.get()
    rotate(customer)
    answer_of(old)

    assert revoke(customer, old.pk)

    assert answer_of(old) == 404
    assert not WebhookEvent.objects.filter(received_at__gt=timezone.now()).exists()


def test_the_current_address_cannot_be_ended_before_there_is_a_new_one(customer: Customer) -> None:
    token = customer.webhook_tokens.get()

    assert not revoke(customer, token.pk)

    assert answer_of(token) == 200


def test_another_customers_address_cannot_be_ended(customer: Customer) -> None:
    other = make_customer()
    rotate(other)
    old = other.webhook_tokens.order_by("pk")[0]

    assert not revoke(customer, old.pk)


def test_a_test_event_is_kept_as_one_and_makes_no_call(customer: Customer) -> None:
    assert send_test_event(customer) == EventResult.IGNORED

    event = WebhookEvent.objects.get()
    assert (event.event, event.reason, event.call) == ("test", "test", None)
    assert not Call.objects.exists()
    assert newest_webhook(customer) is None


def test_every_event_sent_to_the_test_address_is_a_test(customer: Customer) -> None:
    assert answer_of(customer.webhook_tokens.get(), "test") == 200

    assert not Call.objects.exists()


def test_newest_webhook_is_an_event_of_ringostat(customer: Customer) -> None:
    send_test_event(customer)
    event = make_event(make_call(customer))

    assert newest_webhook(customer) == event


def test_test_event_needs_a_valid_address(customer: Customer) -> None:
    customer.webhook_tokens.all().delete()

    assert send_test_event(customer) is None
    assert not WebhookEvent.objects.exists()
