"""The page of a customer's contact directory, and the advice beside the setting for phone matching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Customer, DirectoryAccount, Spelling
from integrations.services.directory.reading import read_directory
from integrations.services.directory.report import masked_example, spelling_report
from tests.conftest import Scenario
from tests.factories import make_customer, make_superuser, make_user

pytestmark = pytest.mark.django_db

CLIENT = "+380671234567"


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def scenario(make_scenario: Callable[..., Scenario]) -> Scenario:
    """An account with one number in full format of four, one shared number, and a field without a number."""
    scenario = make_scenario(directory=True)
    for name, phone in [("Olha", CLIENT), ("=Petro", "067 123-45-67 Viber"), ("Ivan", "050 765-43-21"), ("Anna", "-")]:
        scenario.account.add_contact(name=name, phones=[phone])
    scenario.account.add_contact(name="Firm", phones=["380931112233"], is_company=True)
    read_directory(scenario.customer.pk)
    return scenario


def page(customer: Customer, name: str = "directory") -> str:
    return reverse(f"admin:integrations_customer_{name}", args=[customer.pk])


def test_page_counts_how_all_numbers_of_the_account_are_spelled(scenario: Scenario) -> None:
    report = spelling_report(Customer.objects.get())

    assert report
    assert (report.numbers, report.not_full, report.missed, report.percent_not_full) == (4, 3, 2, 75)
    assert {count.spelling: (count.count, count.examples) for count in report.counts} == {
        Spelling.FULL: (1, ("+380•••••••••",)),
        Spelling.DIGITS: (1, ("380•••••••••",)),
        Spelling.LOCAL: (1, ("050 •••-••-••",)),
        Spelling.TEXT: (1, ("067 •••-••-•• …",)),
        Spelling.UNREADABLE: (1, ("-",)),
    }


def test_example_of_a_spelling_shows_neither_number_nor_name() -> None:
    assert masked_example("Олена Коваль +38 (067) 123-45-67") == "… … +38 (0••) •••-••-••"


def test_directory_page_shows_state_spellings_and_shared_numbers(console: Client, scenario: Scenario) -> None:
    html = console.get(page(scenario.customer)).content.decode()

    assert "5 contacts and companies." in html
    assert "Of 4 numbers, 75 % are not in full format." in html
    assert "Calls from up to 2 numbers would create second contacts." in html
    assert "067 •••-••-•• …" in html
    assert "One number belongs to several contacts." in html
    assert f'href="{scenario.account.url}/contact/{scenario.account.contacts[0].id}"' in html
    assert "765-43-21" not in html, "examples are masked"


def test_contacts_that_share_a_number_can_be_downloaded(console: Client, scenario: Scenario) -> None:
    response: Any = console.get(page(scenario.customer, "shared_numbers"))
    lines = response.content.decode("utf-8-sig").splitlines()

    olha, petro = scenario.account.contacts[:2]
    assert lines[1:] == [
        f'"{CLIENT}",{olha.id},"Olha","Contact","{scenario.account.url}/contact/{olha.id}"',
        f'"{CLIENT}",{petro.id},"\'=Petro","Contact","{scenario.account.url}/contact/{petro.id}"',
    ]


@pytest.mark.parametrize(("matching", "is_advised"), [("full", True), ("any_format", False)])
def test_the_settings_advise_on_phone_matching(
    console: Client, scenario: Scenario, matching: str, is_advised: bool
) -> None:
    Customer.objects.update(phone_matching=matching)
    html = console.get(page(scenario.customer, "change")).content.decode()

    assert "Of 4 numbers, 75 % are not in full format." in html
    assert ("would create second contacts" in html) == is_advised


def test_directory_is_started_from_the_page_of_a_customer_without_one(console: Client) -> None:
    customer = make_customer()
    assert "Start the directory" in console.get(page(customer)).content.decode()

    console.post(page(customer))

    assert Customer.objects.get().directory
    assert "The first reading starts within a minute." in console.get(page(customer)).content.decode()


def test_directory_page_shows_progress_and_error_of_the_first_reading(console: Client) -> None:
    customer = make_customer(directory=True)
    DirectoryAccount.objects.create(account=customer.planfix_account, contacts_read=12_300, error="No answer")
    html = console.get(page(customer)).content.decode()

    assert "Reading: 12,300 contacts so far." in html
    assert "No answer" in html


@pytest.mark.parametrize("name", ["directory", "shared_numbers"])
def test_viewer_cannot_open_the_directory_page(client: Client, name: str) -> None:
    customer = make_customer()
    viewer = make_user()
    customer.viewers.add(viewer)
    client.force_login(viewer)

    assert client.get(page(customer, name)).status_code in (302, 403)
