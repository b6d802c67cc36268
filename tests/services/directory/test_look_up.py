"""Contacts are found in the directory by their number in any spelling."""

from __future__ import annotations

import pytest

from integrations.models import DirectoryAccount, DirectoryContact, DirectoryNumber, Spelling
from integrations.services.directory.look_up import contacts_of
from tests.factories import make_customer

pytestmark = pytest.mark.django_db

NUMBER = "+380671234567"


def add_contact(contact_id: int, *written: str, number: str = NUMBER, **columns: object) -> None:
    account, _ = DirectoryAccount.objects.get_or_create(account="acme.planfix.com")
    values = {"is_company": False, "name": f"Contact {contact_id}", "responsible_ids": [5, 7]} | columns
    contact = DirectoryContact.objects.create(account=account, contact_id=contact_id, **values)
    for text in written:
        DirectoryNumber.objects.create(
            contact=contact, account=account, number=number, written=text, spelling=Spelling.FULL
        )


def test_look_up_orders_people_before_companies_and_then_by_id() -> None:
    add_contact(1, NUMBER, is_company=True)
    add_contact(9, NUMBER, "067 123-45-67")
    add_contact(8, NUMBER)
    add_contact(7, NUMBER, deleted=True)
    add_contact(6, "+380671234568", number="+380671234568")

    found = contacts_of(make_customer(), NUMBER)

    assert [match.contact_id for match in found] == [8, 9, 1]
    assert found[1].written == (NUMBER, "067 123-45-67")
    assert found[0].name == "Contact 8"
    assert found[0].responsible_ids == (5, 7)


def test_directory_number_without_country_code_is_read_in_the_customers_country() -> None:
    add_contact(8, "067 123-45-67")

    assert contacts_of(make_customer(), NUMBER)
    assert not contacts_of(make_customer(region="PL"), NUMBER)


def test_look_up_finds_no_contacts_of_another_account() -> None:
    add_contact(8, NUMBER)

    assert not contacts_of(make_customer(planfix_url="https://other.planfix.com"), NUMBER)


def test_directory_look_up_takes_one_query(django_assert_num_queries: object) -> None:
    add_contact(8, NUMBER)
    customer = make_customer()

    with django_assert_num_queries(1):  # type: ignore[operator]
        contacts_of(customer, NUMBER)
