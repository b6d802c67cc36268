"""Who of Ringostat is who of Planfix, and who takes part: the table that a specialist sees, and what he makes of it.

It is made of what the last check of the access read, of the employees kept so far, and of calls that nobody was known
for. Asks nobody over the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from integrations.domain.employees import CallAgent, call_agent, match_employee
from integrations.domain.pairing import EmployeePair, PairedBy, pair_people
from integrations.domain.reasons import Reason
from integrations.domain.rules import Skip, decide
from integrations.models import Call, CallState, Customer, Employee
from integrations.services.customers.connection_report import newest_connection

NOBODY_KNOWN = (Reason.UNKNOWN_EMPLOYEE, Reason.EMPLOYEE_NOT_PARTICIPATING)
CALLS_LOOKED_AT = 300
"""Of the calls that were skipped for their employee, so many of the newest are looked at."""


class NotKept(Exception):
    """An employee cannot be kept so; the message says who, and why."""


@dataclass(frozen=True, kw_only=True)
class User:
    """An employee of Planfix."""

    id: int
    name: str
    email: str = ""
    extension: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Somebody who talks in Ringostat. `key` finds him again when the page comes back."""

    key: str
    name: str
    staff_id: str = ""
    sip_logins: tuple[str, ...] = ()
    extension: str = ""
    email: str = ""
    employee: Employee | None = None
    """As kept so far."""
    user_id: int | None = None
    """In Planfix: as kept, else as proposed, else nobody."""
    participates: bool = True
    paired_by: str = ""
    """A PairedBy if the pair is only proposed."""
    against: tuple[PairedBy, ...] = ()
    calls: int = 0
    """Skipped calls that wait for this row."""
    is_asked_for: bool = False
    is_from_calls: bool = False
    """Ringostat's list does not have him: only calls name him."""


@dataclass(frozen=True, kw_only=True)
class Table:
    rows: tuple[Row, ...]
    users: tuple[User, ...]
    """All of Planfix's; empty when they could not be read."""
    sendable: tuple[int, ...] = ()
    """Skipped calls whose employee is known and takes part by now."""

    @property
    def unpaired_users(self) -> list[User]:
        taken = {row.user_id for row in self.rows}
        return [user for user in self.users if user.id not in taken]

    def with_choices(self, choices: Mapping[str, Choice]) -> Table:
        """As it looks before they are kept."""
        rows = (
            replace(row, user_id=choice.user_id, participates=choice.participates)
            if (choice := choices.get(row.key))
            else row
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))


@dataclass(frozen=True, kw_only=True)
class Choice:
    user_id: int | None
    participates: bool


@dataclass
class _Skipped:
    """What the skipped calls say."""

    unknown: dict[str, tuple[CallAgent, int]] = field(default_factory=dict)
    """By who talked: the talker, and how many calls there are."""
    sendable: list[int] = field(default_factory=list)


def pairing_table(customer: Customer, *, asked_call: Call | None = None) -> Table:
    """`asked_call`: a skipped call of this customer, whose talker is to stand out."""
    known = newest_connection(customer)
    users = tuple(_user(one) for one in known.users) if known else ()
    employees = list(customer.employees.order_by("name", "pk"))
    rows = _staff_rows(known.staff if known else [], employees, users)
    linked = {row.employee.pk for row in rows if row.employee}
    rows += [_kept_row(employee) for employee in employees if employee.pk not in linked]
    skipped = _skipped_calls(customer, asked_call)
    rows = list(_with_talkers(rows, skipped, users))
    if asked_call:
        rows = [_stands_out(row) if _is_talker(row, asked_call, customer) else row for row in rows]
    return Table(rows=tuple(rows), users=users, sendable=tuple(skipped.sendable))


@transaction.atomic
def save_pairs(customer: Customer, table: Table, choices: Mapping[str, Choice]) -> int:
    """Keeps what was chosen for the rows of these keys; a row without anybody in Planfix is left as it was.

    Returns how many employees take part. Raises NotKept, and then nothing is kept.
    """
    for row in table.rows:
        choice = choices.get(row.key)
        if choice and choice.user_id:
            _save(customer, row, choice, {user.id: user for user in table.users})
    customer.__dict__.pop("rules", None)
    return customer.employees.filter(participates=True).count()


# The rows


def _staff_rows(staff: Iterable[Mapping[str, Any]], employees: Sequence[Employee], users: Sequence[User]) -> list[Row]:
    """Everybody of Ringostat's list, with whom we keep for him, or whom Planfix seems to have for him."""
    rows: list[Row] = []
    left = list(employees)
    for one in staff:
        rows.append(row := _staff_row(one, left))
        left = [employee for employee in left if employee is not row.employee]
    taken = {employee.planfix_user_id for employee in employees}
    unpaired = [row for row in rows if row.user_id is None]
    free = [user for user in users if user.id not in taken]
    proposals = {unpaired[pair.left].key: (free[pair.right], pair) for pair in pair_people(unpaired, free)}
    # Once somebody has chosen who takes part, nobody joins unasked.
    rows = [replace(row, participates=not employees) if row.employee is None else row for row in rows]
    return [_proposed(row, *proposals[row.key]) if row.key in proposals else row for row in rows]


