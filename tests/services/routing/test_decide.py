"""Whom Ringostat rings: one row per case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integrations.domain.employees import Employee
from integrations.models import RoutingReason as Reason
from integrations.models import RoutingSource as Source
from integrations.services.routing.decide import Decision, KnownContact, Proposal, Situation, decide

RESPONSIBLE, LAST_TALKED, FIXED = Source.RESPONSIBLE, Source.LAST_TALKED, Source.FIXED


def employee(key: int, name: str, *lines: str, participates: bool = True) -> Employee:
    return Employee(key=key, name=name, planfix_user_id=key * 10, sip_logins=lines, participates=participates)


IRYNA = employee(1, "Iryna", "acmecom_iryna")
OLEH = employee(2, "Oleh", "acmecom_oleh", "acmecom_oleh_home")
MARIA = employee(3, "Maria", "acmecom_maria", participates=False)
PETRO = employee(4, "Petro", "+380501112233")
NOBODY = employee(5, "Nobody")
EMPLOYEES = (IRYNA, OLEH, MARIA, PETRO, NOBODY)


def contact(*responsible: int, contact_id: int = 812) -> KnownContact:
    return KnownContact(contact_id=contact_id, responsible=responsible)


CLIENT = Situation(order=(RESPONSIBLE, LAST_TALKED, FIXED), employees=EMPLOYEES)


@pytest.mark.parametrize(
    ("changes", "source", "directions", "reason"),
    [
        ({"contacts": [contact(10)], "last_talked": 2}, RESPONSIBLE, ["acmecom_iryna"], None),
        ({"contacts": [contact(20)]}, RESPONSIBLE, ["acmecom_oleh", "acmecom_oleh_home"], None),
        ({"contacts": [contact(10, 20)]}, RESPONSIBLE, ["acmecom_iryna", "acmecom_oleh", "acmecom_oleh_home"], None),
        (
            {"contacts": [contact(20, 10, 40)]},
            RESPONSIBLE,
            ["acmecom_oleh", "acmecom_oleh_home", "acmecom_iryna"],
            None,
        ),
        ({"contacts": [contact(40)]}, RESPONSIBLE, ["+380501112233"], None),
        ({"contacts": [contact(30, 10)]}, RESPONSIBLE, ["acmecom_iryna"], None),
        ({"contacts": [contact(), contact(10, contact_id=900)]}, RESPONSIBLE, ["acmecom_iryna"], None),
        ({"contacts": [contact(30)], "last_talked": 1}, LAST_TALKED, ["acmecom_iryna"], None),
        ({"last_talked": 1}, LAST_TALKED, ["acmecom_iryna"], None),
        ({"order": (LAST_TALKED, RESPONSIBLE), "contacts": [contact(10)], "last_talked": 2}, LAST_TALKED, None, None),
        ({"last_talked": 3, "fixed": ["acmecom_desk"]}, FIXED, ["acmecom_desk"], None),
        ({"fixed": ["57"]}, FIXED, ["57"], None),
        ({"has_number": False, "fixed": ["57"]}, FIXED, ["57"], None),
        ({}, None, [], Reason.UNKNOWN_CLIENT),
        ({"has_number": False}, None, [], Reason.NO_NUMBER),
        ({"contacts": [contact()]}, None, [], Reason.NO_RESPONSIBLE),
        ({"contacts": [contact(990)]}, None, [], Reason.NOT_MATCHED),
        ({"contacts": [contact(30)]}, None, [], Reason.EXCLUDED),
        ({"contacts": [contact(50)]}, None, [], Reason.NO_LINE),
        ({"order": (LAST_TALKED,)}, None, [], Reason.NOBODY_TALKED),
        ({"order": (LAST_TALKED,), "last_talked": 3}, None, [], Reason.EXCLUDED),
        ({"order": (FIXED,)}, None, [], Reason.NO_FIXED),
        ({"order": (), "contacts": [contact(10)]}, None, [], None),
    ],
)
def test_routing_answers_the_first_source_that_names_a_direction(changes, source, directions, reason) -> None:
    decision = decide(replace(CLIENT, **changes))

    assert decision.chosen is None or decision.chosen.source is source
    assert (decision.chosen is None) == (source is None)
    assert decision.reason is reason
    if directions is not None:
        assert list(decision.chosen.directions if decision.chosen else ()) == directions


@pytest.mark.parametrize(
    ("online", "directions"),
    [
        (None, ["acmecom_oleh", "acmecom_oleh_home"]),
        ({"acmecom_oleh_home"}, ["acmecom_oleh_home"]),
        ({"acmecom_desk"}, ["acmecom_desk"]),
        (set(), []),
    ],
)
def test_offline_employees_are_not_rung(online, directions) -> None:
    known = None if online is None else frozenset(online)
    decision = decide(replace(CLIENT, contacts=[contact(20)], fixed=["acmecom_desk"], online=known))

    assert list(decision.chosen.directions if decision.chosen else ()) == directions
    assert (decision.reason is Reason.OFFLINE) == (not directions)


def test_online_logins_are_compared_in_any_case() -> None:
    capitals = replace(IRYNA, sip_logins=("Acmecom_Iryna",))
    decision = decide(
        replace(CLIENT, contacts=[contact(10)], employees=[capitals], online=frozenset({"acmecom_iryna"}))
    )

    assert decision.chosen == Proposal(
        source=RESPONSIBLE, directions=("Acmecom_Iryna",), names=("Iryna",), contact_id=812
    )


def test_numbers_and_schemes_are_rung_whoever_is_online() -> None:
    decision = decide(replace(CLIENT, fixed=["+380501112233", "57"], online=frozenset()))

    assert decision.chosen
    assert decision.chosen.directions == ("+380501112233", "57")


def test_routing_answer_has_the_names_of_the_rung_employees() -> None:
    three = employee(6, "Olha", "a", "b", "c")
    decision = decide(replace(CLIENT, contacts=[contact(60, 10)], employees=[three, IRYNA]))

    assert decision.chosen
    assert decision.chosen.directions == ("a", "b", "c")
    assert decision.chosen.names == ("Olha",)


def test_routing_decision_says_what_each_source_said() -> None:
    decision = decide(replace(CLIENT, contacts=[contact(30)], fixed=["57"]))

    assert decision == Decision(
        proposals=(
            Proposal(source=RESPONSIBLE, contact_id=812, reason=Reason.EXCLUDED),
            Proposal(source=LAST_TALKED, reason=Reason.NOBODY_TALKED),
            Proposal(source=FIXED, directions=("57",)),
        )
    )
