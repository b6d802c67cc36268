"""The phone numbers of trials: full numbers of the country that are assigned to nobody."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import SUPPORTED_REGIONS

from integrations.domain.phones import read_number
from integrations.services.trial.unassigned_numbers import FICTION, pieces_of_unassigned, unassigned_number

PLANNED = sorted({"UA", "PL", "RU", "KZ", "DE", "BY", "MD", "CZ", "TR", "GE", "LT", "IL", "ES", "IT", "RO", "EE"})


@pytest.mark.parametrize("region", PLANNED)
def test_unassigned_number_is_possible_in_its_country_and_assigned_to_nobody(region: str) -> None:
    number = phonenumbers.parse(unassigned_number(region, 123_456_789))

    assert number.country_code == phonenumbers.country_code_for_region(region)
    assert phonenumbers.is_possible_number(number)
    assert not phonenumbers.is_valid_number(number)


@pytest.mark.parametrize(("region", "start"), FICTION.items())
def test_unassigned_number_is_from_the_range_reserved_for_fiction(region: str, start: str) -> None:
    number = unassigned_number(region, 7)

    assert number.startswith(start)
    assert phonenumbers.is_possible_number(phonenumbers.parse(number))


@pytest.mark.parametrize("region", sorted(SUPPORTED_REGIONS))
def test_every_country_has_an_unassigned_number(region: str) -> None:
    number = unassigned_number(region, 42)

    assert number.startswith("+")
    assert number.endswith("42")
    read = read_number(number, region)
    assert read is not None
    assert read.number == number


PIECES = [
    ("+380101234567", "UA", ("10", "123", "45", "67")),
    ("+48101234567", "PL", ("101", "234", "567")),
    ("+38010", "UA", ("10",)),
]


@pytest.mark.parametrize(("number", "region", "pieces"), PIECES)
def test_search_pieces_of_an_unassigned_number_are_those_of_an_assigned_one(
    number: str, region: str, pieces: tuple[str, ...]
) -> None:
    assert pieces_of_unassigned(number, region) == pieces


def test_different_seeds_give_different_unassigned_numbers() -> None:
    assert len({unassigned_number("UA", seed) for seed in range(100)}) == 100
