"""The webhook addresses and parameters to paste into Ringostat, and the webhooks that arrived."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.customer.webhooks.addresses import PARAMETERS
from integrations.domain.calls import EventKind
from integrations.models import Call, CallState, Customer, Delivery, WebhookEvent
from integrations.ringostat.vocabulary import ANALYSIS, RATING
from integrations.ringostat.vocabulary import PARAMETERS as FACTS
from tests.factories import NOON, make_call, make_customer, make_event, make_specialist

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


def test_parameters_mapped_by_the_customer_are_proposed_too(console: Client) -> None:
    customer = make_customer()
    customer.utm_fields.create(parameter="client_id", field="Client ID")

    assert 'data-copy="client_id"' in html_of(console, customer)


def test_webhook_page_polls_until_the_newest_call_is_in_planfix(console: Client) -> None:
    customer = make_customer()
    before = html_of(console, customer, "first_webhook")
    call = make_call(customer, state=CallState.PENDING)
    make_event(call)
    waiting = html_of(console, customer, "first_webhook")
    Call.objects.filter(pk=call.pk).update(state=CallState.DELIVERED)
    Delivery.objects.update_or_create(call=call, defaults={"contact_id": 812, "comment_id": 5})
    after = html_of(console, customer, "first_webhook")

    assert "Waiting for the first webhook" in before
    assert "hx-get" in before
    assert "Receiving webhooks" in waiting
    assert "hx-get" in waiting
    assert "hx-get" not in after
    assert 'href="https://acme.planfix.com/contact/812?comment=5"' in after
    assert reverse("calllog:call", args=[call.pk]) in after


def test_each_required_event_shows_when_it_last_came(console: Client) -> None:
    customer = make_customer()
    make_event(make_call(customer), kind="after_call", received_at=NOON)

    html = html_of(console, customer)

    assert html.count("not received yet") == 1
    assert "last received 2 Mar, 12:00" in html


def test_parameter_names_of_a_required_event_are_copied_together(console: Client) -> None:
    customer = make_customer()

    html = html_of(console, customer)

    assert 'data-copy="uniqueid\ncall_timestamp\ndst\nemployee_number\nbillsec\nrecording"' in html
    assert "recording\nutm_source" in html


def test_test_event_counts_neither_as_a_call_nor_as_the_first_webhook(console: Client) -> None:
    customer = make_customer()

    html = console.post(address(customer), {"action": "test"}, follow=True).content.decode()

    assert "Test event received" in html
    assert "Waiting for the first webhook" in html
    assert WebhookEvent.objects.get().event == "test"
    assert not Call.objects.exists()


def test_replacing_the_webhook_address_creates_a_new_one_and_the_old_one_can_be_revoked(console: Client) -> None:
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
def test_malformed_form_keeps_the_webhook_address(console: Client, body: dict[str, str]) -> None:
    customer = make_customer()

    assert console.post(address(customer), body).status_code == 302

    assert customer.webhook_tokens.get().valid_until is None
    assert not LogEntry.objects.exists()


def test_webhook_page_says_which_parameters_come_and_what_is_missing_without_the_others(console: Client) -> None:
    customer = make_customer()
    make_event(make_call(customer, started_at=timezone.now()), received_at=timezone.now())

    html = html_of(console, customer)

    assert "What your webhooks show" in html
    assert "never" in html
    assert "Calls without it are skipped: no contact can be found." in html
    assert "1 of 1" in html


def test_webhook_page_of_a_customer_without_requests_has_no_statistics(console: Client) -> None:
    assert "What your webhooks show" not in html_of(console, make_customer())


def test_event_that_the_company_does_not_need_is_marked_and_unmarked(console: Client) -> None:
    customer = make_customer()

    def post(action: str, event: str) -> tuple[list[str], bool]:
        console.post(address(customer), {"action": action, "event": event})
        customer.refresh_from_db()
        return customer.events_not_needed, "marked as not needed" in html_of(console, customer)

    assert post("not_needed", "after_outgoing_call") == (["after_outgoing_call"], True)
    assert post("not_needed", "forwarding") == (["after_outgoing_call"], True)
    assert post("needed", "after_outgoing_call") == ([], False)
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Marked the webhook “after_outgoing_call” as not needed.",
        "Marked the webhook “after_outgoing_call” as needed.",
    ]
