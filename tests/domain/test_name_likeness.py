"""Names in two alphabets and new surnames, which are suggested as one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.name_likeness import Likeness, best_likeness, likeness

SAME, MARRIED, NONE = Likeness.SPELLED_DIFFERENTLY, Likeness.SURNAME_DIFFERS, Likeness.NONE


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Iryna Bondar", "Ірина Бондар", SAME),
        ("Bondar Iryna", "Ірина Бондар", SAME),
        ("Irina Bondar", "Ірина Бондар", SAME),
        ("Iryna Bondar", "Бондарь Ирина Олеговна", SAME),
        ("Serhii Kovalchuk", "Сергей Ковальчук", SAME),
        ("Sergey Kovalchuk", "Сергій Ковальчук", SAME),
        ("Yuliia Shcherbak", "Юлія Щербак", SAME),
        ("Yulia Shcherbak", "Юлия Щербак", SAME),
        ("Oleksandr Tkachenko", "Александр Ткаченко", SAME),
        ("Mykola Hrytsenko", "Николай Гриценко", SAME),
        ("Paweł Wiśniewski", "Pavel Vishnevskii", SAME),
        ("Michał Szymański", "Михал Шиманьски", SAME),
        ("Mar'iana Yatsenko", "Мар’яна Яценко", SAME),
        ("Olena Koval", "Елена Коваль", SAME),
        ("Iryna Bondar", "Ірина Коваленко", MARRIED),
        ("Olena Petrenko", "Elena Sydorenko", MARRIED),
        ("Iryna Bondar", "Oleh Bondar", NONE),
        ("Iryna", "Ірина Бондар", NONE),
        ("Oleh Tkachenko", "Maria Kovalenko", NONE),
        ("", "", NONE),
    ],
)
def test_names_in_two_alphabets_or_with_a_new_surname_are_alike(one: str, other: str, expected: Likeness) -> None:
    assert likeness(one, other) is expected
    assert likeness(other, one) is expected


def test_name_is_suggested_only_if_exactly_one_is_alike() -> None:
    assert best_likeness("Iryna Bondar", ["Oleh Tkachenko", "Ірина Бондар"]) == (1, SAME)
    assert best_likeness("Iryna Bondar", ["Ірина Коваль", "Ірина Бондар"]) == (1, SAME)
    assert best_likeness("Iryna Bondar", ["Ірина Коваль", "Ірина Мельник"]) is None
    assert best_likeness("Iryna Bondar", []) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_of_any_two_texts_is_symmetric_and_never_fails(one: str, other: str) -> None:
    assert likeness(one, other) is likeness(other, one)
