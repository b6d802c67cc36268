"""The numbers in a phone field as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.phones_in_text import has_number, numbers_in

ONE, OTHER = "+380671234567", "+380501112233"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("067 123-45-67 Viber", [ONE]),
        ("Іван +380 67 123 45 67", [ONE]),
        ("wa.me/380671234567", [ONE]),
        ("067 123 45 67 / 050 111 22 33", [ONE, OTHER]),
        ("067 123 45 67, 050 111 22 33", [ONE, OTHER]),
        ("067 123 45 67 або 050 111 22 33", [ONE, OTHER]),
        ("067 123 45 67 050 111 22 33", [ONE, OTHER]),
        ("0671234567 0501112233", [ONE, OTHER]),
        ("+380671234567+380501112233", [ONE, OTHER]),
        ("067-123-45-67 - 050-111-22-33", [ONE, OTHER]),
        ("067 123 45 67\n050 111 22 33", [ONE, OTHER]),
        ("1) 067 123 45 67 2) 050 111 22 33", [ONE, OTHER]),
        ("1. 067 123 45 67 2. 050 111 22 33", [ONE, OTHER]),
        ("067 123 45 67 доб. 101 / 050 111 22 33", [ONE, OTHER]),
        ("067/123-45-67", [ONE]),
        ("067-123-45-67/68", [ONE]),
        ("067 123-45-67x101", [ONE]),
        ("+48 067 123 45 67", ["+48671234567"]),
        ("+999 067 123 45 67", []),
        ("+48671234567 Viber", ["+48671234567"]),
        ("кв. 12, вул. 45-67", []),
        ("@ivan_0671234567_x", [ONE]),
        ("", []),
        ("–", []),
    ],
)
def test_every_number_of_a_phone_field_is_read(text: str, numbers: list[str]) -> None:
    assert list(numbers_in(text, "UA")) == numbers


SPELLINGS = st.sampled_from(["067 123-45-67", "+380671234567", "380671234567", "8 067 123 45 67", "+38 (067) 1234567"])
NOTES = st.sampled_from(["", "Viber", "(WhatsApp)", "Іван", "мама", "ext. 7", "#1", "до 18:00", "@ivan"])
SEPARATORS = st.sampled_from([" / ", ", ", "; ", " | ", "\n", " або ", " и ", " oder "])


@given(SPELLINGS, NOTES, SEPARATORS, st.booleans())
def test_number_is_found_among_notes_and_other_numbers_of_a_field(
    spelling: str, note: str, separator: str, first: bool
) -> None:
    parts = [f"{note} {spelling}" if first else f"{spelling} {note}", "050 111 22 33"]

    assert set(numbers_in(separator.join(parts), "UA")) == {ONE, OTHER}
    assert set(numbers_in(separator.join(reversed(parts)), "UA")) == {ONE, OTHER}


@given(st.text(max_size=100), st.sampled_from(["UA", "PL", "", "ZZ"]))
def test_any_phone_field_is_read_without_an_error(text: str, region: str) -> None:
    assert all(number[0] == "+" and number[1:].isdecimal() for number in numbers_in(text, region))


@pytest.mark.parametrize("text", ["067 123-45-68 Viber", "+380671234568 / 101", "4567 / 0671234", "12067123456789"])
def test_phone_field_with_another_number_does_not_match(text: str) -> None:
    assert not has_number(text, ONE, "UA")
