"""The two data tags of a customer that hold calls, and what each of their fields is for. Knows no requests.

Planfix recognises the standard fields by their type and order; this room also recognises them by name. The fields and
their order: https://planfix.com/ru/help/Виртуальные_АТС
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from integrations.domain.calls import Outcome
from integrations.planfix.http.json_fields import JSON, Row, child_of, id_of, rows_of, text_of
from integrations.planfix.records.fields import TEXT_TYPES, FieldType

PERSON_TYPES = (FieldType.PERSON, FieldType.CONTACT, FieldType.COUNTERPARTY)
EMPLOYEE_TYPES = (FieldType.PERSON, FieldType.EMPLOYEE)


class Role(StrEnum):
    """A standard field. The values are the names that pages show for a missing field."""

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
    """A field of a data tag. `values`: the items of a list field, in their order."""

    id: int
    name: str
    type: int
    values: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CallTag:
    id: int
    name: str
    fields: tuple[TagField, ...] = ()

    def to_json(self) -> dict[str, JSON]:
        fields: list[JSON] = [
            {"id": field.id, "name": field.name, "type": field.type, "values": list(field.values)}
            for field in self.fields
        ]
        return {"id": self.id, "name": self.name, "fields": fields}

    @classmethod
    def from_json(cls, row: Row) -> CallTag:
        """Reads the JSON of to_json() and Planfix's DataTag. Leaves out a field without id or type."""
        fields = tuple(filter(None, map(field_of, rows_of(row, "fields"))))
        return cls(id=id_of(row.get("id")) or 0, name=text_of(row, "name"), fields=fields)

    def missing(self, outcome: Outcome) -> tuple[str, ...]:
        """The English names of the standard fields that this tag lacks for calls of that outcome."""
        found = roles_of(self.fields, outcome)
        return tuple(role.value for role in ROLES[outcome] if role not in found)


@dataclass(frozen=True, kw_only=True)
class CallTags:
    call: CallTag
    missed_call: CallTag

    def of(self, outcome: Outcome) -> CallTag:
        return self.call if outcome is Outcome.ANSWERED else self.missed_call

    def text_field(self, outcome: Outcome, name_or_id: str) -> TagField | None:
        """The text field in the tag of that outcome. The id of a field of the other tag counts as that field's name: a
        customer maps a parameter once for both tags, whose fields have different ids.
        """
        tag = self.of(outcome)
        if own := text_field(tag, name_or_id):
            return own
        named = text_field(self.call, name_or_id) or text_field(self.missed_call, name_or_id)
        return text_field(tag, named.name) if named else None

    def to_json(self) -> dict[str, JSON]:
        return {"call": self.call.to_json(), "missed_call": self.missed_call.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, JSON]) -> CallTags:
        row = dict(stored)
        return cls(
            call=CallTag.from_json(child_of(row, "call")),
            missed_call=CallTag.from_json(child_of(row, "missed_call")),
        )


def field_of(row: Row) -> TagField | None:
    field_id, field_type = id_of(row.get("id")), id_of(row.get("type"))
    if field_id is None or field_type is None:
        return None
    listed = row.get("values") or row.get("enumValues")
    values = tuple(str(value) for value in listed) if isinstance(listed, list) else ()
    return TagField(id=field_id, name=text_of(row, "name"), type=field_type, values=values)


def text_field(tag: CallTag, name_or_id: str | int) -> TagField | None:
    """The text field with that name, else with that id. Case matters only if names differ by nothing else."""
    wanted = str(name_or_id).strip()
    texts = [field for field in tag.fields if field.type in TEXT_TYPES]
    same_name = [field for field in texts if field.name == wanted]
    same_word = [field for field in texts if field.name.casefold() == wanted.casefold()]
    same_id = [field for field in texts if str(field.id) == wanted]
    return next(iter(same_name + same_word + same_id), None)


@lru_cache(1024)
def roles_of(fields: tuple[TagField, ...], outcome: Outcome) -> Mapping[Role, TagField]:
    """The standard fields of the tag "Call" (answered) or "Missed call" (missed), without those it lacks.

    A field is recognised by its type and name. If no field of a type has a known name, the tag is in an unknown
    language: then the fields of that type are recognised by their order, as Planfix itself does.
    """
    roles = ROLES[outcome]
    known = {role: field for role in roles if (field := _named(fields, role))}
    found = dict(known)
    for role in roles:
        if role in known or _is_any_of_type(known.values(), TYPES[role]):
            continue
        taken = {field.id for field in found.values()}
        if free := next((f for f in fields if f.type in TYPES[role] and f.id not in taken), None):
            found[role] = free
    return found


def _named(fields: tuple[TagField, ...], role: Role) -> TagField | None:
    return next((f for f in fields if f.type in TYPES[role] and plain(f.name) in NAMES[role]), None)


def _is_any_of_type(fields: Iterable[TagField], types: tuple[FieldType, ...]) -> bool:
    return any(field.type in types for field in fields)


def plain(name: str) -> str:
    """A name for comparisons: in lower case, without text in brackets and without punctuation at its ends."""
    return re.sub(r"\s+", " ", re.sub(r"\(.*?\)", "", name)).strip(" .,:;").casefold()
