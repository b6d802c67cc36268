"""Values of data tag fields: how Planfix stores and shows them.

Planfix refuses no value: it answers success and stores a malformed value as empty.
https://help.planfix.com/restapidocs/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.planfix import vocabulary as types
from sandbox.planfix.records import CustomField

PersonName = Callable[[str], str | None]
"""The name of user:5 or contact:812, or None when that person does not exist."""

MAX_LINE = 255
DATE = re.compile(r"\d{2}-\d{2}-\d{4}")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
DATE_AND_TIME = re.compile(r"(\d{2}-\d{2}-\d{4}) (\d{2}:\d{2})(?::\d{2})?")


def kept(field: CustomField, sent: Any, name_of: PersonName) -> object:
    keep = KEEP.get(field.type)
    return keep(sent, name_of) if keep else sent


def readable(field: CustomField, value: Any) -> str:
    if value is None:
        return ""
    read = READ.get(field.type, str)
    return read(value)


def is_foreign_item(field: CustomField, sent: Any) -> bool:
    """True for a value of a List field that is not among its items."""
    return field.type == types.LIST and sent not in field.choices


def is_overnight(field: CustomField, sent: Any) -> bool:
    """True for a value of a Period field that ends before it begins."""
    period = _period(sent, lambda person: None) if field.type == types.PERIOD else None
    if not isinstance(period, dict):
        return False
    return _minutes(period["to"]["time"]) < _minutes(period["from"]["time"])


def _line(sent: Any, _: PersonName) -> object:
    return str(sent)[:MAX_LINE] if isinstance(sent, str | int | float) else None


def _number(sent: Any, _: PersonName) -> object:
    try:
        number = float(sent)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else number


def _date(sent: Any, _: PersonName) -> object:
    date = _part(sent, "date", DATE)
    return {"date": date} if date else None


def _date_time(sent: Any, _: PersonName) -> object:
    if isinstance(sent, str):
        match = DATE_AND_TIME.fullmatch(sent)
        return {"date": match[1], "time": match[2]} if match else None
    date, time = _part(sent, "date", DATE), _part(sent, "time", TIME)
    return {"date": date, "time": time or "00:00"} if date else None


def _period(sent: Any, _: PersonName) -> object:
    sent = sent if isinstance(sent, dict) else {}
    start, end = _part(sent.get("from"), "time", TIME), _part(sent.get("to"), "time", TIME)
    if not start or not end:
        return None
    return {
        "from": {"time": start},
        "to": {"time": end},
        "durationSec": _period_seconds(start, end),
        "stringValue": f"{start} - {end}",
    }


def _period_seconds(start: str, end: str) -> int:
    """The seconds of a period. Planfix takes 00:00 - 00:00 for a whole day."""
    if start == end == "00:00":
        return 24 * 3600
    return max(0, _minutes(end) - _minutes(start)) * 60


def _person(sent: Any, name_of: PersonName, *, bare_prefix: str = "user") -> object:
    person = str(sent.get("id", "")) if isinstance(sent, dict) else ""
    if person.isdigit():
        person = f"{bare_prefix}:{person}"
    name = name_of(person)
    return None if name is None else {"id": person, "name": name}


def _contact(sent: Any, name_of: PersonName) -> object:
    person = _person(sent, name_of, bare_prefix="contact")
    return person if isinstance(person, dict) and person["id"].startswith("contact:") else None


def _part(sent: Any, name: str, pattern: re.Pattern[str]) -> str | None:
    part = sent.get(name) if isinstance(sent, dict) else None
    return part if isinstance(part, str) and pattern.fullmatch(part) else None


def _minutes(time: str) -> int:
    """Minutes since midnight."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


KEEP: Mapping[int, Callable[[Any, PersonName], object]] = {
    types.LINE: _line,
    types.NUMBER: _number,
    types.DATE: _date,
    types.DATE_TIME: _date_time,
    types.PERIOD: _period,
    types.LIST: _line,  # not checked against the list's items
    types.CONTACT: _contact,
    types.PERSON: _person,
}

READ: Mapping[int, Callable[[Any], str]] = {
    types.DATE: lambda value: str(value["date"]),
    types.DATE_TIME: lambda value: f"{value['date']} {value['time']}",
    types.PERIOD: lambda value: str(value["stringValue"]),
    types.CONTACT: lambda value: str(value["name"]),
    types.PERSON: lambda value: str(value["name"]),
}
