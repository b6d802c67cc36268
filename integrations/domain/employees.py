"""Matches a call to the employee who talked. Knows no delivery rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache, partial

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.parties import client_number, direction_of
from integrations.domain.phones import normalize, sip_login


@dataclass(frozen=True, kw_only=True)
class Employee:
    key: int
    """Primary key of the employee's row."""
    name: str
    planfix_user_id: int | None
    staff_id: str = ""
    sip_logins: tuple[str, ...] = ()
    """SIP logins, and phone numbers that receive this employee's forwarded calls."""
    extension: str = ""
    extension_since: datetime | None = None
    """UTC. Earlier calls of the extension belong to another employee. None: all of them are this employee's."""
    email: str = ""
    participates: bool = True


class MatchedBy(StrEnum):
    NOTHING = ""
    STAFF_ID = "staff_id"
    SIP_LOGIN = "sip_login"
    EXTENSION = "extension"
    EMAIL = "email"
    NAME = "name"


@dataclass(frozen=True, kw_only=True)
class EmployeeMatch:
    employee: Employee | None
    by: MatchedBy
    seen: str
    """The employee as the event names them, for display: "New Comer (staff id 999999, SIP acmecom_newcomer)"."""
    ambiguous: bool = False
    """True when there is no employee because several fit equally well."""


Clue = tuple[MatchedBy, Callable[[Employee], bool]]

_ALIKE_IN_NAMES = str.maketrans({"ё": "е", **dict.fromkeys("'’‘ʼ`´′", None)})


def match_employee(facts: CallFacts, employees: Sequence[Employee], region: str) -> EmployeeMatch:
    """Matches by staff ID, SIP login, extension, e-mail and full name. The first clue that fits one employee decides.

    When a clue fits several employees, the weaker clues choose among these. A staff ID or login that no employee has
    does not end the search: often only some of an employee's identities are configured. People share and inherit
    extensions, e-mails and names, so these never match an employee whose staff ID differs from the event's.
    """
    left, ambiguous = employees, False
    for by, fits in _clues(facts, region):
        found = [employee for employee in left if fits(employee)]
        if len(found) == 1:
            return EmployeeMatch(employee=found[0], by=by, seen=_seen(facts, region))
        if found:
            left, ambiguous = found, True
    return EmployeeMatch(employee=None, by=MatchedBy.NOTHING, seen=_seen(facts, region), ambiguous=ambiguous)


@dataclass(frozen=True, kw_only=True)
class CallAgent:
    """All identities that an event gives of the employee who talked."""

    name: str
    staff_id: str
    lines: tuple[str, ...]
    """SIP logins and phones."""
    extension: str
    email: str


def call_agent(facts: CallFacts, region: str) -> CallAgent:
    return CallAgent(
        name=facts.employee_name.strip(),
        staff_id=facts.staff_id.strip(),
        lines=tuple(_lines(facts, region)),
        extension=facts.extension.strip(),
        email=facts.employee_email.strip(),
    )


def is_employees_number(raw: str, employees: Iterable[Employee], region: str) -> bool:
    """True when the number is an employee's extension, or a phone that receives their forwarded calls."""
    extension, line = raw.strip(), _line(raw, region)
    return any(_is(employee.extension, extension) or _answers_at(employee, line, region) for employee in employees)


def _clues(facts: CallFacts, region: str) -> Iterator[Clue]:
    """The event's clues to the employee, the most reliable first."""
    staff_id, name = facts.staff_id.strip(), name_words(facts.employee_name)
    yield MatchedBy.STAFF_ID, lambda employee: _is(employee.staff_id, staff_id)
    for line in _lines(facts, region):
        yield MatchedBy.SIP_LOGIN, partial(_answers_at, line=line, region=region)
    shared: list[Clue] = [
        (MatchedBy.EXTENSION, partial(_had_extension, facts=facts)),
        (MatchedBy.EMAIL, lambda employee: _is(employee.email, facts.employee_email)),
        (MatchedBy.NAME, lambda employee: bool(name) and name == name_words(employee.name)),
        (MatchedBy.NAME, lambda employee: is_shorter_form(name, name_words(employee.name))),
    ]
    for by, fits in shared:
        yield by, partial(_fits_same_person, fits=fits, staff_id=staff_id)


def _had_extension(employee: Employee, *, facts: CallFacts) -> bool:
    """True when the event's extension was this employee's at the start of the call."""
    since, started_at = employee.extension_since, facts.started_at
    was_anothers = since is not None and started_at is not None and started_at < since
    return not was_anothers and _is(employee.extension, facts.extension)


def _fits_same_person(employee: Employee, *, fits: Callable[[Employee], bool], staff_id: str) -> bool:
    is_someone_else = staff_id and employee.staff_id and not _is(employee.staff_id, staff_id)
    return not is_someone_else and fits(employee)


def _lines(facts: CallFacts, region: str) -> list[str]:
    """The employee's SIP logins and phones in the event, never the client's own number."""
    incoming = direction_of(facts) is Direction.INCOMING
    spoken_at = [facts.connected_with] if incoming else [facts.caller, facts.connected_with]
    # On a callback, a field of the client may hold our SIP login. A number there is not an employee's.
    logins = [sip_login(facts.destination), sip_login(facts.caller)]
    client = client_number(facts, region).number
    lines = dict.fromkeys(_line(raw, region) for raw in [*spoken_at, *logins])
    return [line for line in lines if line and line != client]


@lru_cache(maxsize=4096)  # every call is compared with the same few lines of all employees
def _line(raw: str, region: str) -> str:
    """A SIP login or phone number in one spelling, for comparison."""
    return sip_login(raw).casefold() or normalize(raw, region) or ""


def _answers_at(employee: Employee, line: str, region: str) -> bool:
    return bool(line) and any(line == _line(listed, region) for listed in employee.sip_logins)


def _is(configured: str, seen: str) -> bool:
    return bool(seen.strip()) and configured.strip().casefold() == seen.strip().casefold()


@lru_cache(maxsize=4096)  # every name is compared with every other
def name_words(name: str) -> frozenset[str]:
    folded = unicodedata.normalize("NFC", name).casefold().translate(_ALIKE_IN_NAMES)
    return frozenset(re.findall(r"[\w-]+", folded))


def is_shorter_form(one: frozenset[str], other: frozenset[str]) -> bool:
    """True when one name is the other without its patronymic. Needs at least two words of each."""
    return min(len(one), len(other)) >= 2 and (one < other or other < one)


def _seen(facts: CallFacts, region: str) -> str:
    staff_id, extension, email = facts.staff_id.strip(), facts.extension.strip(), facts.employee_email.strip()
    details = [f"staff id {staff_id}"] if staff_id else []
    details += [f"number {line}" if line.startswith("+") else f"SIP {line}" for line in _lines(facts, region)]
    details += [f"extension {extension}"] if extension else []
    details += [email] if email else []
    name, identities = facts.employee_name.strip(), ", ".join(details)
    return f"{name} ({identities})" if name and identities else name or identities
