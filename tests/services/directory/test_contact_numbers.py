"""Phone fields as people fill them in: their numbers and spellings."""

from __future__ import annotations

import pytest

from integrations.models import Spelling
from integrations.services.directory.contact_numbers import numbers_of

NUMBER = "+380671234567"


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("+380671234567", Spelling.FULL),
        ("380671234567", Spelling.DIGITS),
        ("+38 (067) 123-45-67", Spelling.FORMATTED),
        ("38 067 123 45 67", Spelling.FORMATTED),
        ("067 123-45-67", Spelling.LOCAL),
        ("0671234567", Spelling.LOCAL),
        ("067 123-45-67 Viber", Spelling.TEXT),
        ("Ivan +380671234567", Spelling.TEXT),
    ],
)
def test_phone_field_with_one_number_has_its_spelling(written: str, spelling: Spelling) -> None:
    (found,) = numbers_of([written], ["UA"])

    assert (found.number, found.written, found.spelling) == (NUMBER, written, spelling)


def test_phone_field_with_two_numbers_has_both_as_text() -> None:
    found = numbers_of(["067 123-45-67 / 050 765-43-21"], ["UA"])

    assert {one.number for one in found} == {NUMBER, "+380507654321"}
    assert {one.spelling for one in found} == {Spelling.TEXT}


def test_phone_field_without_a_number_is_unreadable() -> None:
    (found,) = numbers_of(["telegram @ivan"], ["UA"])

    assert (found.number, found.spelling) == ("", Spelling.UNREADABLE)
