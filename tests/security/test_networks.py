"""The client address of a request with forged headers, and webhooks from networks that are not allowed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client

from integrations.models import WebhookEvent
from integrations.users.client_ip import client_address
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered

PROXIES = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # no proxy of ours: what it forwards means nothing
        ("10.0.0.2", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.2", "1.2.3.4, 203.0.113.7", "203.0.113.7"),  # the left one is the asker's own word
        ("10.0.0.2", "203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("10.0.0.2", "10.0.0.5", "10.0.0.5"),
        ("10.0.0.2", "", "10.0.0.2"),
        ("10.0.0.2", "nonsense", "nonsense"),
        ("10.0.0.2", "203.0.113.7:52100", "203.0.113.7"),
        ("10.0.0.2", "[2001:db8::1]:52100", "2001:db8::1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.2", "203.0.113.7", "203.0.113.7"),
        ("", "203.0.113.7", "203.0.113.7"),  # a local socket
        ("", "", ""),
    ],
)
def test_client_address_is_the_nearest_that_is_no_trusted_proxy(
    peer: str, forwarded: str, address: str, settings
) -> None:
    settings.TRUSTED_PROXIES = PROXIES

    assert client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("203.0.113.7", "", 200),
        ("2001:db8::7", "", 200),
        ("::ffff:203.0.113.7", "", 200),
        ("198.51.100.1", "", 403),
        ("198.51.100.1", "203.0.113.7", 403),
        ("127.0.0.1", "203.0.113.7", 200),
        ("127.0.0.1", "203.0.113.7, 198.51.100.1", 403),
        ("127.0.0.1", "nonsense", 403),
    ],
)
def test_only_listed_networks_may_send_webhooks(
    scenario: Scenario, settings, peer: str, forwarded: str, status: int
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("203.0.113.0/24"), ip_network("2001:db8::/32")]
    scenario.client = Client(REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded} if forwarded else {})

    assert scenario.post(answered()).status_code == status
    assert WebhookEvent.objects.count() == (status == 200)


def test_without_a_list_every_network_may_send_webhooks(scenario: Scenario) -> None:
    scenario.client = Client(REMOTE_ADDR="198.51.100.1")

    assert scenario.post(answered()).status_code == 200
