"""Contents of a new account with telephony: employees, task statuses, the data tags Call and Missed call."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.planfix import vocabulary as types
from sandbox.planfix.records import CustomField, DataTag, TaskStatus, User
from sandbox.planfix.vocabulary import CALL_TYPES, MISSED_CALL_TYPES, UTM_FIELDS, VOCABULARIES

CALL_TAG_ID, MISSED_CALL_TAG_ID = 7025, 7027
DATA_TAG_OBJECT = 4

USERS = (
    User(id=1, name="Robot", role="Robot"),
    User(id=5, name="Iryna", lastname="Bondar", email="iryna@example.com", extension="101"),
    User(id=6, name="Oleh", lastname="Tkachenko", email="oleh@example.com", extension="102"),
    User(id=7, name="Maria", lastname="Kovalenko", email="maria@example.com", extension="103"),
)

PROCESS_ID = 1
CALL_BACK_TEMPLATE = 31
TASK_TEMPLATES = {CALL_BACK_TEMPLATE: "Call back", 32: "Order"}
USER_GROUPS = {3: "Managers"}

STATUS_COLORS = (("#4573b1", True), ("#2e8b57", True), ("#8a8f98", False), ("#b04a4a", False))


def statuses(language: str) -> list[TaskStatus]:
    names = VOCABULARIES[language].statuses
    return [
        TaskStatus(id=number, name=name, color=color, is_active=is_active)
        for number, (name, (color, is_active)) in enumerate(zip(names, STATUS_COLORS, strict=True), start=1)
    ]


def tags(language: str, utm_fields: Sequence[str] = UTM_FIELDS) -> list[DataTag]:
    words = VOCABULARIES[language]
    return [
        DataTag(
            id=tag_id,
            name=name,
            group=words.group,
            group_id=2,
            is_system=True,
            fields=(
                *_standard_fields(first_id, names, field_types, words.directions),
                *_lines(first_id + 9_000, utm_fields),
            ),
        )
        for tag_id, name, first_id, names, field_types in (
            (CALL_TAG_ID, words.call, 41_617, words.call_fields, CALL_TYPES),
            (MISSED_CALL_TAG_ID, words.missed_call, 41_635, words.missed_call_fields, MISSED_CALL_TYPES),
        )
    ]


def _standard_fields(
    first_id: int, names: Sequence[str], field_types: Sequence[int], directions: tuple[str, str]
) -> list[CustomField]:
    return [
        CustomField(
            id=first_id + 2 * position,
            name=name,
            type=field_type,
            object_type=DATA_TAG_OBJECT,
            choices=directions if field_type == types.LIST else (),
        )
        for position, (name, field_type) in enumerate(zip(names, field_types, strict=True))
    ]


def _lines(first_id: int, names: Sequence[str]) -> list[CustomField]:
    return [
        CustomField(id=first_id + position, name=name, type=types.LINE, object_type=DATA_TAG_OBJECT, is_own=True)
        for position, name in enumerate(names)
    ]
