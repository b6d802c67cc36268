"""The routing page: settings, what to enter in Ringostat, a number to try, and the first question."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Customer, PhoneBook, PhoneBookEntry, Routing, RoutingAnswer, WebhookToken
from tests.directory_contacts import add_directory_contact
from tests.factories import make_customer, make_employee, make_specialist

pytestmark = pytest.mark.django_db

NUMBER = "+380671234567"
SETTINGS = {"action": "save", "enabled": "on", "first": "responsible", "form": "json", "key": "number_01", "fixed": ""}


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


@pytest.fixture
def customer() -> Customer:
    customer = make_customer()
    make_employee(customer, name="Iryna Bondar", sip_logins=["acmecom_iryna"])
    return customer


def address(customer: Customer, name: str = "routing") -> str:
    return reverse(f"admin:integrations_customer_{name}", args=[customer.pk])


def page(console: Client, customer: Customer, name: str = "routing") -> str:
    return console.get(address(customer, name)).content.decode()


def save(console: Client, customer: Customer, **changes: Any) -> str:
    return console.post(address(customer), {**SETTINGS, **changes}, follow=True).content.decode()


def test_saving_routing_settings_turns_the_directory_on(console: Client, customer: Customer) -> None:
    shown = save(console, customer, second="last_talked", third="fixed", fixed="acmecom_desk", only_online="on")

    routing = Routing.objects.get(customer=customer)
    assert "Routing saved." in shown
    assert "The contact directory was turned on." in shown
    assert (routing.enabled, routing.order, routing.only_online) == (
        True,
        ["responsible", "last_talked", "fixed"],
        True,
    )
    assert Customer.objects.get(pk=customer.pk).directory


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"second": "responsible"}, "Choose each of them once."),
        ({"second": "fixed"}, "Enter the direction to ring, or remove it from the order."),
        ({"fixed": "a b"}, "“a b” is neither a SIP login, a phone number nor a scheme ID."),
        ({"fixed": "a,b,c,d"}, "At most three directions, separated by commas."),
        ({"key": "two words"}, "Use Latin letters, digits and underscores."),
    ],
)
def test_invalid_routing_settings_are_refused_with_a_message(
    console: Client, customer: Customer, changes: Any, error: str
) -> None:
    assert error in save(console, customer, **changes)
    assert not Routing.objects.exists()


def test_routing_page_says_what_to_enter_in_ringostat(console: Client, customer: Customer) -> None:
    Routing.objects.create(customer=customer, enabled=True, form="json-rpc", key="to")
    shown = page(console, customer)

    token = WebhookToken.objects.get(customer=customer).token.reveal()
    assert f"/route/ringostat/{token}/" in shown
    assert "Data import type: <b>json-rpc</b>" in shown
    assert "Name of the response key: <code>to</code>" in shown
    assert 'data-copy="caller"' in shown


def test_trying_a_number_shows_the_answer_and_stores_nothing(console: Client, customer: Customer) -> None:
    Routing.objects.create(customer=customer, enabled=True, order=["last_talked", "responsible"])
    add_directory_contact(customer, 812, NUMBER)
    shown = console.post(address(customer), {"action": "try", "number": "067 123-45-67"}).content.decode()

    assert "The employee who talked with the client last: no employee has talked with this client." in shown
    assert "Rings Iryna Bondar: responsible for contact 812." in shown
    assert "acmecom_iryna</code>" in shown
    assert not RoutingAnswer.objects.exists()


def test_trying_a_text_that_is_no_number_is_refused(console: Client, customer: Customer) -> None:
    shown = console.post(address(customer), {"action": "try", "number": "12"}).content.decode()

    assert "“12” is not a phone number." in shown


def test_routing_page_polls_until_the_first_question_and_shows_it(console: Client, customer: Customer) -> None:
    assert "Routing is off" in page(console, customer, "first_question")

    Routing.objects.create(customer=customer, enabled=True)
    waiting = page(console, customer, "first_question")
    assert "Waiting for the first question…" in waiting
    assert "hx-trigger" in waiting

    RoutingAnswer.objects.create(customer=customer, client_number=NUMBER, reason="unknown_client", milliseconds=7)
    came = page(console, customer, "first_question")
    assert "no contact has this number" in came
    assert "hx-trigger" not in came
    assert "7 ms" in page(console, customer)


def test_routing_page_names_missing_directory_auth_key_and_error(console: Client, customer: Customer) -> None:
    Routing.objects.create(customer=customer, enabled=True, only_online=True, online_trouble="Ringostat answered 401.")
    Customer.objects.update(ringostat_auth_key="")
    shown = page(console, customer)

    assert "The contact directory is off" in shown
    assert "Without a Ringostat Auth-key" in shown
    assert "Ringostat answered 401." in shown


def test_choice_of_names_on_telephones_is_saved_and_the_page_says_what_was_sent(
    console: Client, customer: Customer
) -> None:
    assert "Ringofix cannot remove sent contacts:" in page(console, customer)
    shown = console.post(address(customer), {"action": "phone_book", "contacts": "callers"}, follow=True)
    assert "Names on telephones saved." in shown.content.decode()
    assert "No contact has been sent yet." in shown.content.decode()
    assert PhoneBook.objects.get().contacts == "callers"

    PhoneBookEntry.objects.create(customer=customer, contact_id=812, content_hash="x")
    PhoneBook.objects.update(sent_at=timezone.now(), trouble="Ringostat answered 401.")
    shown_later = page(console, customer)
    assert "1 contact is in the contact book" in shown_later
    assert "Contacts are not sent: Ringostat answered 401." in shown_later


def test_unknown_choice_of_names_on_telephones_changes_nothing(console: Client, customer: Customer) -> None:
    console.post(address(customer), {"action": "phone_book", "contacts": "some"})

    assert not PhoneBook.objects.exists()