def _staff_row(one: Mapping[str, Any], employees: Sequence[Employee]) -> Row:
    logins = tuple(one["sip_logins"])
    kept = _kept_for(one["staff_id"], logins, employees)
    row = Row(
        key=f"staff-{one['staff_id']}",
        name=one["name"],
        staff_id=one["staff_id"],
        sip_logins=logins,
        extension=one["extension"],
        email=one["email"],
    )
    return replace(row, employee=kept, user_id=kept.planfix_user_id, participates=kept.participates) if kept else row


def _kept_for(staff_id: str, logins: Sequence[str], employees: Sequence[Employee]) -> Employee | None:
    """Whoever has the staff ID, else somebody without one who has a line of his."""
    his_lines = {login.casefold() for login in logins}
    by_id = (employee for employee in employees if employee.staff_id and employee.staff_id == staff_id)
    by_line = (
        employee
        for employee in employees
        if not employee.staff_id and his_lines & {login.casefold() for login in employee.sip_logins}
    )
    return next(chain(by_id, by_line), None)


def _proposed(row: Row, user: User, pair: EmployeePair) -> Row:
    return replace(row, user_id=user.id, paired_by=pair.by, against=pair.against)


def _kept_row(employee: Employee) -> Row:
    return Row(
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


def _stands_out(row: Row) -> Row:
    return replace(row, is_asked_for=True, participates=True)


def _is_talker(row: Row, call: Call, customer: Customer) -> bool:
    if row.employee:
        match = match_employee(call.folded, customer.rules.employees, customer.region)
        return match.employee is not None and match.employee.key == row.employee.pk
    return _is_he(call_agent(call.folded, customer.region), row)


def _is_he(talker: CallAgent, row: Row) -> bool:
    """Whether this is whom the calls name: by the staff ID, or by a line where they name none."""
    if talker.staff_id or not talker.lines:
        return _name_of(talker) == _name_of(_as_talker(row))
    return bool({line.casefold() for line in talker.lines} & {login.casefold() for login in row.sip_logins})


def _with_talkers(rows: Sequence[Row], skipped: _Skipped, users: Sequence[User]) -> Iterator[Row]:
    """The rows with the calls that wait for them, and a row for everybody whom only calls name."""
    left = dict(skipped.unknown)
    for row in rows:
        his = [name for name, (talker, *_) in left.items() if _is_he(talker, row)]
        yield replace(row, calls=sum(left.pop(name)[1] for name in his))
    talkers = [
        Row(
            key=f"talker-{hashlib.sha256(name.encode()).hexdigest()[:12]}",
            name=talker.name or name,
            staff_id=talker.staff_id,
            sip_logins=talker.lines,
            extension=talker.extension,
            email=talker.email,
            calls=calls,
            is_from_calls=True,
        )
        for name, (talker, calls) in left.items()
    ]
    pairs = {pair.left: pair for pair in pair_people(talkers, users)}
    for place, row in enumerate(talkers):
        yield _proposed(row, users[pairs[place].right], pairs[place]) if place in pairs else row


def _skipped_calls(customer: Customer, asked_call: Call | None) -> _Skipped:
    newest = Call.objects.filter(customer=customer, state=CallState.SKIPPED, reason__in=NOBODY_KNOWN)
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
    if not isinstance(decision, Skip) or decision.reason not in NOBODY_KNOWN:
        skipped.sendable.append(call.pk)
    elif match_employee(facts, customer.rules.employees, customer.region).employee is None:
        talker = call_agent(facts, customer.region)
        _, count = skipped.unknown.get(_name_of(talker), (talker, 0))
        skipped.unknown[_name_of(talker)] = (talker, count + 1)


def _name_of(talker: CallAgent) -> str:
    """By what the calls of one talker are told from those of another."""
    return talker.staff_id or next(iter(talker.lines), "") or talker.email or talker.extension or talker.name


def _as_talker(row: Row) -> CallAgent:
    return CallAgent(
        name=row.name, staff_id=row.staff_id, lines=row.sip_logins, extension=row.extension, email=row.email
    )


def _user(one: Mapping[str, Any]) -> User:
    return User(id=one["id"], name=one["name"], email=one["email"], extension=one["extension"])


# What is kept of them


def _save(customer: Customer, row: Row, choice: Choice, users: Mapping[int, User]) -> None:
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
        raise NotKept(f"{employee.name or row.key}: {_sentences(error)}") from error
    employee.save()


def _sentences(error: ValidationError) -> str:
    names = {column.name: f"{column.verbose_name}: " for column in Employee._meta.fields}
    told = (names.get(column, "") + " ".join(messages) for column, messages in error.message_dict.items())
    return " ".join(told)


def _same_person(customer: Customer, row: Row, user_id: int) -> Employee | None:
    """For whom only calls name: an employee kept without a staff ID, or with this very one, of the same Planfix
    employee. Somebody who has two staff IDs is kept twice.
    """
    if not row.is_from_calls:
        return None
    theirs = customer.employees.filter(planfix_user_id=user_id).order_by("pk")
    return next((one for one in theirs if not (row.staff_id and one.staff_id) or one.staff_id == row.staff_id), None)
