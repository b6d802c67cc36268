"""Which networks send a customer's webhooks: stored once a minute, never at the cost of a request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.db.models import F
from django.test import Client

from integrations.models import WebhookSender
from integrations.services.intake import senders
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def counts() -> Iterator[None]:
    senders._counts.clear()
    yield
    senders._counts.clear()


def send(scenario: Scenario, address: str, times: int = 1) -> list[int]:
    scenario.client = Client(REMOTE_ADDR=address)
    return [scenario.post(answered(uniqueid=f"{address}-{number}")).status_code for number in range(times)]


def test_sending_networks_are_stored_with_their_request_counts(scenario: Scenario) -> None:
    send(scenario, "203.0.113.7", 3)
    send(scenario, "2001:db8:1:2::7")
    for count in senders._counts.values():
        count.stored_at -= senders.STORE_SECONDS
    send(scenario, "203.0.113.7")

    assert dict(WebhookSender.objects.values_list("network", "requests")) == {
        "203.0.113.7": 4,
        "2001:db8:1:2::/64": 1,
    }


def test_sending_networks_are_stored_once_a_minute(scenario: Scenario) -> None:
    send(scenario, "203.0.113.7", 5)

    assert WebhookSender.objects.get().requests == 1


def test_refused_requests_are_not_counted_for_their_network(scenario: Scenario) -> None:
    Client(REMOTE_ADDR="198.51.100.1").post("/webhooks/ringostat/guess/after_call/")

    assert not WebhookSender.objects.exists()


def test_number_of_stored_networks_of_a_customer_is_limited(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "MAX_NETWORKS", 2)

    for number in range(4):
        assert send(scenario, f"203.0.113.{number}") == [200]

    assert WebhookSender.objects.count() == 2


def test_request_is_accepted_when_its_sender_cannot_be_stored(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(senders, "_store", fail)

    assert send(scenario, "203.0.113.7") == [200]


def test_networks_that_no_longer_send_are_deleted(scenario: Scenario) -> None:
    send(scenario, "203.0.113.7")
    WebhookSender.objects.update(last_seen=F("last_seen") - 91 * DAY)
    send(scenario, "203.0.113.8")

    senders.forget_old_senders()

    assert [sender.network for sender in senders.senders_of(scenario.customer)] == ["203.0.113.8"]
