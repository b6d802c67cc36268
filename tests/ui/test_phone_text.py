"""Phone numbers in groups of digits."""

from __future__ import annotations

import pytest

from integrations.ui.phone_text import grouped


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+380671234567", "+380 67 123 45 67"),
        ("+380442223344", "+380 44 222 33 44"),
        ("+380800123456", "+380 800 123 456"),
        ("+48601234567", "+48 601 234 567"),
        ("+77011234567", "+7 701 123 45 67"),
        ("+12015550123", "+1 201 555 0123"),
        ("anonymous", "anonymous"),
        ("+", "+"),
        ("+999", "+999"),
        ("", ""),
    ],
)
def test_phone_number_is_grouped_as_its_country_writes_it(number: str, text: str) -> None:
    assert grouped(number) == text
