"""Matches Ringostat employees to Planfix employees: the table for a specialist, and saving their choices.

The table combines the last access check, the stored employees and calls that were skipped for their employee. Sends no
requests.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from integrations.domain.employee_pairing import EmployeePair, PairedBy, pair_people
from integrations.domain.employees import CallAgent, call_agent, match_employee
from integrations.domain.name_likeness import Likeness, best_likeness
from integrations.domain.reasons import Reason
from integrations.domain.rules import Skip, decide
from integrations.models import Call, CallState, Customer, Employee
from integrations.services.customers.connection_report import Connection, newest_connection

EMPLOYEE_REASONS = (Reason.UNKNOWN_EMPLOYEE, Reason.EMPLOYEE_NOT_PARTICIPATING)
CALLS_LOOKED_AT = 300
"""The number of newest skipped calls that are read."""


class EmployeeNotSaved(Exception):
    """An employee cannot be saved. The message names the employee and the error."""


@dataclass(frozen=True, kw_only=True)
class PlanfixUser:
    """An employee of Planfix."""

    id: int
    name: str
    email: str = ""
    extension: str = ""


@dataclass(frozen=True, kw_only=True)
class EmployeeRow:
    """A Ringostat employee. `key` identifies the row in the submitted form."""

    key: str
    name: str
    staff_id: str = ""
    sip_logins: tuple[str, ...] = ()
    extension: str = ""
    email: str = ""
    employee: Employee | None = None
    """The stored employee."""
    user_id: int | None = None
    """The Planfix employee: stored, else proposed, else None."""
    participates: bool = True
    matched_by: str = ""
    """A PairedBy if the match is a proposal."""
    against: tuple[PairedBy, ...] = ()
    suggested: PlanfixUser | None = None
    """A Planfix employee whose name is alike: for a person to confirm."""
    likeness: Likeness = Likeness.NONE
    calls: int = 0
    """Skipped calls of this employee."""
    is_asked_for: bool = False
    is_from_calls: bool = False
    """Only calls name them; Ringostat's list of employees does not."""


@dataclass(frozen=True, kw_only=True)
class EmployeeTable:
    rows: tuple[EmployeeRow, ...]
    users: tuple[PlanfixUser, ...]
    """All active Planfix employees. Empty if they could not be read."""
    sendable: tuple[int, ...] = ()
    """IDs of skipped calls whose employee is known and included now."""

    @property
    def unmatched_users(self) -> list[PlanfixUser]:
        taken = {row.user_id for row in self.rows}
        return [user for user in self.users if user.id not in taken]

    def with_choices(self, choices: Mapping[str, EmployeeChoice]) -> EmployeeTable:
        """The table with these choices, before they are saved."""
        rows = (
            replace(row, user_id=choice.user_id, participates=choice.participates)
            if (choice := choices.get(row.key))
            else row
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))

    def matched_twice(self) -> list[tuple[PlanfixUser, list[str]]]:
        """Planfix employees with several included rows, and the names of those rows."""
        names: dict[int | None, list[str]] = defaultdict(list)
        for row in self.rows:
            if row.participates:
                names[row.user_id].append(row.name)
        return [(user, names[user.id]) for user in self.users if len(names[user.id]) > 1]


@dataclass(frozen=True, kw_only=True)
class EmployeeChoice:
    user_id: int | None
    participates: bool


@dataclass
class _Skipped:
    """What the skipped calls show about employees."""

    unknown: dict[str, tuple[CallAgent, int]] = field(default_factory=dict)
    """By agent: who it is, and how many calls there are."""
    sendable: list[int] = field(default_factory=list)


def employee_table(customer: Customer, *, asked_call: Call | None = None) -> EmployeeTable:
    """`asked_call`: a skipped call of this customer. The row of its employee is highlighted."""
    known = newest_connection(customer)
    users = _users(known)
    employees = list(customer.employees.order_by("name", "pk"))
    rows = _staff_rows(known.staff if known else [], employees, users)
    linked = {row.employee.pk for row in rows if row.employee}
    rows += [_stored_row(employee) for employee in employees if employee.pk not in linked]
    skipped = _skipped_calls(customer, asked_call)
    rows = list(_with_agents(rows, skipped, users))
    rows = [_with_suggestion(row, users) for row in rows]
    if asked_call:
        rows = [_highlighted(row) if _has_agent(row, asked_call, customer) else row for row in rows]
    return EmployeeTable(rows=tuple(rows), users=users, sendable=tuple(skipped.sendable))


