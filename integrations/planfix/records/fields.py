"""Custom fields of Planfix: their types, and how one is found by name. Knows no particular field."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class FieldType(IntEnum):
    """The types that the product reads or writes. Planfix has more, which stay plain numbers."""

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
    """Finds a field's id by its name, then by the id itself. Case counts only between otherwise equal names."""
    wanted = name_or_id.strip()
    if wanted in fields:
        return fields[wanted]
    by_word = {name.casefold(): field_id for name, field_id in fields.items()}
    by_id = {str(field_id): field_id for field_id in fields.values()}
    return by_word.get(wanted.casefold(), by_id.get(wanted))
