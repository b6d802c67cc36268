"""What to paste into Ringostat, and whether it has arrived."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from integrations.admin.customer.webhook_addresses import PARAMETERS
from integrations.domain.calls import EventKind
from integrations.models import Call, Customer, WebhookEvent
from integrations.ringostat.vocabulary import ANALYSIS, RATING
from integrations.ringostat.vocabulary import PARAMETERS as FACTS
from tests.factories import make_call, make_customer, make_event, make_specialist

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def address(customer: Customer, name: str = "webhook_setup") -> str:
    return reverse(f"admin:integrations_customer_{name}", args=[customer.pk])


def html_of(console: Client, customer: Customer, name: str = "webhook_setup") -> str:
    return console.get(address(customer, name)).content.decode()


def test_every_event_has_an_address_to_copy(console: Client) -> None:
    customer = make_customer()
    token = customer.webhook_tokens.get()

    html = html_of(console, customer)

    assert not [kind for kind in EventKind if f'data-copy="{token.address}{kind}/"' not in html]


def test_every_proposed_parameter_name_is_understood() -> None:
    known = {name for names in [*FACTS.values(), *ANALYSIS.values(), *RATING.values()] for name in names}

    proposed = [parameter.name for group in PARAMETERS for parameter in group.parameters]
    strange = [name for name in proposed if name.lower() not in known and not name.startswith(("utm_", "action_"))]
    assert strange == []


def test_the_customers_own_parameters_are_proposed_too(console: Client) -> None:
    customer = make_customer()
    customer.utm_fields.create(parameter="client_id", field="Client ID")

    assert 'data-copy="client_id"' in html_of(console, customer)


def test_page_polls_until_the_first_webhook_arrives(console: Client) -> None:
    customer = make_customer()
    before = html_of(console, customer, "first_webhook")
    make_event(make_call(customer))
    after = html_of(console, customer, "first_webhook")

    assert "Waiting for the first webhook" in before
    assert "hx-get" in before
    assert "Receiving webhooks" in after
    assert "hx-get" not in after


def test_test_event_counts_neither_as_a_call_nor_as_the_first_webhook(console: Client) -> None:
    customer = make_customer()

    html = console.post(address(customer), {"action": "test"}, follow=True).content.decode()

    assert "Test event received" in html
    assert "Waiting for the first webhook" in html
    assert WebhookEvent.objects.get().event == "test"
    assert not Call.objects.exists()


def test_rotation_creates_a_new_address_and_the_old_one_can_be_revoked(console: Client) -> None:
    customer = make_customer()
    old = customer.webhook_tokens.get()

    rotated = console.post(address(customer), {"action": "rotate"}, follow=True).content.decode()
    new = customer.webhook_tokens.get(valid_until=None)
    ended = console.post(address(customer), {"action": "revoke", "token": old.pk}, follow=True).content.decode()

    assert new != old
    assert f"{new.address}after_call/" in rotated
    assert old.address not in rotated
    assert "An old address works until" in rotated
    assert "An old address works until" not in ended
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("body", [{}, {"action": "explode"}, {"action": "revoke"}, {"action": "revoke", "token": "x"}])
def test_malformed_request_keeps_the_webhook_address(console: Client, body: dict[str, str]) -> None:
    customer = make_customer()

    assert console.post(address(customer), body).status_code == 302

    assert customer.webhook_tokens.get().valid_until is None
    assert not LogEntry.objects.exists()
