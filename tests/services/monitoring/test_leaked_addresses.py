"""A leaked webhook address is recognised by its pattern, and replaced with one click."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Alert, AlertKind, Call, CatchUpCursor, Customer, WebhookSender, WebhookToken
from integrations.services.customers.webhook_addresses import replace_leaked, rotate
from integrations.services.intake.catch_up import catch_up
from integrations.services.intake.traffic_limit import ALERT_FOR, _limited
from integrations.services.markers import mark
from integrations.services.monitoring.alerts import check_alerts
from integrations.services.monitoring.customer_status import Issue
from integrations.services.monitoring.leaked_addresses import (
    MANY_UNLISTED,
    REQUESTS_OF_SENDER,
    SOME_UNLISTED,
    leak_signs,
)
from integrations.services.monitoring.status_texts import next_step, sentence_of
from sandbox.ringostat.api import Ringostat
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered
from tests.end_to_end.rows import at, row
from tests.factories import make_call, make_customer, make_event, make_specialist

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def customer(db: None) -> Customer:
    customer = make_customer()
    WebhookToken.objects.update(created_at=timezone.now() - 30 * DAY)
    return customer


def sender(customer: Customer, network: str, *, since: timedelta, requests: int = 100) -> WebhookSender:
    now = timezone.now()
    return WebhookSender.objects.create(
        customer=customer, network=network, requests=requests, first_seen=now - since, last_seen=now
    )


def unlisted(customer: Customer, count: int, listed: int = 20) -> None:
    CatchUpCursor.objects.update_or_create(
        customer=customer,
        defaults={"read_until": timezone.now(), "unlisted_calls": count, "listed_calls": listed},
    )


def is_likely(customer: Customer) -> bool:
    signs = leak_signs([customer.pk]).get(customer.pk)
    return bool(signs and signs.is_likely)


def test_many_calls_that_ringostat_does_not_list_are_a_sign_of_a_leak(customer: Customer) -> None:
    unlisted(customer, MANY_UNLISTED - 1)
    assert not is_likely(customer)

    unlisted(customer, MANY_UNLISTED)
    assert is_likely(customer)


def test_calls_of_another_ringostat_project_alone_are_no_leak(customer: Customer) -> None:
    unlisted(customer, 50, listed=0)

    assert not is_likely(customer)


def test_new_network_alone_is_no_leak(customer: Customer) -> None:
    sender(customer, "203.0.113.7", since=30 * DAY)
    sender(customer, "198.51.100.1", since=HOUR)

    assert not is_likely(customer)


@pytest.mark.parametrize("sign", ["unlisted", "flood"])
def test_new_network_with_another_sign_is_a_leak(customer: Customer, sign: str) -> None:
    sender(customer, "203.0.113.7", since=30 * DAY)
    sender(customer, "198.51.100.1", since=HOUR)
    if sign == "unlisted":
        unlisted(customer, SOME_UNLISTED)
    else:
        mark(_limited(customer.pk), ALERT_FOR)

    assert is_likely(customer)


def test_first_networks_and_rare_requests_are_not_new_networks(customer: Customer) -> None:
    mark(_limited(customer.pk), ALERT_FOR)
    sender(customer, "203.0.113.7", since=HOUR)
    assert not is_likely(customer)

    WebhookSender.objects.update(first_seen=F("first_seen") - 30 * DAY)
    sender(customer, "198.51.100.1", since=HOUR, requests=REQUESTS_OF_SENDER - 1)
    assert not is_likely(customer)


def test_leak_raises_an_alert_that_names_its_signs(customer: Customer) -> None:
    make_call(customer)
    make_event(customer.calls.get())
    sender(customer, "203.0.113.7", since=30 * DAY)
    sender(customer, "198.51.100.1", since=HOUR)
    unlisted(customer, 34)

    check_alerts()

    alert = Alert.objects.get(kind=AlertKind.LEAK)
    assert alert.issue is not None
    assert (alert.issue["cause"], alert.issue["code"], alert.issue["count"]) == ("LEAKED", "new_network", 34)
    assert "does not have 34 recent calls" in sentence_of(Issue.from_json(alert.issue), str)
    assert next_step(Issue.from_json(alert.issue), customer.pk).address.endswith("/webhook-setup/")


def test_catching_up_counts_calls_that_the_list_does_not_have(scenario: Scenario, ringostat: Ringostat) -> None:
    Customer.objects.update(created_at=timezone.now() - 7 * DAY)
    WebhookToken.objects.update(created_at=timezone.now() - 7 * DAY)
    scenario.customer.refresh_from_db()
    began = timezone.now() - timedelta(minutes=80)
    for number in range(3):
        scenario.post(answered(uniqueid=f"real-{number}", calldate=at(began)))
        scenario.post(answered(uniqueid=f"made-up-{number}", calldate=at(began)))
    scenario.post(answered(uniqueid="too young to be listed", calldate=at(timezone.now())))
    ringostat.calls = [row(uniqueid=f"real-{number}", ago=timedelta(minutes=80)) for number in range(3)]

    assert catch_up(scenario.customer).error == ""

    cursor = CatchUpCursor.objects.get()
    assert (cursor.listed_calls, cursor.unlisted_calls) == (3, 3)

    replace_leaked(scenario.customer)
    catch_up(scenario.customer)
    cursor.refresh_from_db()
    assert (cursor.listed_calls, cursor.unlisted_calls) == (0, 0)


def test_replaced_address_shows_no_signs_of_its_old_networks(customer: Customer) -> None:
    sender(customer, "203.0.113.7", since=30 * DAY)
    sender(customer, "198.51.100.1", since=HOUR)
    mark(_limited(customer.pk), ALERT_FOR)
    assert is_likely(customer)

    replace_leaked(customer)

    assert not is_likely(customer)


def test_leaked_address_is_replaced_at_once_after_a_confirmation(customer: Customer, client: Client) -> None:
    rotate(customer)
    client.force_login(make_specialist())
    page = reverse("admin:integrations_customer_webhook_setup", args=[customer.pk])
    before = set(customer.webhook_tokens.values_list("pk", "valid_until"))
    sender(customer, "203.0.113.7", since=30 * DAY)
    unlisted(customer, 34)
    shown = client.get(page).content.decode()
    assert "This address may have leaked" in shown
    assert "203.0.113.7" in shown

    asked = client.post(page, {"action": "ask_to_replace"}).content.decode()
    assert 'value="replace_leaked"' in asked
    assert set(customer.webhook_tokens.values_list("pk", "valid_until")) == before

    answer = client.post(page, {"action": "replace_leaked"}, follow=True).content.decode()
    assert "The old one is disabled" in answer
    valid = customer.webhook_tokens.exclude(valid_until__lte=timezone.now())
    assert valid.get().pk not in {pk for pk, _until in before}


def test_calls_refused_by_the_limit_are_recovered_from_the_call_list(
    scenario: Scenario, ringostat: Ringostat, settings
) -> None:
    Customer.objects.update(created_at=timezone.now() - 7 * DAY)
    scenario.customer.refresh_from_db()
    settings.WEBHOOKS_PER_MINUTE = 2
    ids = [f"call-{number}" for number in range(8)]
    statuses = {each: scenario.post(answered(uniqueid=each, calldate=at(timezone.now()))).status_code for each in ids}
    assert set(statuses.values()) == {200, 429}

    ringostat.calls = [row(uniqueid=each, ago=timedelta(minutes=10)) for each in ids]
    catch_up(scenario.customer)

    assert set(Call.objects.values_list("ringostat_id", flat=True)) == set(ids)
