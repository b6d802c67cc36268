"""Which field of a call tag holds what. Planfix goes by type and order, we by the names too. Knows no values.

The standard fields and their order: https://planfix.com/ru/help/Виртуальные_АТС
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from integrations.domain.calls import Outcome
from integrations.planfix.records.fields import FieldType

PERSON_TYPES = (FieldType.PERSON, FieldType.CONTACT, FieldType.COUNTERPARTY)
EMPLOYEE_TYPES = (FieldType.PERSON, FieldType.EMPLOYEE)


class Role(StrEnum):
    """The value is what a specialist reads when the field is missing."""

    DATE = "Date"
    PERIOD = "Time"
    MOMENT = "Date and time"
    TYPE = "Type"
    DURATION = "Duration (sec.)"
    EMPLOYEE = "Employee"
    CONTACT = "Contact"
    LINE = "External line"
    CLIENT_NUMBER = "Contact phone"
    LINE_NAME = "External line name"


TYPES: Mapping[Role, tuple[FieldType, ...]] = {
    Role.DATE: (FieldType.DATE,),
    Role.PERIOD: (FieldType.PERIOD,),
    Role.MOMENT: (FieldType.DATE_TIME,),
    Role.TYPE: (FieldType.LIST,),
    Role.DURATION: (FieldType.NUMBER,),
    Role.EMPLOYEE: EMPLOYEE_TYPES,
    Role.CONTACT: PERSON_TYPES,
    Role.LINE: (FieldType.LINE,),
    Role.CLIENT_NUMBER: (FieldType.LINE,),
    Role.LINE_NAME: (FieldType.LINE,),
}

CALL_ROLES = (
    Role.DATE,
    Role.PERIOD,
    Role.TYPE,
    Role.DURATION,
    Role.EMPLOYEE,
    Role.CONTACT,
    Role.LINE,
    Role.CLIENT_NUMBER,
    Role.LINE_NAME,
)
MISSED_CALL_ROLES = (
    Role.MOMENT,
    Role.TYPE,
    Role.CONTACT,
    Role.LINE,
    Role.CLIENT_NUMBER,
    Role.LINE_NAME,
)
ROLES: Mapping[Outcome, tuple[Role, ...]] = {Outcome.ANSWERED: CALL_ROLES, Outcome.MISSED: MISSED_CALL_ROLES}

NAMES: Mapping[Role, frozenset[str]] = {
    Role.DATE: frozenset({"date", "дата", "data"}),
    Role.PERIOD: frozenset({"time", "period", "время", "период", "час", "період", "czas", "godzina", "okres"}),
    Role.MOMENT: frozenset(
        {
            "date and time",
            "дата и время",
            "дата і час",
            "дата й час",
            "дата та час",
            "data i godzina",
            "data i czas",
        }
    ),
    Role.TYPE: frozenset({"type", "тип", "typ", "rodzaj"}),
    Role.DURATION: frozenset(
        {"duration", "продолжительность", "длительность", "тривалість", "czas trwania", "długość"}
    ),
    Role.EMPLOYEE: frozenset({"employee", "сотрудник", "співробітник", "працівник", "pracownik"}),
    Role.CONTACT: frozenset({"contact", "контакт", "kontakt"}),
    Role.LINE: frozenset({"external line", "внешняя линия", "зовнішня лінія", "linia zewnętrzna", "zewnętrzna linia"}),
    Role.CLIENT_NUMBER: frozenset(
        {
            "contact phone",
            "contact number",
            "contact phone number",
            "номер контакта",
            "телефон контакта",
            "номер контакту",
            "телефон контакту",
            "numer kontaktu",
            "telefon kontaktu",
            "numer telefonu kontaktu",
        }
    ),
    Role.LINE_NAME: frozenset(
        {
            "external line name",
            "name of external line",
            "название внешней линии",
            "имя внешней линии",
            "назва зовнішньої лінії",
            "nazwa linii zewnętrznej",
            "nazwa zewnętrznej linii",
        }
    ),
}


@dataclass(frozen=True, kw_only=True)
class TagField:
    """A field of a data tag; `values` are those of a list, in their order."""

    id: int
    name: str
    type: int
    values: tuple[str, ...] = ()


def roles_of(fields: tuple[TagField, ...], outcome: Outcome) -> dict[Role, TagField]:
    """The standard fields of the tag "Call" (answered) or "Missed call" (missed), without those it lacks.

    A field is taken by its type and name. Only where no field of a type has a name that we know, because the
    tag speaks another language, are the fields of that type taken in their order, as Planfix itself does.
    """
    roles = ROLES[outcome]
    known = {role: field for role in roles if (field := _named(fields, role))}
    found = dict(known)
    for role in roles:
        if role in known or _speaks_a_known_language(known.values(), TYPES[role]):
            continue
        taken = {field.id for field in found.values()}
        if free := next((f for f in fields if f.type in TYPES[role] and f.id not in taken), None):
            found[role] = free
    return found


def _named(fields: tuple[TagField, ...], role: Role) -> TagField | None:
    return next((f for f in fields if f.type in TYPES[role] and plain(f.name) in NAMES[role]), None)


def _speaks_a_known_language(named: Iterable[TagField], types: tuple[FieldType, ...]) -> bool:
    return any(field.type in types for field in named)


def plain(name: str) -> str:
    """A name for comparing: without case, what stands in brackets, and punctuation at its ends."""
    return re.sub(r"\s+", " ", re.sub(r"\(.*?\)", "", name)).strip(" .,:;").casefold()
