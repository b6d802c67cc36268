"""An answer of Planfix and its JSON: reads fields by type, writes custom fields, removes secrets and emoji from texts.

A field that is missing or has another type reads as empty. Knows no endpoint.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from integrations.outbound.json_answer import read_json
from integrations.planfix.http.errors import PlanfixUnavailable

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Row: TypeAlias = dict[str, JSON]

LINE_LENGTH = 255
"""Characters that a field of one line holds."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The HTTP response to one request. `payload`: {} for an empty body, None for anything but a JSON object."""

    request: str
    is_write: bool
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    payload: Mapping[str, object] | None = None

    @property
    def code(self) -> int | None:
        code = str((self.payload or {}).get("code", ""))
        return int(code) if re.fullmatch(r"[0-9]{1,9}", code) else None

    @property
    def is_success(self) -> bool:
        """An update may answer 200 or 202 with an empty body. Any other answer must contain `"result": "success"`."""
        if not 200 <= self.status < 300 or self.payload is None:
            return False
        result = self.payload.get("result")
        return result == "success" or (result is None and self.is_write)


def parse(text: str) -> Row | None:
    """The JSON object in a body; {} for an empty body, None for anything else."""
    if not text.strip():
        return {}
    try:
        value: JSON = read_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


# --- reading ---


def text_of(row: Row, key: str) -> str:
    value = row.get(key)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def child_of(row: Row, key: str) -> Row:
    value = row.get(key)
    return value if isinstance(value, dict) else {}


def rows_of(row: Row, key: str) -> list[Row]:
    value = row.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def names_by_id(rows: Iterable[Row]) -> dict[int, str]:
    """The names of rows that have an id."""
    return {number: text_of(row, "name") for row in rows if (number := id_of(row.get("id"))) is not None}


def id_of(value: JSON) -> int | None:
    """The number of an id with or without a prefix: 812, "812", "contact:812"."""
    match = re.fullmatch(r"(?:[a-z]+:)?([0-9]{1,18})", str(value))
    return int(match[1]) if match else None


def full_name_of(row: Row) -> str:
    return " ".join(part for key in ("name", "lastname") if (part := text_of(row, key)))


def created_id(value: JSON, request: str) -> int:
    """The id of the record that a write created. Raises PlanfixUnavailable (may have written) if it is missing."""
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
    """The time of a TimePoint in UTC. A TimePoint without a part that names its zone is read as UTC."""
    local = f"{text_of(timepoint, 'date')} {text_of(timepoint, 'time')}+0000"
    spellings = [(text_of(timepoint, key), spelling) for key, spelling in TIMEPOINT_FORMATS]
    for text, spelling in [*spellings, (local, "%d-%m-%Y %H:%M%z")]:
        try:
            return datetime.strptime(text, spelling).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def failed_fields(payload: Row) -> tuple[str, ...]:
    """The fields that Planfix did not change although the request succeeded, each with its reason."""
    rows = [(text_of(row, "field"), text_of(row, "error")) for row in rows_of(payload, "failures")]
    return tuple(f"{name or '?'} ({error})" if error else name for name, error in rows if name or error)


# --- writing ---


def value_of(field_id: int, value: JSON) -> dict[str, JSON]:
    """One item of `customFieldData`."""
    return {"field": {"id": field_id}, "value": value}


def text_value(field_id: int, text: str) -> dict[str, JSON]:
    """An item of `customFieldData` for a text field. The text is cut to the length of a line."""
    return value_of(field_id, text[:LINE_LENGTH])


# --- texts ---

_SECRET_PARAMETER = re.compile(r"(?i)([?&](?:amp;)?[a-z_-]*(?:token|key|secret)=)[^&\s\"'<>]+")

_MAY_NEED_MASK = re.compile(r"(?i)(?:token|key|secret)=|\\u(?:0000|d[89a-f])")
"""In a value's JSON: the name of a secret parameter, a NUL, or a surrogate, alone or as half of a pair."""

_EMOJI = re.compile("[\U00010000-\U0010ffff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\u200d\u20e3\ufe0e\ufe0f]+ ?")
"""Characters above U+FFFF, which some JSON readers do not accept, and the symbols and joiners that belong to emoji."""


def masked_text(text: str) -> str:
    """The text without tokens in addresses: anyone could play a recording by the token in its link.

    Also removes NULs and lone surrogates, which JSON may contain but PostgreSQL cannot store.
    """
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return _SECRET_PARAMETER.sub(r"\1***", clean)


def masked(value: JSON) -> JSON:
    """The value with masked_text() applied to all its texts.

    Most values have nothing to mask. One search of their JSON shows that, and is ten times as fast.
    """
    return _with_texts(value, masked_text) if _MAY_NEED_MASK.search(json.dumps(value)) else value


def without(value: JSON, secret: str) -> JSON:
    """The value without the secret in its texts."""
    return _with_texts(value, lambda text: text.replace(secret, "***"))


def without_emoji(value: JSON) -> JSON:
    """The value without the emoji in its texts."""
    return _with_texts(value, lambda text: _EMOJI.sub("", text))


def _with_texts(value: JSON, change: Callable[[str], str]) -> JSON:
    """The value with `change` applied to all its texts, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_with_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): _with_texts(item, change) for key, item in value.items()}
    return value
