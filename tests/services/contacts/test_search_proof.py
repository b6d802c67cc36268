"""An empty search counts only if the account's search is proven to find existing contacts."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Customer, RememberedContact
from integrations.planfix.http.client import PlanfixClient
from integrations.planfix.http.errors import PlanfixSearchBlind
from integrations.services.account_traits import NumberFormat, NumberStorage, learn, traits_of
from integrations.services.contacts.search import find_client
from sandbox.planfix.account import Account
from sandbox.planfix.world import World
from tests.conftest import Scenario

NUMBER, OTHER, TYPED = "+380671234567", "+380931112233", "+380 50 111 22 33"


@pytest.fixture
def planfix(account: Account) -> PlanfixClient:
    return PlanfixClient(account.url, account.token)


@pytest.fixture
def customer(scenario: Scenario) -> Customer:
    return scenario.customer


def enter(account: Account, **switches: str) -> None:
    account.enter(World().with_switches(switches))


def found(planfix: PlanfixClient, customer: Customer, **more: bool) -> list[int]:
    return [contact.id for contact in find_client(planfix, customer, NUMBER, **more)]


def searches(account: Account) -> int:
    return len([request for request in account.requests if request.path == "/contact/list"])


@pytest.mark.parametrize(
    ("world", "form"),
    [
        ({}, NumberFormat.FULL),
        ({"stored_number": "digits"}, NumberFormat.DIGITS),
        ({"stored_number": "digits", "phone_filter": "equals"}, NumberFormat.DIGITS),
        ({"stored_number": "digits", "phone_filter": "with_plus"}, NumberFormat.FULL),
        ({"stored_number": "masked", "phone_filter": "digits"}, NumberFormat.FULL),
        ({"stored_number": "masked"}, NumberFormat.PIECES),
    ],
)
def test_a_client_is_found_in_the_format_that_the_accounts_search_finds(
    planfix: PlanfixClient, account: Account, customer: Customer, world: dict[str, str], form: NumberFormat
) -> None:
    enter(account, **world)
    account.add_contact(name="Ivan", phones=[OTHER])
    client = account.add_contact(name="Olha", phones=[NUMBER])

    assert found(planfix, customer) == [client.id]
    assert traits_of(customer).found_by == {form}
    account.forget_requests()
    assert found(planfix, customer) == [client.id]
    assert searches(account) == 1, "what was learnt costs no further request"


@pytest.mark.parametrize(
    "world", [{"phone_filter": "nothing"}, {"stored_number": "masked", "phone_filter": "equals"}], ids=str
)
def test_empty_search_of_an_account_that_finds_no_existing_contact_is_an_error(
    planfix: PlanfixClient, account: Account, customer: Customer, world: dict[str, str]
) -> None:
    enter(account, **world)
    account.add_contact(name="Ivan", phones=[OTHER])

    with pytest.raises(PlanfixSearchBlind):
        found(planfix, customer)
    assert Customer.objects.get().search_is_blind

    enter(account)
    account.add_contact(name="Petro", phones=["+380501112233"])
    assert found(planfix, customer) == []
    assert not Customer.objects.get().search_is_blind


def test_account_without_full_numbers_gives_no_proof_and_blocks_no_contact(
    planfix: PlanfixClient, account: Account, customer: Customer
) -> None:
    account.add_contact(name="Ivan", phones=["093 111 22 33"])

    assert found(planfix, customer) == []
    assert traits_of(customer).found_by is None


def test_contact_of_an_earlier_call_proves_the_search_if_no_other_can(
    planfix: PlanfixClient, account: Account, customer: Customer
) -> None:
    for number in range(100):
        account.add_contact(name="Ivan", phones=[f"093 111 {number:04}"])
    earlier = account.add_contact(name="Petro", phones=[OTHER])
    RememberedContact.objects.create(customer=customer, number=OTHER, contact_id=earlier.id)
    enter(account, phone_filter="nothing")

    with pytest.raises(PlanfixSearchBlind):
        found(planfix, customer)


@pytest.mark.parametrize(
    ("numbers", "form"),
    [
        ([OTHER, TYPED], NumberFormat.FULL),
        ([TYPED, OTHER], NumberFormat.FULL),
        ([TYPED, OTHER.lstrip("+")], NumberFormat.DIGITS),
    ],
)
def test_number_typed_with_blanks_is_not_preferred_as_a_proof(
    planfix: PlanfixClient, account: Account, customer: Customer, numbers: list[str], form: NumberFormat
) -> None:
    for number in numbers:
        account.add_contact(name="Ivan", phones=[number])

    assert found(planfix, customer) == []
    assert traits_of(customer).found_by == {form}


def test_contact_with_a_number_of_another_country_gives_no_lasting_proof(
    planfix: PlanfixClient, account: Account, customer: Customer
) -> None:
    """The account formats numbers of its own country only."""
    enter(account, stored_number="masked")
    account.add_contact(name="Anna", phones=["+48512345678"])
    assert found(planfix, customer) == []
    assert traits_of(customer).found_by is None

    client = account.add_contact(name="Olha", phones=[NUMBER])
    account.add_contact(name="Jan", phones=["+48512345679"])

    assert found(planfix, customer) == [client.id]
    assert traits_of(customer).found_by == {NumberFormat.PIECES}


def test_a_contact_that_may_be_created_is_searched_for_by_name(
    planfix: PlanfixClient, account: Account, customer: Customer
) -> None:
    enter(account, new_contacts="not_found")
    account.add_contact(name="Ivan", phones=[OTHER])
    created = account.add_contact(name=NUMBER, phones=[NUMBER], is_made_by_api=True)
    account.add_contact(name=f"{NUMBER}8", phones=[f"{NUMBER}8"])

    assert found(planfix, customer) == []
    assert found(planfix, customer, may_be_created=True) == [created.id]


def test_old_contact_proves_nothing_if_no_format_finds_a_new_one(
    planfix: PlanfixClient, account: Account, customer: Customer
) -> None:
    learn(customer, evidence="tried", found_by=frozenset())
    account.add_contact(name="Ivan", phones=[OTHER])
    enter(account, phone_filter="equals")

    with pytest.raises(PlanfixSearchBlind):
        found(planfix, customer)


def test_a_search_that_does_not_combine_filters_does_not_answer_for_any_format(
    planfix: PlanfixClient, account: Account, customer: Customer
) -> None:
    customer.phone_matching = "any_format"
    for number in range(120):
        account.add_contact(name="Ivan", phones=[f"+38067123{number:04}"])
    assert found(planfix, customer) == []

    enter(account, several_filters="any")
    with pytest.raises(PlanfixSearchBlind, match="do not pass all filters"):
        found(planfix, customer)


def test_a_client_is_found_where_the_account_stores_numbers_without_the_country_code(
    planfix: PlanfixClient, customer: Customer, account: Account
) -> None:
    olha = account.add_contact(name="Olha Koval", phones=["0671234567"])
    assert found(planfix, customer) == []  # as long as this is not known of the account, other formats are others' work
    learn(customer, evidence="", number_storage=NumberStorage.NATIONAL, finds_parts=True)

    assert found(planfix, customer) == [olha.id]


HIDDEN = [
    {"number_storage": NumberStorage.CHANGED},
    {"number_storage": NumberStorage.CHANGED, "finds_parts": True, "found_by": frozenset({NumberFormat.LAST_SEVEN})},
    {"number_storage": NumberStorage.NATIONAL},
    {"number_storage": NumberStorage.NATIONAL, "finds_parts": False},
]


@pytest.mark.parametrize("traits", HIDDEN, ids=str)
def test_an_empty_search_is_no_answer_where_the_account_stores_other_digits(
    planfix: PlanfixClient, customer: Customer, account: Account, traits: dict[str, Any]
) -> None:
    account.add_contact(name="Ivan Petrenko", phones=[OTHER])
    learn(customer, evidence="", **traits)

    with pytest.raises(PlanfixSearchBlind, match="stores numbers in another way"):
        found(planfix, customer)


def test_empty_search_counts_in_an_account_with_national_numbers_if_parts_are_found(
    planfix: PlanfixClient, customer: Customer, account: Account
) -> None:
    account.add_contact(name="Ivan Petrenko", phones=["0931112233"])
    learn(customer, evidence="", number_storage=NumberStorage.NATIONAL, finds_parts=True)

    assert found(planfix, customer) == []