@transaction.atomic
def save_employees(customer: Customer, table: EmployeeTable, choices: Mapping[str, EmployeeChoice]) -> int:
    """Saves the choices, by the key of their row. A choice without a Planfix employee changes nothing.

    Returns the number of included employees. Raises EmployeeNotSaved, and then nothing is saved.
    """
    for row in table.rows:
        choice = choices.get(row.key)
        if choice and choice.user_id:
            _save(customer, row, choice, {user.id: user for user in table.users})
    customer.__dict__.pop("rules", None)
    return customer.employees.filter(participates=True).count()


# The rows


def _staff_rows(
    staff: Iterable[Mapping[str, Any]], employees: Sequence[Employee], users: Sequence[PlanfixUser]
) -> list[EmployeeRow]:
    """Every Ringostat employee with their stored or proposed Planfix employee."""
    rows: list[EmployeeRow] = []
    left = list(employees)
    for one in staff:
        rows.append(row := _staff_row(one, left))
        left = [employee for employee in left if employee is not row.employee]
    taken = {employee.planfix_user_id for employee in employees}
    unmatched = [row for row in rows if row.user_id is None]
    free = [user for user in users if user.id not in taken]
    proposals = {unmatched[pair.left].key: (free[pair.right], pair) for pair in pair_people(unmatched, free)}
    # Once employees were chosen, nobody new is included by default.
    rows = [replace(row, participates=not employees) if row.employee is None else row for row in rows]
    return [_proposed(row, *proposals[row.key]) if row.key in proposals else row for row in rows]


def _staff_row(one: Mapping[str, Any], employees: Sequence[Employee]) -> EmployeeRow:
    logins = tuple(one["sip_logins"])
    stored = _stored_for(one["staff_id"], logins, employees)
    row = EmployeeRow(
        key=f"staff-{one['staff_id']}",
        name=one["name"],
        staff_id=one["staff_id"],
        sip_logins=logins,
        extension=one["extension"],
        email=one["email"],
    )
    if stored is None:
        return row
    return replace(row, employee=stored, user_id=stored.planfix_user_id, participates=stored.participates)


def _stored_for(staff_id: str, logins: Sequence[str], employees: Sequence[Employee]) -> Employee | None:
    """The employee with this staff ID, else one without a staff ID who has one of these lines."""
    lines = {login.casefold() for login in logins}
    by_id = (employee for employee in employees if employee.staff_id and employee.staff_id == staff_id)
    by_line = (
        employee
        for employee in employees
        if not employee.staff_id and lines & {login.casefold() for login in employee.sip_logins}
    )
    return next(chain(by_id, by_line), None)


def _proposed(row: EmployeeRow, user: PlanfixUser, pair: EmployeePair) -> EmployeeRow:
    return replace(row, user_id=user.id, matched_by=pair.by, against=pair.against)


def _with_suggestion(row: EmployeeRow, users: Sequence[PlanfixUser]) -> EmployeeRow:
    """A name in another alphabet, or a new surname: suggested, never chosen by itself."""
    best = best_likeness(row.name, [user.name for user in users]) if row.user_id is None else None
    return replace(row, suggested=users[best[0]], likeness=best[1]) if best else row


def _stored_row(employee: Employee) -> EmployeeRow:
    return EmployeeRow(
        key=f"employee-{employee.pk}",
        name=employee.name,
        staff_id=employee.staff_id,
        sip_logins=tuple(employee.sip_logins),
        extension=employee.extension,
        email=employee.email,
        employee=employee,
        user_id=employee.planfix_user_id,
        participates=employee.participates,
    )


def _highlighted(row: EmployeeRow) -> EmployeeRow:
    return replace(row, is_asked_for=True, participates=True)


def _has_agent(row: EmployeeRow, call: Call, customer: Customer) -> bool:
    if row.employee:
        match = match_employee(call.folded, customer.rules.employees, customer.region)
        return match.employee is not None and match.employee.key == row.employee.pk
    return _is_same(call_agent(call.folded, customer.region), row)


def _is_same(agent: CallAgent, row: EmployeeRow) -> bool:
    """Compares the staff ID, or the lines where the calls have no staff ID."""
    if agent.staff_id or not agent.lines:
        return _name_of(agent) == _name_of(_as_agent(row))
    return bool({line.casefold() for line in agent.lines} & {login.casefold() for login in row.sip_logins})


