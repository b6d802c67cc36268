"""Custom fields of Planfix: their types, and how a value is written into one. Knows no particular field."""

from __future__ import annotations

from enum import IntEnum

from integrations.planfix.answers import JSON

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


def value_of(field_id: int, value: JSON) -> dict[str, JSON]:
    """One item of `customFieldData`."""
    return {"field": {"id": field_id}, "value": value}


def text_value(field_id: int, text: str) -> dict[str, JSON]:
    """A text for a Line or Text field, cut to what a Line takes."""
    return value_of(field_id, text[:LINE_LENGTH])
