"""Custom fields of Planfix: their types, and how a value is written into one. Knows no particular field."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from integrations.planfix.http.json_fields import JSON

LINE_LENGTH = 255


class FieldType(IntEnum):
    """The types that this room reads or writes; Planfix has more, which stay plain numbers."""

    LINE = 0
    NUMBER = 1
    TEXT = 2
    DATE = 3
    DATE_TIME = 5
    PERIOD = 6
    LIST = 8
    CONTACT = 10
    EMPLOYEE = 11
    COUNTERPARTY = 12
    PERSON = 13
    """Group, employee or contact."""


TEXT_TYPES = frozenset({FieldType.LINE, FieldType.TEXT})


def field_of_name(fields: Mapping[str, int], name_or_id: str) -> int | None:
    """The id of the field of that name, else of that id; names differ by case only if there are both."""
    wanted = name_or_id.strip()
    if wanted in fields:
        return fields[wanted]
    by_word = {name.casefold(): field_id for name, field_id in fields.items()}
    by_id = {str(field_id): field_id for field_id in fields.values()}
    return by_word.get(wanted.casefold(), by_id.get(wanted))


def value_of(field_id: int, value: JSON) -> dict[str, JSON]:
    """One item of `customFieldData`."""
    return {"field": {"id": field_id}, "value": value}


def text_value(field_id: int, text: str) -> dict[str, JSON]:
    """A text for a Line or Text field, cut to what a Line takes."""
    return value_of(field_id, text[:LINE_LENGTH])