def _with_agents(rows: Sequence[EmployeeRow], skipped: _Skipped, users: Sequence[PlanfixUser]) -> Iterator[EmployeeRow]:
    """The rows with their skipped calls, then a row for everyone whom only calls name."""
    left = dict(skipped.unknown)
    for row in rows:
        names = [name for name, (agent, *_) in left.items() if _is_same(agent, row)]
        yield replace(row, calls=sum(left.pop(name)[1] for name in names))
    agents = [
        EmployeeRow(
            key=f"agent-{hashlib.sha256(name.encode()).hexdigest()[:12]}",
            name=agent.name or name,
            staff_id=agent.staff_id,
            sip_logins=agent.lines,
            extension=agent.extension,
            email=agent.email,
            calls=calls,
            is_from_calls=True,
        )
        for name, (agent, calls) in left.items()
    ]
    pairs = {pair.left: pair for pair in pair_people(agents, users)}
    for place, row in enumerate(agents):
        yield _proposed(row, users[pairs[place].right], pairs[place]) if place in pairs else row


def _skipped_calls(customer: Customer, asked_call: Call | None) -> _Skipped:
    newest = Call.objects.filter(customer=customer, state=CallState.SKIPPED, reason__in=EMPLOYEE_REASONS)
    calls = list(newest.order_by("-started_at", "-pk")[:CALLS_LOOKED_AT])
    if asked_call and asked_call.pk not in {call.pk for call in calls}:
        calls.append(asked_call)
    skipped = _Skipped()
    for call in calls:
        _sort_in(skipped, call, customer)
    return skipped


def _sort_in(skipped: _Skipped, call: Call, customer: Customer) -> None:
    facts = call.folded
    decision = decide(facts, customer.rules)
    if not isinstance(decision, Skip) or decision.reason not in EMPLOYEE_REASONS:
        skipped.sendable.append(call.pk)
    elif match_employee(facts, customer.rules.employees, customer.region).employee is None:
        agent = call_agent(facts, customer.region)
        _, count = skipped.unknown.get(_name_of(agent), (agent, 0))
        skipped.unknown[_name_of(agent)] = (agent, count + 1)


def _name_of(agent: CallAgent) -> str:
    """The value that identifies the employee in calls."""
    return agent.staff_id or next(iter(agent.lines), "") or agent.email or agent.extension or agent.name


def _as_agent(row: EmployeeRow) -> CallAgent:
    return CallAgent(
        name=row.name, staff_id=row.staff_id, lines=row.sip_logins, extension=row.extension, email=row.email
    )


def planfix_users_of(customer: Customer) -> tuple[PlanfixUser, ...]:
    """The active Planfix employees that the last access check read."""
    return _users(newest_connection(customer))


def _users(known: Connection | None) -> tuple[PlanfixUser, ...]:
    return tuple(_user(one) for one in known.users) if known else ()


def _user(one: Mapping[str, Any]) -> PlanfixUser:
    return PlanfixUser(id=one["id"], name=one["name"], email=one["email"], extension=one["extension"])


# Saving


def _save(customer: Customer, row: EmployeeRow, choice: EmployeeChoice, users: Mapping[int, PlanfixUser]) -> None:
    assert choice.user_id
    employee = row.employee or _same_person(customer, row, choice.user_id) or Employee(customer=customer)
    user = users.get(choice.user_id)
    employee.planfix_user_id = choice.user_id
    employee.participates = choice.participates
    employee.name = employee.name or row.name or (user.name if user else "")
    employee.staff_id = row.staff_id or employee.staff_id
    employee.extension = row.extension or employee.extension
    employee.email = row.email or employee.email
    employee.sip_logins = list(dict.fromkeys([*employee.sip_logins, *row.sip_logins]))
    try:
        employee.full_clean()
    except ValidationError as error:
        raise EmployeeNotSaved(f"{employee.name or row.key}: {_error_text(error)}") from error
    employee.save()


def _error_text(error: ValidationError) -> str:
    names = {column.name: f"{column.verbose_name}: " for column in Employee._meta.fields}
    texts = (names.get(column, "") + " ".join(messages) for column, messages in error.message_dict.items())
    return " ".join(texts)


def _same_person(customer: Customer, row: EmployeeRow, user_id: int) -> Employee | None:
    """For a row from calls: a stored employee of the same Planfix employee, without a staff ID or with the same one.

    An employee with two staff IDs is stored twice.
    """
    if not row.is_from_calls:
        return None
    theirs = customer.employees.filter(planfix_user_id=user_id).order_by("pk")
    return next((one for one in theirs if not (row.staff_id and one.staff_id) or one.staff_id == row.staff_id), None)
