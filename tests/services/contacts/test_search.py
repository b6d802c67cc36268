"""The contact search over real HTTP against the sandbox: every number format, no other number, few requests."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from integrations.models import PhoneMatching
from integrations.planfix.http.client import PlanfixClient
from integrations.services.contacts.search import best_matches, find, unbroken_pieces
from integrations.services.directory.look_up import DirectoryMatch
from sandbox.planfix.account import Account
from sandbox.planfix.phone_numbers import only_digits
from sandbox.planfix.world import PhoneFilter, World

NUMBER = "+380671234567"
OTHER = "+380671234568"

SPELLINGS = [
    "+380671234567",
    "380671234567",
    "00380671234567",
    "80671234567",
    "0671234567",
    "671234567",
    "067 123-45-67",
    "067-123-45-67",
    "067 123 45 67",
    "067.123.45.67",
    "067/123-45-67",
    "067–123–45–67",
    "067\u00a0123\u00a045\u00a067",
    "067 1234567",
    "067-1234567",
    "067 123 4567",
    "067 123-4567",
    "067 12-34-567",
    "067 123-4-567",
    "067 12 345 67",
    "067 1 234 567",
    "0671 234 567",
    "067 1234-567",
    "67 123 45 67",
    "0-67-123-45-67",
    "0 67 123 45 67",
    "(067)1234567",
    "(067) 123-45-67",
    "8 067 123 45 67",
    "8(067)123-45-67",
    "8-067-123-45-67",
    "+38 (067) 123-45-67",
    "+38-067-123-45-67",
    "+38(067)1234567",
    "38 067 1234567",
    "+380 67 123 45 67",
    "+380 (67) 123-45-67",
    "+38 (0) 67 123 45 67",
    "tel:+380671234567",
    "+38 (067) 123 45 67, 101",
    "380 67 123-45-67 #101",
    "+38 067 1234567 ext 5",
    "+38 067 1234567 доб. 12",
    "067 123-45-67 Viber",
    "Іван +380 67 123 45 67",
    "моб. 067-123-45-67 (WhatsApp), роб. 044 222-33-44 вн. 12",
    "067 123 45 67 / 050 111 22 33",
    "050 111 22 33 / 067 123 45 67",
    "050 111 22 33, 067 123 45 67",
    "0501112233; 0671234567",
    "050 111 22 33 067 123 45 67",
    "+380501112233+380671234567",
    "1) 050 111 22 33 2) 067 123 45 67",
    "Viber/Telegram: +38(067)123-45-67 після 18:00",
]
OTHERS_SPELLINGS = ["+380671234568", "0671234568", "067 123-45-68", "+3806712345678", "+48671234567", "45-67", "101"]
OTHERS_SPELLINGS += [
    "067 123-45-68 Viber",
    "+48 671 234 567 Viber",
    "+380671234568 / 101",
    "4567 / 0671234",
    "@ivan_45_67",
]
FOREIGN = [
    ("+48512345678", "512 345 678", "PL"),
    ("+48512345678", "51 234 56 78", "PL"),
    ("+48512345678", "(0048) 512-345-678", "UA"),
    ("+4915123456789", "0151 23456789", "DE"),
    ("+4915123456789", "01512/3456789", "DE"),
    ("+33612345678", "06 12 34 56 78", "FR"),
    ("+12035550123", "(203) 555-0123", "US"),
    ("+390612345678", "06 1234 5678", "IT"),
]
SEPARATORS = ["", " ", "-", ".", "/"]
GROUPINGS = [(3, 2, 2), (3, 4), (7,), (2, 2, 3), (2, 3, 2), (3, 1, 3), (1, 3, 3), (1, 2, 2, 2), (4, 3)]
PREFIXES = ["+380", "380", "+380 ", "+38 0", "+38(0", "0", "(0", "8 0", "80", "00380", "+380 (", ""]


@pytest.fixture
def planfix(account: Account) -> PlanfixClient:
    return PlanfixClient(account.url, account.token)


def searched(
    planfix: PlanfixClient, number: str = NUMBER, *, matching: str = "any_format", region: str = "UA"
) -> list[int]:
    return [contact.id for contact in find(planfix, number, matching=matching, region=region)]


@pytest.mark.parametrize("normalises", [False, True], ids=["as typed", "digits only"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_contact_in_any_spelling_is_found_with_as_many_requests_as_full_format(
    planfix: PlanfixClient, account: Account, spelling: str, normalises: bool
) -> None:
    account.enter(World(phone_filter=PhoneFilter.DIGITS if normalises else PhoneFilter.CONTAINS))
    account.add_contact(name="Somebody", phones=[OTHER])
    contact = account.add_contact(name="Olha Koval", phones=["+380441111111", spelling])

    assert searched(planfix) == [contact.id]
    # Planfix itself returns some spellings for the full number. The same digits are the same number.
    is_returned = normalises or NUMBER in spelling
    is_same = is_returned and only_digits(spelling) == only_digits(NUMBER)
    assert len(account.requests) == (1 if is_same else 2)


@pytest.mark.parametrize("normalises", [False, True], ids=["as typed", "digits only"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_company_in_any_spelling_is_found_with_one_request_more_than_full_format(
    planfix: PlanfixClient, account: Account, spelling: str, normalises: bool
) -> None:
    account.enter(World(phone_filter=PhoneFilter.DIGITS if normalises else PhoneFilter.CONTAINS))
    company = account.add_contact(name="Koval & Sons", phones=[spelling], is_company=True)

    assert searched(planfix) == [company.id]
    assert len(account.requests) == 3


@pytest.mark.parametrize(("number", "spelling", "region"), FOREIGN)
def test_a_number_of_another_country_is_found_as_it_is_spelled_there(
    planfix: PlanfixClient, account: Account, number: str, spelling: str, region: str
) -> None:
    contact = account.add_contact(name="Anna", phones=[spelling])

    assert searched(planfix, number, region=region) == [contact.id]


@pytest.mark.parametrize("stored", OTHERS_SPELLINGS)
def test_contact_with_another_number_is_never_found(planfix: PlanfixClient, account: Account, stored: str) -> None:
    account.add_contact(name="Somebody", phones=[stored])
    account.add_contact(name="Some company", phones=[stored], is_company=True)

    assert searched(planfix) == []
    assert len(account.requests) == 3


def test_contact_with_a_local_number_of_another_country_is_not_found(planfix: PlanfixClient, account: Account) -> None:
    account.add_contact(name="Anna", phones=["512 345 678"])

    assert searched(planfix, "+48512345678", region="UA") == []


@st.composite
def spelled(draw: st.DrawFn, subscriber: str, area: str) -> str:
    separator = draw(st.sampled_from(SEPARATORS))
    groups, rest = [], subscriber
    for length in draw(st.sampled_from(GROUPINGS)):
        groups.append(rest[:length])
        rest = rest[length:]
    prefix = draw(st.sampled_from(PREFIXES))
    closing = ") " if "(" in prefix else separator
    return f"{prefix}{area}{closing}{separator.join(groups)}"


AREAS = st.sampled_from(["67", "50", "63", "44", "93"])
SUBSCRIBERS = st.from_regex(r"[1-9][0-9]{6}", fullmatch=True)
ANY_SPELLING = st.tuples(AREAS, SUBSCRIBERS).flatmap(
    lambda number: st.tuples(st.just("+380" + "".join(number)), spelled(number[1], number[0]))
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=ANY_SPELLING, other=ANY_SPELLING)
def test_two_random_numbers_in_random_formats_lead_to_their_own_contacts(
    planfix: PlanfixClient, account: Account, one: tuple[str, str], other: tuple[str, str]
) -> None:
    assume(one[0] != other[0])
    owners = {number: account.add_contact(name=number, phones=[spelling]) for number, spelling in (one, other)}
    try:
        for number, owner in owners.items():
            assert searched(planfix, number) == [owner.id]
    finally:
        for owner in owners.values():
            owner.is_deleted = True


@given(pair=ANY_SPELLING)
def test_search_pieces_are_in_every_format_of_the_number(pair: tuple[str, str]) -> None:
    number, spelling = pair

    assert all(part in spelling for part in unbroken_pieces(number))


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("+380501234567", {"50", "67", "1", "2", "3", "4"}),
        ("+380671111167", {"67", "1"}),
        ("+48512345678", {"51", "78", "2", "3", "4", "6"}),
        ("+33612345678", {"6", "78", "1", "2", "3", "4", "5"}),
    ],
)
def test_search_pieces_are_as_long_as_possible(number: str, parts: set[str]) -> None:
    assert set(unbroken_pieces(number)) == parts


@given(pair=ANY_SPELLING)
def test_search_pieces_contain_every_digit_of_the_number(pair: tuple[str, str]) -> None:
    number, _ = pair

    assert set("".join(unbroken_pieces(number))) == set(re.sub(r"\D", "", number.removeprefix("+380")))


# Which of several


def test_contact_in_full_format_comes_before_an_older_one_in_another_spelling(
    planfix: PlanfixClient, account: Account
) -> None:
    account.add_contact(name="Olha", phones=["067 123-45-67"])
    full = account.add_contact(name="Olha again", phones=[NUMBER])

    assert searched(planfix)[0] == full.id


def test_company_in_full_format_comes_before_an_older_one_in_another_spelling(
    planfix: PlanfixClient, account: Account
) -> None:
    old = account.add_contact(name="Koval", phones=["067 123-45-67"], is_company=True)
    full = account.add_contact(name="Koval & Sons", phones=[NUMBER], is_company=True)

    assert searched(planfix) == [full.id, old.id]


def test_oldest_contact_comes_first_among_several_spellings(planfix: PlanfixClient, account: Account) -> None:
    contacts = [account.add_contact(name="Olha", phones=[spelling]) for spelling in SPELLINGS[1:4]]

    assert searched(planfix) == [contact.id for contact in contacts]


def test_a_contact_in_another_spelling_comes_before_a_company(planfix: PlanfixClient, account: Account) -> None:
    account.add_contact(name="Koval & Sons", phones=[NUMBER], is_company=True)
    contact = account.add_contact(name="Olha", phones=["067 123-45-67"])

    assert searched(planfix) == [contact.id]


@pytest.mark.parametrize("matching", PhoneMatching.values)
def test_a_deleted_contact_is_not_found(planfix: PlanfixClient, account: Account, matching: str) -> None:
    account.add_contact(name="Olha", phones=[NUMBER, "067 123-45-67"], is_deleted=True)

    assert searched(planfix, matching=matching) == []


# The price


def test_full_format_search_does_not_find_another_spelling_in_two_requests(
    planfix: PlanfixClient, account: Account
) -> None:
    account.add_contact(name="Olha", phones=["067 123-45-67"])
    account.add_contact(name="Koval & Sons", phones=["380671234567"], is_company=True)

    assert searched(planfix, matching="full") == []
    assert len(account.requests) == 2


def test_search_in_a_large_account_takes_at_most_two_requests_more_than_full_format(
    planfix: PlanfixClient, account: Account
) -> None:
    """If the wide search finds more than a page, the narrow search still finds the usual spellings."""
    for _ in range(150):
        account.add_contact(name="Somebody", phones=["0677654321"])
        account.add_contact(name="Somebody", phones=["+380671234765"])

    assert searched(planfix) == []
    assert len(account.requests) == 4


@pytest.mark.parametrize("is_company", [False, True])
@pytest.mark.parametrize("spelling", ["067 123-45-67", "380671234567", "067 123 4567"])
def test_search_in_a_large_account_finds_the_usual_spellings(
    planfix: PlanfixClient, account: Account, spelling: str, is_company: bool
) -> None:
    for _ in range(150):
        account.add_contact(name="Somebody", phones=["+380671234765 67"])
        account.add_contact(name="Some company", phones=["+380671234765 67"], is_company=True)
    owner = account.add_contact(name="Koval", phones=[spelling], is_company=is_company)

    assert searched(planfix) == [owner.id]
    assert len(account.requests) <= 4


def test_search_in_a_huge_account_takes_at_most_two_requests_more_than_full_format(
    planfix: PlanfixClient, account: Account
) -> None:
    """Here even the narrow search finds more than a page, of contacts and of companies."""
    for is_company in [False, True] * 150:
        account.add_contact(name="Somebody", phones=["+380 67 123 45 67 8"], is_company=is_company)

    assert searched(planfix) == []
    assert len(account.requests) == 4


PERSON, COMPANY = False, True
LOCAL = "067 123-45-67"


@pytest.mark.parametrize(
    ("found", "full", "any_format"),
    [
        ([], [], []),
        ([(1, PERSON, NUMBER), (2, PERSON, "380671234567")], [1, 2], [1, 2]),
        ([(1, PERSON, LOCAL), (2, PERSON, NUMBER)], [2], [2]),
        ([(1, PERSON, LOCAL), (2, COMPANY, NUMBER)], [2], [1]),
        ([(1, COMPANY, LOCAL), (2, COMPANY, NUMBER)], [2], [2, 1]),
        ([(1, COMPANY, LOCAL)], [], [1]),
    ],
)
def test_directory_chooses_the_same_contact_as_a_search(
    found: list[tuple[int, bool, str]], full: list[int], any_format: list[int]
) -> None:
    matches = [
        DirectoryMatch(contact_id=key, is_company=is_company, name="", responsible_ids=(), written=(written,))
        for key, is_company, written in found
    ]

    assert [match.contact_id for match in best_matches(matches, NUMBER, any_format=False)] == full
    assert [match.contact_id for match in best_matches(matches, NUMBER, any_format=True)] == any_format
