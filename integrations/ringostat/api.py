"""Ringostat's HTTP API: the call list, the employees, who is online, and the contact book of the telephones. Knows
nothing of what is done with them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

import requests

from integrations.outbound.json_answer import read_json
from integrations.outbound.public_session import (
    TRANSPORT_ERRORS,
    NoRedirectSession,
    UnreadableResponse,
    exchange_timeout,
    read_response,
)
from integrations.ringostat.telephone.contact import PhoneBookContact
from integrations.ringostat.vocabulary import UTM

ANSWER_SECONDS = 60.0
TIMEOUT = exchange_timeout(connect=5, read=30, total=ANSWER_SECONDS)
"""Seconds to connect, to wait for each piece of an answer, and for the whole exchange."""
ANSWER_BYTES = 50 * 1024 * 1024
"""A full answer of the call list has about 6 MB."""

MAX_ROWS = 6500
"""The call list is cut there (help.ringostat.com, article 6312678)."""

ROW_LISTS = ("results", "result", "data", "calls", "items", "rows")
"""Names that an object of the call list may use for its rows."""

SHORTEST_WINDOW = timedelta(minutes=1)

SHORTEST_KEY = 8
"""Characters of the shortest key that is removed from answers."""

REQUIRED_FIELDS = (
    *("uniqueid", "calldate", "call_type", "disposition", "caller", "dst", "connected_with"),
    *("duration", "waittime", "billsec", "has_recording", "recording", "call_card", "employee_number"),
    *UTM,
)
OPTIONAL_FIELDS = (
    *("recording_wav", "employee_fio", "department", "caller_number", "pool_name", "scheme_name"),
    *("client_id", "landing", "refferrer", "category_number", "category_mark", "employee_mark"),
)
"""Some projects refuse some of these; the first are the likeliest."""


class RingostatError(Exception):
    """A request to Ringostat that failed. `retryable`: the same request may succeed later. `status`: the HTTP status,
    None without an answer."""

    def __init__(self, message: str, *, retryable: bool, status: int | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.status = status


class _FieldRefused(RingostatError):
    """The call list does not know a field; the answer may name it."""

    def __init__(self, answer: str) -> None:
        super().__init__(f"A field was refused: {answer[:200]}", retryable=False)
        self.answer = answer


@dataclass(frozen=True, kw_only=True)
class RingostatEmployee:
    staff_id: str
    name: str
    email: str = ""
    extension: str = ""
    sip_logins: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    """Phone numbers that ring for the employee."""


class RingostatClient:
    """One project. The key travels in a header only, never in an address or a message."""

    def __init__(
        self,
        api_url: str,
        auth_key: str,
        project_id: str,
        *,
        refused_fields: Iterable[str] = (),
        session: requests.Session | None = None,
        seconds: float | None = None,
    ) -> None:
        """`seconds`: the limit of each whole exchange; by default ANSWER_SECONDS."""
        if not re.fullmatch(r"[!-~]+", auth_key):
            raise RingostatError("The Auth-key is empty or has characters no key has.", retryable=False)
        self.dropped_fields = list(refused_fields)
        """Fields that the project refused, now or earlier. They are not requested again."""
        self._url = api_url.rstrip("/")
        self._headers = {"Auth-key": auth_key}
        self._project_id = project_id
        self._session = session or NoRedirectSession()
        self._seconds = seconds
        self._timeout = exchange_timeout(connect=5, read=seconds, total=seconds) if seconds else TIMEOUT

    def calls(self, start_utc: datetime, end_utc: datetime, timezone: ZoneInfo) -> list[dict[str, Any]]:
        """The rows of the calls that started in the window. The API counts in the project's time zone.

        A window with more calls than one answer holds is read in halves. Raises RingostatError.
        """
        rows = self._window(start_utc, end_utc, timezone)
        if len(rows) < MAX_ROWS or end_utc - start_utc <= SHORTEST_WINDOW:
            return rows
        middle = start_utc + (end_utc - start_utc) / 2
        return self.calls(start_utc, middle, timezone) + self.calls(middle, end_utc, timezone)

    def employees(self) -> list[RingostatEmployee]:
        """All employees of the project. Raises RingostatError."""
        content = self._asked(
            "POST",
            "/api/json-rpc",
            json={
                "jsonrpc": "2.0",
                "id": 1,
                "method": "getProjectStaffListAndDirections",
                "params": {"projectId": self._project_id},
            },
        )
        if not isinstance(content, dict) or "result" not in content:
            raise RingostatError(f"Ringostat refused: {_rpc_error(content)}", retryable=False, status=HTTPStatus.OK)
        return [_employee(person) for person in _objects(content["result"]) if person.get("staffId")]

    def online(self) -> list[str]:
        """The SIP logins that are online now (help.ringostat.com, article 6313081). Raises RingostatError."""
        content = self._asked("GET", "/sipstatus/online")
        if not isinstance(content, list):
            message = f"Ringostat answered with something other than a list of SIP logins: {_rpc_error(content)}"
            raise RingostatError(message, retryable=False, status=HTTPStatus.OK)
        return [login for login in content if isinstance(login, str)]

    def sync_contacts(self, contacts: Sequence[PhoneBookContact]) -> None:
        """Adds contacts to the contact book of the telephones, or changes those with the same origin and external ID.
        No request removes one (help.ringostat.com, article 9221318).

        No answer is documented: every success without an `error` counts. Raises RingostatError.
        """
        status, content = self._exchange(
            "POST",
            "/minicrm/contacts/sync",
            json={"contacts": [contact.to_json(self._project_id) for contact in contacts]},
            headers={**self._headers, "x-project-id": self._project_id},
        )
        if status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT):
            if error := _error_of(content):
                raise RingostatError(f"Ringostat refused: {error}", retryable=False, status=status)
            return
        message = f"Ringostat answered {status}{_meaning(status)}."
        raise RingostatError(message, retryable=_is_passing(status), status=status)

    def _window(self, start_utc: datetime, end_utc: datetime, timezone: ZoneInfo) -> list[dict[str, Any]]:
        parameters = {
            "export_type": "json",
            "from": _wall_time(start_utc, timezone),
            "to": _wall_time(end_utc, timezone),
            "order": "calldate asc",
        }
        while True:
            fields = [name for name in REQUIRED_FIELDS + OPTIONAL_FIELDS if name not in self.dropped_fields]
            try:
                content = self._asked("GET", "/calls/list", params=parameters | {"fields": ",".join(fields)})
            except _FieldRefused as refusal:
                self.dropped_fields.append(_refused_field(refusal.answer, fields))
                continue
            rows = _rows(content)
            if rows is None:
                raise RingostatError(
                    f"Ringostat answered with something other than a call list: {_rpc_error(content)}", retryable=False
                )
            return [row for row in rows if isinstance(row, dict)]

    def _asked(self, method: str, path: str, **arguments: Any) -> object:
        return _content(*self._exchange(method, path, **arguments))

    def _exchange(self, method: str, path: str, **arguments: Any) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        try:
            # Not redirected: requests would carry the key to any host.
            with self._session.request(
                method,
                self._url + path,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                **({"headers": self._headers} | arguments),
            ) as response:
                deadline = time.monotonic() + (self._seconds or ANSWER_SECONDS)
                content = read_response(response, most_bytes=ANSWER_BYTES, deadline=deadline)
        except UnreadableResponse as error:
            raise RingostatError(f"Ringostat cannot be read: {error}.", retryable=True) from error
        except TRANSPORT_ERRORS as error:
            message = f"Ringostat cannot be reached ({type(error).__name__})."
            raise RingostatError(message, retryable=True) from error
        return response.status_code, self._without_key(content)

    def _without_key(self, content: bytes) -> bytes:
        """An answer that repeats the key must not carry it into a message. A short one could be a word of a name."""
        key = self._headers["Auth-key"].encode()
        return content.replace(key, b"***") if len(key) >= SHORTEST_KEY else content


def _content(status: int, content: bytes) -> object:
    text = content.decode("utf-8-sig", errors="replace").strip()
    if not text and status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        return []
    # A list is not an error, even if its landing pages contain the words of one.
    if not text.startswith("[") and "incorrect field name" in text.lower():
        raise _FieldRefused(text)
    if status != HTTPStatus.OK:
        message = f"Ringostat answered {status}{_meaning(status)}."
        raise RingostatError(message, retryable=_is_passing(status), status=status)
    try:
        return read_json(text)
    except ValueError as error:
        raise RingostatError("Ringostat's answer is no JSON.", retryable=True) from error


def _error_of(content: bytes) -> str:
    """The error in an answer whose status is a success; "" if it contains none."""
    try:
        answer = read_json(content.decode("utf-8-sig", errors="replace"))
    except ValueError:
        return ""
    return _rpc_error(answer) if isinstance(answer, dict) and answer.get("error") else ""


def _rows(content: object) -> list[Any] | None:
    """The rows of the call list; None for an answer that has none.

    In quiet hours the answer is an empty body, or an object with an empty list or null, perhaps one level deeper.
    """
    if content in ("", {}):
        return []
    if isinstance(content, dict) and not content.get("error"):
        named = (content[name] for name in ROW_LISTS if name in content)
        return next((rows for each in named if (rows := _rows([] if each is None else each)) is not None), None)
    return content if isinstance(content, list) else None


def _meaning(status: int) -> str:
    meanings = {401: ": the Auth-key is wrong", 403: ": the Auth-key has no access"}
    return meanings.get(status, "")


def _is_passing(status: int) -> bool:
    return status >= 500 or status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


def _refused_field(answer: str, fields: list[str]) -> str:
    """The field that the answer names; if it names none or all of them, the next optional one."""
    named = [name for name in fields if re.search(rf"\b{name}\b", answer)]
    if len(named) == 1 and named[0] != "uniqueid":
        return named[0]
    optional = [name for name in OPTIONAL_FIELDS if name in fields]
    if not optional:
        raise RingostatError("Ringostat refuses the fields of the call list.", retryable=False)
    return optional[0]


def _rpc_error(content: object) -> str:
    error = content.get("error") if isinstance(content, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or "the answer is of an unknown form")[:200]


def _wall_time(moment: datetime, timezone: ZoneInfo) -> str:
    return moment.astimezone(timezone).strftime("%Y-%m-%d %H:%M:%S")


def _employee(person: Mapping[str, Any]) -> RingostatEmployee:
    directions = list(_directions(person.get("directions")))
    return RingostatEmployee(
        staff_id=str(person["staffId"]),
        name=str(person.get("fio") or ""),
        email=str(person.get("email") or ""),
        extension=str(person.get("extensionNumber") or ""),
        sip_logins=tuple(login for kind, login in directions if kind == "sip"),
        numbers=tuple(number for kind, number in directions if kind != "sip"),
    )


def _directions(groups: object) -> Iterable[tuple[str, str]]:
    """The type and value of every direction: the main ones and the additional ones."""
    for group in groups.values() if isinstance(groups, dict) else ():
        for direction in _objects(group):
            if direction.get("direction"):
                yield str(direction.get("type", "")).lower(), str(direction["direction"])


def _objects(content: object) -> list[dict[str, Any]]:
    """The objects of a list, or of an object keyed by id. Ringostat sends an empty list in place of an empty object."""
    items: Iterable[object] = ()
    if isinstance(content, dict):
        items = content.values()
    elif isinstance(content, list):
        items = content
    return [item for item in items if isinstance(item, dict)]
