"""A sandbox Ringostat with the parts that a client calls: recordings, the call list, the staff list, who is online, and
the contact book of the telephones.

https://help.ringostat.com/ (Ringostat API: calls/list, JSON-RPC). Knows nothing of Planfix.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.http.request_log import LoggedRequest
from sandbox.http.server import Reply, Request, json_reply, media_reply
from sandbox.ringostat.recording_audio import recording_wav

MAX_CALLS = 6500
LOCAL_FORMAT = "%Y-%m-%d %H:%M:%S"
RECORDING = re.compile(r"/recordings/(?P<id>[^/]+)\.(wav|mp3|ogg|m4a)")

FIELDS = frozenset(
    {
        "calldate",
        "caller",
        "dst",
        "pool_name",
        "disposition",
        "category_mark",
        "duration",
        "call_type",
        "waittime",
        "billsec",
        "connected_with",
        "call_counter",
        "proper_flag",
        "repeated_flag",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_content",
        "utm_term",
        "uniqueid",
        "category_number",
        "employee_number",
        "employee_mark",
        "client_id",
        "remote_ip",
        "refferrer",
        "landing",
        "recording",
        "call_card",
        "additional_number",
        "has_recording",
        "scheme_name",
        "duration_ms",
        "recording_wav",
        "department",
        "caller_number",
        "employee_fio",
    }
)
CONTACT_FIELDS = (
    *("projectId", "fullName", "origin", "externalId", "leadId", "responsible", "staffId"),
    *("contactLink", "leadLink", "dealLink", "googleClientId", "contactDirections", "organizations"),
)
"""Required in each contact; some may be null (help.ringostat.com, article 9221318)."""
DEFAULT_FIELDS = ("calldate", "caller", "dst", "disposition", "billsec", "duration", "uniqueid")

Row = Mapping[str, Any]

STAFF: Mapping[str, Mapping[str, Any]] = {
    str(staff_id): {
        "id": 476_000 + number,
        "staffId": staff_id,
        "status": True,
        "fio": name,
        "email": f"{login}@example.com",
        "extensionNumber": str(101 + number),
        "departments": [11309],
        "directions": {
            "main": [
                {
                    "id": 864_000 + number,
                    "type": "sip",
                    "direction": f"acmecom_{login}",
                    "gateway": "sip.ringostat.net",
                    "enabledForAwd": True,
                }
            ],
            "additional": [],
        },
    }
    for number, (staff_id, name, login) in enumerate(
        ((331851, "Iryna Bondar", "iryna"), (331852, "Oleh Tkachenko", "oleh"), (331853, "Maria Kovalenko", "maria"))
    )
}


class Ringostat:
    """Data of the sandbox Ringostat. An empty `auth_key` accepts any key."""

    def __init__(self) -> None:
        self.auth_key = ""
        self.zone = ZoneInfo("Europe/Kyiv")
        """The time zone of `from`, `to` and `calldate`."""
        self.calls: list[Row] = []
        self.calls_by_key: dict[str, list[Row]] = {}
        """Call lists by Auth-key. Other keys see `calls`."""
        self.staff: dict[str, Mapping[str, Any]] = dict(STAFF)
        self.not_ready: set[str] = set()
        self.recordings: dict[str, Reply] = {}
        """Answers to the links of these call ids, instead of the generated recording."""
        """Ids of calls whose recordings do not exist yet."""
        self.contact_book: dict[tuple[str, str], Row] = {}
        """What the employees' telephones show, by the CRM's name and its contact ID."""
        self.rejected_fields: set[str] = set()
        """Fields that calls/list of this project rejects. Some real projects reject recording_wav."""
        self._log: deque[LoggedRequest] = deque(maxlen=10_000)

    @property
    def requests(self) -> list[LoggedRequest]:
        return list(self._log)

    def remember(self, request: LoggedRequest) -> None:
        self._log.append(request)

    def answer(self, request: Request) -> Reply:
        operation = OPERATIONS.get((request.method, request.path.rstrip("/")))
        return operation(self, request) if operation else self._recording(request)

    def has_key(self, request: Request) -> bool:
        key = request.headers.get("auth-key", "")
        return key == self.auth_key if self.auth_key else bool(key)

    def _recording(self, request: Request) -> Reply:
        match = RECORDING.fullmatch(request.path)
        if match and match["id"] in self.recordings:
            return self.recordings[match["id"]]
        if request.method not in ("GET", "HEAD") or not match or match["id"] in self.not_ready:
            return json_reply({"error": "Not found"}, 404)
        if not request.query.get("token"):
            return json_reply({"error": "Forbidden"}, 403)
        return media_reply(recording_wav(match["id"]), "audio/wav", request.headers.get("range", ""))

    # The call list

    def call_list(self, request: Request) -> Reply:
        if not self.has_key(request):
            return json_reply({"error": "Unauthorized"}, 401)
        query = request.query
        names = [name.strip() for name in query.get("fields", "").split(",") if name.strip()] or list(DEFAULT_FIELDS)
        if any(name not in FIELDS or name in self.rejected_fields for name in names):
            return Reply(body=b"incorrect field name", content_type="text/html; charset=utf-8")
        try:
            rows = self._found(request.headers.get("auth-key", ""), query)
        except (ValueError, binascii.Error):
            return Reply(status=400, body=b"incorrect parameter", content_type="text/html; charset=utf-8")
        answer = [{name: row.get(name, "") for name in names} for row in rows[:MAX_CALLS]]
        return _csv(names, answer) if query.get("export_type") == "csv" else json_reply(answer)

    def _found(self, key: str, query: Mapping[str, str]) -> list[Row]:
        until = self._moment(query["to"]) if "to" in query else datetime.now(self.zone)
        since = self._moment(query["from"]) if "from" in query else until - timedelta(hours=24)
        accepts = _row_filter(query.get("filters", ""))
        dated = [(self._calldate(row), row) for row in self.calls_by_key.get(key, self.calls)]
        found = [(at, row) for at, row in dated if since <= at <= until and accepts(row)]
        found.sort(key=lambda pair: pair[0], reverse=query.get("order", "").endswith("desc"))
        return [{**row, "calldate": at.strftime("%Y-%m-%dT%H:%M:%S%z")} for at, row in found]

    def _moment(self, text: str) -> datetime:
        return datetime.strptime(text, LOCAL_FORMAT).replace(tzinfo=self.zone)

    def _calldate(self, row: Row) -> datetime:
        """The time of a row. Rows may have a UTC offset, or the project's local time without one, as in webhooks."""
        moment = datetime.fromisoformat(str(row["calldate"]))
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(self.zone)

    # The staff list

    def json_rpc(self, request: Request) -> Reply:
        if not self.has_key(request):
            return json_reply({"error": "Unauthorized"}, 401)
        try:
            asked = json.loads(request.body)
            method, params, number = asked["method"], asked.get("params") or {}, asked.get("id")
        except (ValueError, KeyError, TypeError):
            return _rpc_error(None, -32700, "Parse error")
        if method != "getProjectStaffListAndDirections":
            return _rpc_error(number, -32601, "Method not found")
        found = {
            key: person for key, person in self.staff.items() if _is_asked_for(person, params.get("filters") or {})
        }
        if not found:
            return _rpc_error(number, -32000, "User does not exist")
        return json_reply({"jsonrpc": "2.0", "id": number, "result": found})

    # Who is online

    def online(self, request: Request) -> Reply:
        if not self.has_key(request):
            return json_reply({"error": "Unauthorized"}, 401)
        people = [person for person in self.staff.values() if person.get("status")]
        directions = [each for person in people for each in person["directions"]["main"]]
        return json_reply([each["direction"] for each in directions if each["type"] == "sip"])

    # The contact book

    def sync_contacts(self, request: Request) -> Reply:
        """Adds contacts, or changes those with the same origin and ID. There is no request that removes one."""
        if not self.has_key(request):
            return json_reply({"error": "Unauthorized"}, 401)
        try:
            contacts = json.loads(request.body)["contacts"]
            keyed = {_contact_key(contact): contact for contact in contacts}
        except (ValueError, KeyError, TypeError):
            return json_reply({"error": "Invalid contacts"}, 400)
        self.contact_book.update(keyed)
        return json_reply({"result": {"status": "ok"}})


