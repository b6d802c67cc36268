"""Decides what happens to a finished call: a delivery plan, or a skip with its reason. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.employees import Employee, EmployeeMatch, is_employees_number, match_employee
from integrations.domain.outcome import outcome_of
from integrations.domain.parties import (
    ClientNumber,
    NumberProblem,
    client_number,
    direction_of,
    is_internal,
    line_number,
)
from integrations.domain.reasons import Reason


class CallTarget(StrEnum):
    CONTACT = "contact"
    LAST_ACTIVE_TASK = "last_active_task"


class Author(StrEnum):
    """The author of the call's comment in Planfix."""

    EMPLOYEE = "employee"
    CONTACT = "contact"


@dataclass(frozen=True, kw_only=True)
class CustomerRules:
    region: str
    employees: tuple[Employee, ...] = ()
    fallback: Employee | None = None
    """Author of calls whose employee is unknown, ambiguous or not included. None: such calls are skipped."""
    ignored_numbers: frozenset[str] = frozenset()
    """In full format."""
    own_numbers: frozenset[str] = frozenset()
    """The customer's own lines, in full format. A call between two of them has no client."""
    create_contacts: bool = False
    create_for_incoming_answered: bool = True
    create_for_incoming_missed: bool = True
    create_for_outgoing_answered: bool = True
    call_target: CallTarget = CallTarget.CONTACT


@dataclass(frozen=True, kw_only=True)
class Skip:
    reason: Reason
    detail: str
    """The number as received, or the employee as the event names them."""


@dataclass(frozen=True, kw_only=True)
class DeliveryPlan:
    direction: Direction
    outcome: Outcome
    client_number: str
    """In full format."""
    is_dialable: bool = True
    """False for a number that cannot exist: contacts are searched for with it, but none is created."""
    line_number: str
    line_name: str
    employee: Employee | None
    """The employee who talked or dialled, or the fallback. None only for a missed incoming call."""
    fallback_for: str | None = None
    """With the fallback employee: who really talked, or "" when unknown. None: the employee is not the fallback."""
    author: Author
    may_create_contact: bool


_PROBLEMS = {
    NumberProblem.MISSING: Reason.NO_CLIENT_NUMBER,
    NumberProblem.HIDDEN: Reason.HIDDEN_NUMBER,
    NumberProblem.UNUSABLE: Reason.UNUSABLE_NUMBER,
}


def decide(facts: CallFacts, rules: CustomerRules) -> DeliveryPlan | Skip:
    """Decides for a call whose final event has arrived."""
    plan = plan_of_delivered(facts, rules)
    if isinstance(plan, Skip) or plan.employee or plan.author is Author.CONTACT:
        return plan
    match = match_employee(facts, rules.employees, rules.region)
    return Skip(reason=_objection_to_employee(match), detail=match.seen)


def unknown_employee(facts: CallFacts, rules: CustomerRules) -> str:
    """Who talked on an answered call, as Ringostat names them; "" for an employee of the customer's."""
    match = match_employee(facts, rules.employees, rules.region)
    return match.seen if match.employee is None and outcome_of(facts) is Outcome.ANSWERED else ""


def plan_of_delivered(facts: CallFacts, rules: CustomerRules) -> DeliveryPlan | Skip:
    """As decide(), for a call that is already in Planfix: its employee may be unknown by now."""
    client = client_number(facts, rules.region)
    if reason := _objection_to_number(client, facts, rules):
        return Skip(reason=reason, detail=client.raw)
    assert client.number
    direction, outcome = direction_of(facts), outcome_of(facts)
    is_missed_incoming = (direction, outcome) == (Direction.INCOMING, Outcome.MISSED)

    match = match_employee(facts, rules.employees, rules.region)
    participant = match.employee if match.employee and match.employee.participates else None
    employee = participant if is_missed_incoming else participant or rules.fallback
    return DeliveryPlan(
        direction=direction,
        outcome=outcome,
        client_number=client.number,
        line_number=line_number(facts, rules.region),
        line_name=facts.line_name,
        employee=employee,
        fallback_for=None if employee is participant else _who_talked(match),
        author=Author.CONTACT if is_missed_incoming else Author.EMPLOYEE,
        may_create_contact=client.is_dialable and _may_create_contact(direction, outcome, rules),
        is_dialable=client.is_dialable,
    )


def _objection_to_number(client: ClientNumber, facts: CallFacts, rules: CustomerRules) -> Reason | None:
    if is_internal(facts, rules.region) or is_employees_number(client.raw, rules.employees, rules.region):
        return Reason.INTERNAL_CALL
    if client.number in rules.own_numbers:
        return Reason.INTERNAL_CALL
    if client.number in rules.ignored_numbers:
        return Reason.IGNORED_NUMBER
    return _PROBLEMS.get(client.problem)


def _objection_to_employee(match: EmployeeMatch) -> Reason:
    if match.employee:
        return Reason.EMPLOYEE_NOT_PARTICIPATING
    return Reason.AMBIGUOUS_EMPLOYEE if match.ambiguous else Reason.UNKNOWN_EMPLOYEE


def _who_talked(match: EmployeeMatch) -> str:
    return match.employee.name if match.employee else match.seen


def _may_create_contact(direction: Direction, outcome: Outcome, rules: CustomerRules) -> bool:
    """An unanswered outgoing call never creates a contact: the number may be mistyped."""
    switches = {
        (Direction.INCOMING, Outcome.ANSWERED): rules.create_for_incoming_answered,
        (Direction.INCOMING, Outcome.MISSED): rules.create_for_incoming_missed,
        (Direction.OUTGOING, Outcome.ANSWERED): rules.create_for_outgoing_answered,
    }
    return rules.create_contacts and switches.get((direction, outcome), False)
