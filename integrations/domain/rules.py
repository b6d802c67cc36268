"""What is due for a finished call: a handover in somebody's name, or a skip and its reason. Writes nothing."""

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
    """In whose name the call stands in Planfix."""

    EMPLOYEE = "employee"
    CONTACT = "contact"


@dataclass(frozen=True, kw_only=True)
class CustomerRules:
    region: str
    employees: tuple[Employee, ...] = ()
    fallback: Employee | None = None
    """In whose name calls of unknown, ambiguous and non-participating employees are written; None: they are skipped."""
    ignored_numbers: frozenset[str] = frozenset()
    """In full format."""
    own_numbers: frozenset[str] = frozenset()
    """The customer's own lines, in full format: a call between two of them has no client."""
    create_contacts: bool = False
    create_for_incoming_answered: bool = True
    create_for_incoming_missed: bool = True
    create_for_outgoing_answered: bool = True
    call_target: CallTarget = CallTarget.CONTACT


@dataclass(frozen=True, kw_only=True)
class Skip:
    reason: Reason
    detail: str
    """The number as it came, or whom the event names as employee."""


@dataclass(frozen=True, kw_only=True)
class DeliveryPlan:
    direction: Direction
    outcome: Outcome
    client_number: str
    """In full format."""
    is_dialable: bool = True
    """False for a number that cannot exist: a contact with it is found, but none is created."""
    line_number: str
    line_name: str
    employee: Employee | None
    """Who talked or dialled, or the fallback; None is possible for a missed incoming call only."""
    fallback_for: str | None = None
    """Who really talked, as far as it is known ("": not at all), when the employee is the fallback; None: it is not."""
    author: Author
    may_create_contact: bool


_PROBLEMS = {
    NumberProblem.MISSING: Reason.NO_CLIENT_NUMBER,
    NumberProblem.HIDDEN: Reason.HIDDEN_NUMBER,
    NumberProblem.UNUSABLE: Reason.UNUSABLE_NUMBER,
}


def decide(facts: CallFacts, rules: CustomerRules) -> DeliveryPlan | Skip:
    """What is due for a call whose final event is in."""
    plan = plan_of_delivered(facts, rules)
    if isinstance(plan, Skip) or plan.employee or plan.author is Author.CONTACT:
        return plan
    match = match_employee(facts, rules.employees, rules.region)
    return Skip(reason=_objection_to_employee(match), detail=match.seen)


def plan_of_delivered(facts: CallFacts, rules: CustomerRules) -> DeliveryPlan | Skip:
    """As decide(), for a call that is in Planfix already: an employee who is not known now does not matter any more."""
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
    """An outgoing call that nobody answered never makes a contact: nobody was there."""
    switches = {
        (Direction.INCOMING, Outcome.ANSWERED): rules.create_for_incoming_answered,
        (Direction.INCOMING, Outcome.MISSED): rules.create_for_incoming_missed,
        (Direction.OUTGOING, Outcome.ANSWERED): rules.create_for_outgoing_answered,
    }
    return rules.create_contacts and switches.get((direction, outcome), False)