def _contact_key(contact: Row) -> tuple[str, str]:
    """The CRM's name and its contact ID. Raises KeyError for a contact that lacks a required field."""
    for name in CONTACT_FIELDS:
        contact[name]
    return str(contact["origin"]), str(contact["externalId"] or contact["leadId"])


OPERATIONS: Mapping[tuple[str, str], Callable[[Ringostat, Request], Reply]] = {
    ("GET", "/calls/list"): Ringostat.call_list,
    ("POST", "/api/json-rpc"): Ringostat.json_rpc,
    ("GET", "/sipstatus/online"): Ringostat.online,
    ("POST", "/minicrm/contacts/sync"): Ringostat.sync_contacts,
}


def _rpc_error(number: object, code: int, message: str) -> Reply:
    """The answer with a JSON-RPC error. Ringostat sends it with HTTP 200."""
    return json_reply({"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}})


def _is_asked_for(person: Row, filters: Mapping[str, Any]) -> bool:
    exact, partial = ("staffId",), ("fio", "email")
    return all(str(person[name]) == str(filters[name]) for name in exact if name in filters) and all(
        str(filters[name]).lower() in str(person[name]).lower() for name in partial if name in filters
    )


def _row_filter(filters: str) -> Callable[[Row], bool]:
    """Parses `uniqueid=…` and `disposition~` with base64 of words between bars. Semicolons separate filters."""
    accepted: list[tuple[str, set[str]]] = []
    for filter_ in filter(None, filters.split(";")):
        name, _, encoded = filter_.partition("~")
        if encoded:
            accepted.append((name, set(base64.b64decode(encoded, validate=True).decode().lower().split("|"))))
        else:
            name, _, value = filter_.partition("=")
            accepted.append((name, {value.lower()}))
    return lambda row: all(str(row.get(name, "")).lower() in words for name, words in accepted)


def _csv(names: Sequence[str], rows: Iterable[Row]) -> Reply:
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return Reply(body=text.getvalue().encode(), content_type="text/csv; charset=utf-8")
