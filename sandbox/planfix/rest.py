"""Conventions of Planfix's REST API: response format, refusals, paging, field lists. Knows no entity.

https://help.planfix.com/restapidocs/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.http.server import Reply, json_reply
from sandbox.planfix.world import SourceObjectId, TimePoints

if TYPE_CHECKING:
    from sandbox.planfix.account import Account

Row = TypeVar("Row")

EMPTY = Reply()
"""Updates of comments and entries answer 200 without a body."""

MAX_PAGE = 100


class Refusal(Exception):
    """Answered as `{"result": "fail", "code": …, "error": …}` with the HTTP status."""

    def __init__(self, status: int, code: int, error: str, *, requests_left: int | None = None, **more: object) -> None:
        """`requests_left`: given instead of the account's count. `more`: further properties of the response."""
        super().__init__(error)
        self.status, self.code, self.error, self.more = status, code, error, more
        self.requests_left = requests_left

    def reply(self) -> Reply:
        return json_reply({"result": "fail", "code": self.code, "error": self.error, **self.more}, self.status)


def success(status: int = 200, **payload: object) -> Reply:
    return json_reply({"result": "success", **payload}, status)


def bad_value(error: str) -> Refusal:
    return Refusal(400, 41, error)


class Body:
    """A JSON object: reads each property by its required type, with a default when it is missing."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._properties = properties

    @classmethod
    def parsed(cls, raw: bytes) -> Body:
        """The body of a request, {} for a blank text. Raises Refusal 30 when the text is not a JSON object."""
        if not raw.strip():
            return cls({})
        try:
            properties = json.loads(raw)
        except ValueError as error:
            raise Refusal(400, 30, f"Rest API error, not valid JSON: {error}") from error
        if not isinstance(properties, dict):
            raise Refusal(400, 30, "Rest API error, not valid JSON: an object is expected")
        return cls(properties)

    def as_text(self) -> str:
        """The whole object as JSON with its characters as they are."""
        return json.dumps(self._properties, ensure_ascii=False)

    def __contains__(self, name: str) -> bool:
        return self._properties.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self._of_type(name, str, int, float)
        return default if value is None else str(value)

    def number(self, name: str, default: int = 0) -> int:
        value = self._of_type(name, int, str)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError as error:
            raise bad_value(f"Invalid value of {name}") from error

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._of_type(name, bool, int, str)
        return default if value is None else value in (True, 1, "1", "true")

    def object(self, name: str) -> Body:
        return Body(self._of_type(name, dict) or {})

    def objects(self, name: str) -> list[Body]:
        rows = self._of_type(name, list) or []
        if not all(isinstance(row, dict) for row in rows):
            raise Refusal(400, 30, f"Rest API error, not valid JSON: objects are expected in {name}")
        return [Body(row) for row in rows]

    def value(self, name: str) -> Any:
        return self._properties.get(name)

    def _of_type(self, name: str, *types: type) -> Any:
        value = self._properties.get(name)
        if value is not None and not isinstance(value, types):
            raise Refusal(400, 30, f"Rest API error, not valid JSON: wrong type of {name}")
        return value


@dataclass(frozen=True, kw_only=True)
class RestCall:
    account: Account
    ids: tuple[int, ...]
    """Numbers in the path, in order."""
    body: Body
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def fields(self) -> list[str]:
        """Requested field names and numeric ids."""
        asked = self.query.get("fields") or self.body.text("fields")
        return [name.strip() for name in asked.split(",") if name.strip()]

    def page(self, rows: Iterable[Row]) -> Sequence[Row]:
        offset = max(0, self.body.number("offset"))
        size = min(MAX_PAGE, max(1, self.body.number("pageSize", MAX_PAGE)))
        return list(islice(rows, offset, offset + size))


Operation = Callable[[RestCall], Reply]


@dataclass(frozen=True, kw_only=True)
class Route:
    method: str
    path: str
    """With {} for each number, without a trailing slash."""
    scope: str
    operation: Operation
    locks: bool = True
    """False when the operation waits for the network; it then locks the account itself, later."""


Fields = Mapping[str, Callable[["Account", Row], object]]


def shown(account: Account, row: Row, fields: Fields[Row], asked: Sequence[str]) -> dict[str, object]:
    """Returns the id and the requested fields that have a value. Unknown names are ignored, as in Planfix."""
    is_readable = account.world.source_object_id is not SourceObjectId.NOT_READABLE
    known = {
        name: fields[name](account, row)
        for name in asked
        if name in fields and (is_readable or name != "sourceObjectId")
    }
    present = {name: value for name, value in known.items() if value is not None}
    return {"id": fields["id"](account, row), **present}


def time_point(account: Account, moment: datetime) -> dict[str, str]:
    """`date` and `time` in the account's time zone, `datetime` in UTC without seconds."""
    local, utc = moment.astimezone(account.zone), moment.astimezone(UTC)
    whole = {
        "date": f"{local:%d-%m-%Y}",
        "time": f"{local:%H:%M}",
        "datetime": f"{utc:%Y-%m-%dT%H:%MZ}",
        "dateTimeUtcSeconds": f"{utc:%Y-%m-%dT%H:%M:%S+0000}",
    }
    return {name: whole[name] for name in TIME_PARTS[account.world.time_points]}


TIME_PARTS: Mapping[TimePoints, tuple[str, ...]] = {
    TimePoints.FULL: ("date", "time", "datetime", "dateTimeUtcSeconds"),
    TimePoints.UTC_ONLY: ("datetime", "dateTimeUtcSeconds"),
    TimePoints.LOCAL_ONLY: ("date", "time"),
}


TIME_POINT_FORMATS = (("dateTimeUtcSeconds", "%Y-%m-%dT%H:%M:%S%z"), ("datetime", "%Y-%m-%dT%H:%MZ"))


def read_time_point(body: Body, zone: tzinfo) -> datetime | None:
    """The time in the body in UTC; None when it has none. Raises Refusal 41 for an undocumented format."""
    try:
        for name, form in TIME_POINT_FORMATS:
            if text := body.text(name):
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - the second form means UTC by its Z
                return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if date := body.text("date"):
            local = datetime.strptime(f"{date} {body.text('time') or '00:00'}", "%d-%m-%Y %H:%M")  # noqa: DTZ007
            return local.replace(tzinfo=zone).astimezone(UTC)
    except ValueError as error:
        raise bad_value(f"Invalid date: {error}") from error
    return None
