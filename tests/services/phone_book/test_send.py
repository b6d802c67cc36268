"""Contacts of the directory are sent to the contact book of Ringostat's telephones, and their changes follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from integrations.models import (
    Call,
    Customer,
    DirectoryAccount,
    DirectoryContact,
    PhoneBook,
    PhoneBookContacts,
    PhoneBookEntry,
    Secret,
)
from integrations.services.phone_book import send
from integrations.services.phone_book.choice import choose_contacts, phone_book_state
from integrations.services.phone_book.send import customers_to_send, send_contacts
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.directory_contacts import add_directory_contact
from tests.factories import call_facts, make_call, make_customer, make_employee

pytestmark = pytest.mark.django_db

OLHA, PETRO, MARTA = "+380671234567", "+380931112233", "+48601234567"


@pytest.fixture
def customer(sandbox: Sandbox, ringostat: Ringostat, settings: Any) -> Customer:
    settings.ALLOW_PRIVATE_HOSTS = True
    customer = make_customer(ringostat_api_url=sandbox.url)
    make_employee(customer, planfix_user_id=5, staff_id="331851")
    return customer


def add_contact(customer: Customer, contact_id: int, *numbers: str, **columns: Any) -> DirectoryContact:
    """Adds a contact that changed an hour ago: a run leaves the newest changes to the next run."""
    contact = add_directory_contact(customer, contact_id, *numbers, **columns)
    DirectoryContact.objects.filter(pk=contact.pk).update(changed_at=timezone.now() - timedelta(hours=1))
    return contact


def send_all(customer: Customer, contacts: PhoneBookContacts = PhoneBookContacts.ALL) -> None:
    choose_contacts(customer, contacts)
    send_contacts(customer.pk)


def sent_names(ringostat: Ringostat) -> list[str]:
    return sorted(entry["fullName"] for entry in ringostat.contact_book.values())


def test_contact_is_sent_with_name_numbers_link_and_responsible_employee(
    customer: Customer, ringostat: Ringostat
) -> None:
    add_contact(customer, 812, OLHA, PETRO, name="Olha Koval")
    send_all(customer)

    assert list(ringostat.contact_book.values()) == [
        {
            "projectId": 110070,
            "fullName": "Olha Koval",
            "origin": "Planfix",
            "externalId": "812",
            "leadId": None,
            "responsible": "5",
            "staffId": 331851,
            "contactLink": "https://acme.planfix.com/contact/812",
            "leadLink": None,
            "dealLink": None,
            "googleClientId": None,
            "contactDirections": [
                {"name": "work", "type": "phone", "value": OLHA},
                {"name": "work", "type": "phone", "value": PETRO},
            ],
            "organizations": None,
        }
    ]


def test_unknown_responsible_employee_is_null_and_a_contact_without_name_has_its_number(
    customer: Customer, ringostat: Ringostat
) -> None:
    add_contact(customer, 812, OLHA, name="", responsible_ids=[])
    send_all(customer)

    [entry] = ringostat.contact_book.values()
    assert (entry["fullName"], entry["staffId"], entry["responsible"]) == (OLHA, None, None)


def test_deleted_contacts_and_those_without_a_number_are_not_sent(customer: Customer, ringostat: Ringostat) -> None:
    add_contact(customer, 1, OLHA, deleted=True)
    add_contact(customer, 2)
    add_contact(customer, 3, PETRO, name="Petro")
    send_all(customer)

    assert sent_names(ringostat) == ["Petro"]


def test_only_contacts_who_ever_called_are_sent_by_choice(customer: Customer, ringostat: Ringostat) -> None:
    add_contact(customer, 1, OLHA, name="Olha")
    add_contact(customer, 2, PETRO, name="Petro")
    make_call(customer, call_facts(e164=OLHA, caller=OLHA))
    make_call(make_customer(), call_facts(e164=PETRO, caller=PETRO))
    send_all(customer, PhoneBookContacts.CALLERS)

    assert sent_names(ringostat) == ["Olha"]


def test_new_caller_whose_contact_did_not_change_is_sent_by_the_next_run(
    customer: Customer, ringostat: Ringostat
) -> None:
    add_contact(customer, 1, OLHA, name="Olha")
    send_all(customer, PhoneBookContacts.CALLERS)
    assert not ringostat.contact_book

    make_call(customer, call_facts(e164=OLHA, caller=OLHA, exact_start=timezone.now()))
    send_contacts(customer.pk)
    assert sent_names(ringostat) == ["Olha"]


def test_sent_contact_stays_up_to_date_without_its_calls(customer: Customer, ringostat: Ringostat) -> None:
    add_contact(customer, 1, OLHA, name="Olha")
    make_call(customer, call_facts(e164=OLHA, caller=OLHA))
    send_all(customer, PhoneBookContacts.CALLERS)
    Call.objects.all().delete()
    DirectoryContact.objects.update(name="Olha Bila", changed_at=F("changed_at") + timedelta(minutes=5))
    send_contacts(customer.pk)

    assert sent_names(ringostat) == ["Olha Bila"]


def test_phone_book_run_sends_only_changed_contacts(customer: Customer, ringostat: Ringostat) -> None:
    olha = add_contact(customer, 1, OLHA, name="Olha")
    add_contact(customer, 2, PETRO, name="Petro")
    send_all(customer)
    requests = len(ringostat.requests)
    send_contacts(customer.pk)
    assert len(ringostat.requests) == requests, "nothing changed"

    DirectoryContact.objects.filter(pk=olha.pk).update(
        name="Olha Bila", changed_at=F("changed_at") + timedelta(minutes=5)
    )
    send_contacts(customer.pk)
    assert sent_names(ringostat) == ["Olha Bila", "Petro"]
    assert len(ringostat.requests) == requests + 1
    assert "Petro" not in ringostat.requests[-1].body


def test_changed_employees_reach_the_phone_book_within_a_day(customer: Customer, ringostat: Ringostat) -> None:
    add_contact(customer, 1, OLHA)
    send_all(customer)
    customer.employees.update(staff_id="331852")
    send_contacts(customer.pk)
    assert [entry["staffId"] for entry in ringostat.contact_book.values()] == [331851]

    PhoneBook.objects.update(round_at=F("round_at") - timedelta(days=1, minutes=1))
    send_contacts(customer.pk)  # ends the round
    send_contacts(customer.pk)
    assert [entry["staffId"] for entry in ringostat.contact_book.values()] == [331852]


def test_phone_book_run_is_bounded_and_the_next_one_continues(
    customer: Customer, ringostat: Ringostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PAGE", 2), ("MOST_PAGES", 2), ("BATCH", 1)):
        monkeypatch.setattr(send, name, value)
    for number in range(5):
        add_contact(customer, number + 1, f"+38067000000{number}", name=f"Contact {number}")
    send_all(customer)
    assert len(ringostat.contact_book) == 4
    assert len(ringostat.requests) == 4

    send_contacts(customer.pk)
    assert len(ringostat.contact_book) == 5


def test_failed_sending_is_reported_delays_the_next_attempt_and_loses_no_contact(
    customer: Customer, ringostat: Ringostat
) -> None:
    add_contact(customer, 1, OLHA)
    ringostat.auth_key = "another"
    send_all(customer)

    book = PhoneBook.objects.get()
    assert book.trouble == "Ringostat answered 401: the Auth-key is wrong."
    assert customers_to_send() == []

    ringostat.auth_key = ""
    PhoneBook.objects.update(next_at=timezone.now())
    assert customers_to_send() == [customer.pk]
    send_contacts(customer.pk)
    assert PhoneBook.objects.get().trouble == ""
    assert len(ringostat.contact_book) == 1


def test_only_customers_with_choice_key_and_project_send() -> None:
    able = make_customer()
    choose_contacts(able, PhoneBookContacts.ALL)
    turned_off = make_customer()
    for chosen in (PhoneBookContacts.ALL, PhoneBookContacts.NONE):
        choose_contacts(turned_off, chosen)
    choose_contacts(make_customer(ringostat_project_id=""), PhoneBookContacts.ALL)
    choose_contacts(make_customer(ringostat_auth_key=Secret()), PhoneBookContacts.ALL)

    assert customers_to_send() == [able.pk]
    assert Customer.objects.get(pk=able.pk).directory


def test_phone_book_state_counts_contacts_that_cannot_be_removed(customer: Customer, ringostat: Ringostat) -> None:
    contact = add_contact(customer, 1, OLHA)
    add_contact(customer, 2, PETRO)
    send_all(customer)
    DirectoryContact.objects.filter(pk=contact.pk).update(deleted=True)
    choose_contacts(customer, PhoneBookContacts.NONE)
    send_contacts(customer.pk)

    state = phone_book_state(customer)
    assert (state.contacts, state.sent, state.deleted) == ("none", 2, 1)
    assert len(ringostat.contact_book) == 2


def test_no_contact_is_sent_without_a_directory(customer: Customer, ringostat: Ringostat) -> None:
    add_contact(customer, 1, OLHA)
    choose_contacts(customer, PhoneBookContacts.ALL)
    DirectoryAccount.objects.all().delete()
    send_contacts(customer.pk)

    assert not ringostat.contact_book
    assert not PhoneBookEntry.objects.exists()
