"""Traits of a Planfix account: shared by its customers, unknown at first, without personal data."""

from __future__ import annotations

import pytest

from integrations.models import AccountTrait, BackgroundJob, BackgroundJobKind, Secret
from integrations.services.account_traits import (
    AccountTraits,
    FilesOnUpdate,
    NumberFormat,
    NumberStorage,
    forget_unused_traits,
    learn,
    learn_number_storage,
    number_storage,
    shape_of,
    traits_of,
)
from integrations.services.customers.removal import removal_job
from integrations.services.privacy.retention import prune_all
from integrations.services.queue.progress import Progress
from tests.factories import make_customer

pytestmark = pytest.mark.django_db

NUMBER = "+380671234567"

STORED = [
    ([NUMBER], NumberStorage.AS_WRITTEN),
    (["380671234567"], NumberStorage.DIGITS),
    (["+380 (67) 123-45-67"], NumberStorage.FORMATTED),
    (["380501112233", "380671234567"], NumberStorage.DIGITS),
    (["0671234567"], NumberStorage.NATIONAL),
    (["067 123-45-67"], NumberStorage.NATIONAL),
    (["+380671234568"], NumberStorage.CHANGED),
    (["1234567"], NumberStorage.CHANGED),
    ([], NumberStorage.CHANGED),
]


@pytest.mark.parametrize(("stored", "expected"), STORED)
def test_number_storage_is_recognised_from_stored_numbers(stored: list[str], expected: NumberStorage) -> None:
    assert number_storage(NUMBER, stored, "UA") is expected


TRIALS = [
    ("+380101234567", "0101234567", "UA", NumberStorage.NATIONAL),
    ("+380101234567", "101234567", "UA", NumberStorage.NATIONAL),
    ("+380101234567", "9101234567", "UA", NumberStorage.CHANGED),
    ("+380101234567", "1234567", "UA", NumberStorage.CHANGED),
    ("+380101234567", "0101234567", "PL", NumberStorage.CHANGED),
    ("+79161234567", "89161234567", "RU", NumberStorage.NATIONAL),
    ("+48101234567", "101234567", "PL", NumberStorage.NATIONAL),
]


@pytest.mark.parametrize(("written", "stored", "region", "expected"), TRIALS)
def test_number_storage_is_recognised_from_an_unassigned_number(
    written: str, stored: str, region: str, expected: NumberStorage
) -> None:
    assert number_storage(written, [stored], region) is expected


def test_new_account_has_no_known_traits() -> None:
    assert traits_of(make_customer()) == AccountTraits()


def test_learnt_traits_are_read_with_their_types() -> None:
    customer = make_customer()
    formats = frozenset({NumberFormat.FULL, NumberFormat.LAST_SEVEN})
    learn(customer, evidence="seen", takes_emoji=False, found_by=formats, files_on_update=FilesOnUpdate.REPLACED)
    learn(customer, evidence="seen again", takes_emoji=True)

    expected = AccountTraits(takes_emoji=True, found_by=formats, files_on_update=FilesOnUpdate.REPLACED)
    assert traits_of(customer) == expected
    assert AccountTrait.objects.get(name="takes_emoji").evidence == "seen again"


def test_trait_that_no_format_finds_is_known_and_not_unknown() -> None:
    customer = make_customer()
    learn(customer, evidence="", found_by=frozenset())

    assert traits_of(customer).found_by == frozenset()


def test_customers_of_one_account_share_traits_and_others_do_not() -> None:
    first = make_customer(planfix_url="https://acme.planfix.com")
    learn(first, evidence="", combines_filters=True)

    assert traits_of(make_customer(planfix_url="https://ACME.planfix.com/rest/")).combines_filters is True
    assert traits_of(make_customer(planfix_url="https://other.planfix.com")).combines_filters is None


def test_customer_that_moves_to_another_account_starts_unknown() -> None:
    customer = make_customer()
    learn(customer, evidence="", combines_filters=True)
    customer.planfix_url = "https://other.planfix.com"

    assert traits_of(customer) == AccountTraits()


def test_traits_of_a_newer_release_are_ignored() -> None:
    customer = make_customer()
    for name, value in {"not_known_here": "yes", "number_storage": "in Roman numerals", "keeps_html": "maybe"}.items():
        AccountTrait.objects.create(account=customer.planfix_account, name=name, value=value)

    assert traits_of(customer) == AccountTraits()


def test_evidence_of_a_trait_shows_the_format_and_not_the_number() -> None:
    customer = make_customer()
    learn_number_storage(customer, written=NUMBER, stored=["380671234567"])

    assert AccountTrait.objects.get().evidence == "+000000000000 is stored as 000000000000"
    assert traits_of(customer).number_storage is NumberStorage.DIGITS


def test_shape_of_a_number_keeps_signs_and_hides_digits_and_letters() -> None:
    assert shape_of("+38 (067) 1-23 доб. 5") == "+00 (000) 0-00 xxx. 0"


def test_traits_stay_while_another_customer_has_the_account() -> None:
    first, second = make_customer(), make_customer()
    learn(first, evidence="", combines_filters=True)
    _remove(first.pk)
    assert traits_of(second).combines_filters is True

    _remove(second.pk)
    assert not AccountTrait.objects.exists()


def test_nightly_pruning_forgets_an_account_that_its_customer_left() -> None:
    customer = make_customer(planfix_token=Secret.of("token"))
    learn(customer, evidence="", combines_filters=True)
    customer.planfix_url = "https://other.planfix.com"
    customer.save()
    learn(customer, evidence="", combines_filters=False)

    prune_all()

    assert [trait.account for trait in AccountTrait.objects.all()] == ["other.planfix.com"]


def test_forgetting_traits_keeps_accounts_in_use() -> None:
    customer = make_customer()
    learn(customer, evidence="", combines_filters=True)
    forget_unused_traits()

    assert traits_of(customer).combines_filters is True


def _remove(customer_id: int) -> None:
    job = BackgroundJob(kind=BackgroundJobKind.REMOVE_CUSTOMER, arguments={"customer_id": customer_id})
    job.save()
    removal_job(job, Progress(job))
