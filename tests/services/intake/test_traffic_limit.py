"""A flood of webhooks is refused above a multiple of the usual traffic, with an alert. Wrong addresses are slowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from integrations.models import Alert, AlertKind, RateLimitCounter, WebhookEvent
from integrations.services.customers.webhook_addresses import rotate
from integrations.services.intake import traffic_limit
from integrations.services.monitoring.alerts import check_alerts
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered


@pytest.fixture(autouse=True)
def counted(settings) -> Iterator[None]:
    settings.WEBHOOKS_PER_MINUTE = 3
    traffic_limit._windows.clear()
    traffic_limit._limits.clear()
    yield
    traffic_limit._windows.clear()
    traffic_limit._limits.clear()


def statuses(scenario: Scenario, number: int) -> list[int]:
    return [scenario.post(answered(uniqueid=f"call-{each}")).status_code for each in range(number)]


def in_an_hour_of_two_days_ago(scenario: Scenario, number: int) -> None:
    event = WebhookEvent.objects.first()
    assert event
    day = timezone.now().replace(minute=30) - timedelta(days=2)
    for _ in range(number):
        event.pk, event.received_at = None, day
        event.save(force_insert=True)


def test_webhook_flood_is_refused_with_a_retry_time(scenario: Scenario) -> None:
    statuses(scenario, 1)  # from then on the address is remembered
    assert statuses(scenario, 5) == [200, 200, 200, 429, 429]

    refused = scenario.post(answered())
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert WebhookEvent.objects.count() == 4


def test_webhook_limit_is_a_multiple_of_the_customers_usual_traffic(scenario: Scenario, settings) -> None:
    settings.WEBHOOKS_TIMES_USUAL = 6
    statuses(scenario, 1)
    in_an_hour_of_two_days_ago(scenario, 60)  # one a minute

    assert statuses(scenario, 8) == [200] * 6 + [429] * 2


def test_webhook_flood_does_not_raise_its_own_limit(scenario: Scenario) -> None:
    statuses(scenario, 4)
    traffic_limit._limits.clear()

    assert statuses(scenario, 2) == [429, 429]


def test_webhook_limit_is_reset_in_the_next_minute(scenario: Scenario) -> None:
    statuses(scenario, 6)
    for window in traffic_limit._windows.values():
        window.ends -= 61

    assert statuses(scenario, 1) == [200]


def test_webhook_flood_of_one_customer_does_not_limit_another(scenario: Scenario, make_scenario) -> None:
    statuses(scenario, 6)

    assert statuses(make_scenario(name="Other"), 3) == [200] * 3


def test_limited_webhook_address_raises_an_alert_until_traffic_is_normal(scenario: Scenario) -> None:
    statuses(scenario, 6)
    check_alerts()
    alert = Alert.objects.get(kind=AlertKind.TRAFFIC)
    assert (alert.customer, alert.resolved_at) == (scenario.customer, None)
    assert alert.issue["cause"] == "TRAFFIC"

    RateLimitCounter.objects.update(until=F("until") - timedelta(hours=1))
    check_alerts()
    assert Alert.objects.get(kind=AlertKind.TRAFFIC).resolved_at


def test_unknown_webhook_addresses_are_limited_but_valid_ones_of_the_same_network_are_not(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic_limit, "WRONG_ADDRESSES", 3)
    statuses(scenario, 1)

    guesses = [Client().post(f"/webhooks/ringostat/guess{each}/after_call/").status_code for each in range(6)]

    assert guesses == [404] * 4 + [429] * 2
    assert statuses(scenario, 1) == [200]
    assert Client(REMOTE_ADDR="203.0.113.9").post("/webhooks/ringostat/guess/").status_code == 404


def test_replaced_webhook_address_has_the_same_limit(scenario: Scenario) -> None:
    statuses(scenario, 3)
    rotate(scenario.customer)

    assert 429 in statuses(scenario, 4)
