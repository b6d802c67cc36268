"""Pairs of Ringostat and Planfix employees by e-mail, extension and name. Nobody is in two pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.domain.employee_pairing import EmployeePair, PairedBy, pair_people

EMAIL, EXTENSION, NAME = PairedBy.EMAIL, PairedBy.EXTENSION, PairedBy.NAME


@dataclass(frozen=True)
class Somebody:
    name: str = ""
    email: str = ""
    extension: str = ""


IRYNA = Somebody("Iryna Bondar", "iryna@example.com", "101")
OLEH = Somebody("Oleh Tkachenko", "oleh@example.com", "102")


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([], [], []),
        ([IRYNA], [], []),
        ([IRYNA, OLEH], [OLEH, IRYNA], [(0, 1, EMAIL), (1, 0, EMAIL)]),
        ([Somebody(email="IRYNA@Example.com ")], [IRYNA], [(0, 0, EMAIL)]),
        ([Somebody(extension="101")], [IRYNA, OLEH], [(0, 0, EXTENSION)]),
        ([Somebody("Бондар Ірина")], [Somebody("Ірина Бондар")], [(0, 0, NAME)]),
        ([Somebody("Бондар Ірина Олегівна")], [Somebody("Ірина Бондар")], [(0, 0, NAME)]),
        ([Somebody("Iryna")], [Somebody("Iryna Bondar")], []),
        ([Somebody(), Somebody()], [Somebody(), Somebody()], []),
        # One name twice: nobody is taken for the other, but an extension tells them apart.
        ([Somebody("Ivan Petrenko"), Somebody("Ivan Petrenko")], [Somebody("Ivan Petrenko")], []),
        (
            [Somebody("Ivan Petrenko", extension="1"), Somebody("Ivan Petrenko")],
            [Somebody("Ivan Petrenko"), Somebody("Ivan Petrenko", extension="1")],
            [(0, 1, EXTENSION), (1, 0, NAME)],
        ),
        # The whole name beats the one without the patronymic.
        (
            [Somebody("Ivan Petrenko"), Somebody("Ivan Ivanovych Petrenko")],
            [Somebody("Ivan Petrenko")],
            [(0, 0, NAME)],
        ),
    ],
)
def test_people_are_paired_by_email_extension_and_name(
    left: Sequence[Somebody], right: Sequence[Somebody], expected: list[tuple[int, int, PairedBy]]
) -> None:
    assert [(pair.left, pair.right, pair.by) for pair in pair_people(left, right)] == expected


@pytest.mark.parametrize(
    ("left", "right", "against"),
    [
        ([IRYNA], [IRYNA], ()),
        ([IRYNA], [Somebody("Iryna Bondar", "iryna@example.com")], ()),
        # Her extension is his over there.
        ([IRYNA], [Somebody("Iryna Bondar", "iryna@example.com", "7"), Somebody(extension="101")], (EXTENSION,)),
        ([IRYNA], [Somebody("Somebody Else", "iryna@example.com"), Somebody("Iryna Bondar")], (NAME,)),
    ],
)
def test_pair_names_clues_that_point_to_another_person(
    left: Sequence[Somebody], right: Sequence[Somebody], against: tuple[PairedBy, ...]
) -> None:
    (pair,) = pair_people(left, right)

    assert (pair.left, pair.right, pair.by, pair.against) == (0, 0, EMAIL, against)


people = st.lists(
    st.builds(
        Somebody,
        name=st.sampled_from(["", "Iryna Bondar", "Bondar Iryna Olehivna", "Oleh Tkachenko", "Oleh"]),
        email=st.sampled_from(["", "a@example.com", "A@example.com", "b@example.com"]),
        extension=st.sampled_from(["", "101", "102"]),
    ),
    max_size=5,
)


@given(people, people)
@settings(max_examples=60)
def test_no_person_is_in_two_pairs(left: list[Somebody], right: list[Somebody]) -> None:
    pairs = pair_people(left, right)

    assert len({pair.left for pair in pairs}) == len({pair.right for pair in pairs}) == len(pairs)


@given(people, people)
@settings(max_examples=60)
def test_pairing_gives_the_same_pairs_with_sides_exchanged(left: list[Somebody], right: list[Somebody]) -> None:
    turned = [EmployeePair(left=p.right, right=p.left, by=p.by, against=p.against) for p in pair_people(right, left)]

    assert sorted(turned, key=lambda pair: pair.left) == pair_people(left, right)


@given(people, people, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_pairing_does_not_depend_on_the_order_of_people(
    left: list[Somebody], right: list[Somebody], random: st.DataObject
) -> None:
    shuffled = list(range(len(right)))
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    pairs = pair_people(left, [right[place] for place in shuffled])

    found = {(pair.left, shuffled[pair.right], pair.by) for pair in pairs}
    assert found == {(pair.left, pair.right, pair.by) for pair in pair_people(left, right)}
