"""Reads Planfix's JSON by type: what is missing, or of another type, reads as empty. Knows no endpoint."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TypeAlias

from integrations.planfix.http.errors import PlanfixUnavailable

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Row: TypeAlias = dict[str, JSON]


def parse(text: str) -> Row | None:
    """The JSON object in a body; {} for an empty body, None for anything else."""
    if not text.strip():
        return {}
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def text_of(row: Row, key: str) -> str:
    value = row.get(key)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def child_of(row: Row, key: str) -> Row:
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def rows_of(row: Row, key: str) -> list[Row]:
    value = row.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def id_of(value: JSON) -> int | None:
    """The number of an id that may be prefixed: 812, "812", "contact:812"."""
    match = re.fullmatch(r"(?:[a-z]+:)?([0-9]{1,18})", str(value))
    return int(match[1]) if match else None


def full_name_of(row: Row) -> str:
    return " ".join(part for key in ("name", "lastname") if (part := text_of(row, key)))


def created_id(value: JSON, request: str) -> int:
    """The id of what a write made. Raises PlanfixUnavailable (may have written) if the answer names none."""
    number = id_of(value)
    if number is None:
        raise PlanfixUnavailable(
            f"{request}: Planfix answered without an id. It will be looked for and tried again.",
            request=request,
            may_have_written=True,
        )
    return number


TIMEPOINT_FORMATS = (
    ("dateTimeUtcSeconds", "%Y-%m-%dT%H:%M:%S%z"),
    ("datetime", "%Y-%m-%dT%H:%M%z"),
)


def moment_of(timepoint: Row) -> datetime | None:
    """The UTC moment of a TimePoint. Without a part that names its zone it is right to within a day only."""
    local = f"{text_of(timepoint, 'date')} {text_of(timepoint, 'time')}+0000"
    spellings = [(text_of(timepoint, key), spelling) for key, spelling in TIMEPOINT_FORMATS]
    for text, spelling in [*spellings, (local, "%d-%m-%Y %H:%M%z")]:
        try:
            return datetime.strptime(text, spelling).astimezone(UTC)
        except ValueError:
            continue
    return None


def failed_fields(payload: Row) -> tuple[str, ...]:
    """What a success has not done after all: the names of the fields that Planfix did not change, and why."""
    rows = [(text_of(row, "field"), text_of(row, "error")) for row in rows_of(payload, "failures")]
    return tuple(f"{name or '?'} ({error})" if error else name for name, error in rows if name or error)
