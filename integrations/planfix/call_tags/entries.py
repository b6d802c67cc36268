"""The call entity in Planfix: one call as the values of a call tag, and the tag's entry, written and found again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.domain.calls import Direction, Outcome
from integrations.planfix.call_tags.schema import CallTag, Role, TagField, roles_of
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import (
    JSON,
    LINE_LENGTH,
    child_of,
    created_id,
    id_of,
    rows_of,
    text_value,
    value_of,
)
from integrations.planfix.records.comments import Target

TYPE_VALUES: Mapping[Direction, tuple[int, str]] = {
    Direction.INCOMING: (0, "Incoming"),
    Direction.OUTGOING: (1, "Outgoing"),
}
"""The position in the Type list, and the word that is written if the list is shorter. Planfix accepts any word."""


@dataclass(frozen=True, kw_only=True)
class CallEntry:
    """The values that a call tag can hold. Times are UTC. `extra`: texts by field id, such as UTM tags."""

    direction: Direction
    started_at: datetime
    ended_at: datetime
    talk_seconds: int | None
    employee_id: int | None
    contact_id: int | None
    line: str = ""
    client_number: str = ""
    line_name: str = ""
    extra: Mapping[int, str] = field(default_factory=dict)


def entry_values(tag: CallTag, entry: CallEntry, timezone: ZoneInfo, outcome: Outcome) -> list[dict[str, JSON]]:
    """The `customFieldData` of the entry. Leaves out values that are unknown or have no field in the tag."""
    standard = roles_of(tag.fields, outcome)
    values = [
        value_of(field.id, value)
        for role, field in standard.items()
        if (value := WRITERS[role](entry, field, timezone)) not in (None, "")
    ]
    taken = {field.id for field in standard.values()}
    extra = {field_id: text for field_id, text in entry.extra.items() if text and field_id not in taken}
    return values + [text_value(field_id, text) for field_id, text in extra.items()]


def _date(entry: CallEntry, timezone: ZoneInfo) -> JSON:
    return {"date": _local_date(entry.started_at, timezone)}


def _period(entry: CallEntry, timezone: ZoneInfo) -> JSON:
    """The period of the call, within one day as Planfix requires: a call over midnight ends at 24:00. No period ends
    before it begins.

    Planfix takes 00:00–00:00 for a whole day, so a call in the first minute of a day ends at 00:01.
    """
    start, end = _local_time(entry.started_at, timezone), _local_time(entry.ended_at, timezone)
    if entry.ended_at <= entry.started_at:
        end = start
    elif _local_date(entry.ended_at, timezone) != _local_date(entry.started_at, timezone):
        end = "24:00"
    end = max(start, end)
    return {"from": {"time": start}, "to": {"time": "00:01" if start == end == "00:00" else end}}


def _moment(entry: CallEntry, timezone: ZoneInfo) -> JSON:
    return {
        "date": _local_date(entry.started_at, timezone),
        "time": _local_time(entry.started_at, timezone),
    }


def _type(entry: CallEntry, field: TagField) -> JSON:
    place, word = TYPE_VALUES[entry.direction]
    return field.values[place] if len(field.values) > place else word


def _person(kind: str, number: int | None) -> JSON:
    return None if number is None else {"id": f"{kind}:{number}"}


def _local_date(moment: datetime, timezone: ZoneInfo) -> str:
    return moment.astimezone(timezone).strftime("%d-%m-%Y")


def _local_time(moment: datetime, timezone: ZoneInfo) -> str:
    return moment.astimezone(timezone).strftime("%H:%M")


WRITERS: Mapping[Role, Callable[[CallEntry, TagField, ZoneInfo], JSON]] = {
    Role.DATE: lambda entry, field, timezone: _date(entry, timezone),
    Role.PERIOD: lambda entry, field, timezone: _period(entry, timezone),
    Role.MOMENT: lambda entry, field, timezone: _moment(entry, timezone),
    Role.TYPE: lambda entry, field, timezone: _type(entry, field),
    Role.DURATION: lambda entry, field, timezone: entry.talk_seconds,
    Role.EMPLOYEE: lambda entry, field, timezone: _person("user", entry.employee_id),
    Role.CONTACT: lambda entry, field, timezone: _person("contact", entry.contact_id),
    Role.LINE: lambda entry, field, timezone: entry.line[:LINE_LENGTH],
    Role.CLIENT_NUMBER: lambda entry, field, timezone: entry.client_number[:LINE_LENGTH],
    Role.LINE_NAME: lambda entry, field, timezone: entry.line_name[:LINE_LENGTH],
}


def write_tag(
    client: Planfix,
    target: Target,
    comment_id: int,
    tag: CallTag,
    values: Iterable[dict[str, JSON]],
) -> int:
    """Writes the entry and returns its key. Not idempotent: after an unclear answer use find_tag_key()."""
    path = f"{target.path}/datatags/{comment_id}"
    items: list[JSON] = [{"customFieldData": list(values)}]
    keys = client.request("POST", path, body={"dataTag": {"id": tag.id}, "items": items}).get("keys")
    return created_id(keys[0] if isinstance(keys, list) and keys else None, f"POST {path}")


def find_tag_key(client: Planfix, comment_id: int, tag_id: int) -> int | None:
    """The key of the comment's entry in that tag; None if it has none. Raises PlanfixRefused if the comment is gone."""
    answer = client.request("GET", f"/comment/{comment_id}", params={"fields": "id,dataTags"})
    for row in rows_of(child_of(answer, "comment"), "dataTags"):
        if id_of(child_of(row, "dataTag").get("id")) == tag_id:
            return id_of(row.get("key"))
    return None
