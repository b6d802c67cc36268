"""A day of calls at a small company: the webhook bodies that Ringostat sends, one call per case. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

OLHA, PETRO, MARTA = "+380671234567", "+380931112233", "+48601234567"
NEW_ANSWERED, NEW_MISSED, NEW_DIALLED = "+380501112233", "+380635556677", "+380979998877"
IRYNA, OLEH, MARIA = (
    ("Iryna Bondar", "331851", "acmecom_iryna"),
    ("Oleh Tkachenko", "331852", "acmecom_oleh"),
    (
        "Maria Kovalenko",
        "331853",
        "acmecom_maria",
    ),
)
LINE, LINE_NAME = "380442223344", "Main site"
UTM = {
    "utm_source": "google",
    "utm_medium": "cpc",
    "utm_campaign": "spring sale",
    "utm_content": "banner 1",
    "utm_term": "купити авто",
}

KNOWN_CONTACTS = {"Olha Koval": OLHA, "Petro Melnyk": PETRO, "Marta Nowak": MARTA}


@dataclass(frozen=True, kw_only=True)
class Post:
    """One webhook request: the event in its address and the JSON body."""

    event: str
    body: dict[str, Any]


def customer_file(name: str, sandbox_url: str, token: str, requests_per_second: float) -> dict[str, Any]:
    """The demo customer, in the format that import_customer reads."""
    return {
        "name": name,
        "language": "en",
        "timezone": "Europe/Kyiv",
        "region": "UA",
        "ringostat": {"project_id": "110070", "auth_key": "sandbox-key", "api_url": sandbox_url},
        "planfix": {
            "url": sandbox_url,
            "token": token,
            "contact_template_id": 1,
            "requests_per_second": requests_per_second,
        },
        "call_target": "contact",
        "create_contacts": True,
        "employees": [_employee(IRYNA, 5, "101"), _employee(OLEH, 6, "102"), _employee(MARIA, 7, "103", False)],
        "utm_fields": [{"parameter": parameter, "field": parameter} for parameter in UTM],
    }


def day_of_calls(day: datetime, sandbox_url: str) -> Iterator[Post]:
    """Yields the posts of a day, oldest first. `day`: any time of that day, in the customer's time zone."""
    calls = _Calls(day.replace(hour=9, minute=0, second=0, microsecond=0), sandbox_url)
    yield from calls.incoming(OLHA, IRYNA, talk_seconds=124, utm=UTM, earlier_events=("before_call", "taking_call"))
    yield from calls.incoming(OLHA, IRYNA, talk_seconds=124, utm=UTM, repeat=True)
    yield from calls.incoming(PETRO, OLEH, talk_seconds=47, status="PROPER")
    yield from calls.incoming(
        NEW_ANSWERED, IRYNA, talk_seconds=203, utm=UTM | {"utm_source": "facebook", "utm_medium": "social"}
    )
    yield from calls.missed(OLHA, "NO ANSWER")
    yield from calls.missed(NEW_MISSED, "BUSY", utm=UTM)
    yield from calls.missed(NEW_MISSED, "VOICEMAIL", talk_seconds=18)
    yield from calls.outgoing(PETRO, OLEH, talk_seconds=65)
    yield from calls.outgoing(MARTA, IRYNA, talk_seconds=312)
    yield from calls.outgoing(NEW_DIALLED, OLEH, talk_seconds=31)
    yield from calls.outgoing(OLHA, IRYNA, talk_seconds=0, status="NO ANSWER")
    yield from calls.outgoing("+380661230000", OLEH, talk_seconds=0, status="BUSY")
    yield from calls.incoming(MARTA, OLEH, talk_seconds=88, status="REPEATED", call_type="callback", utm=UTM)
    yield from calls.incoming(PETRO, MARIA, talk_seconds=40)
    yield from calls.incoming(OLHA, ("New Comer", "999999", "acmecom_newcomer"), talk_seconds=60)
    yield from calls.incoming("anonymous", IRYNA, talk_seconds=33)
    yield from calls.internal()
    yield from calls.missed(OLHA, "NO ANSWER")
    yield Post(event="ai_processed", body={"call_id": calls.first_id, "summary": "The client asks for a price list."})
    yield Post(event="", body={"event": "form", "name": "Olha", "phone": OLHA})


RESPONSIBLE = {"Olha Koval": "user:5", "Petro Melnyk": "user:6", "Marta Nowak": "user:5"}
"""The employees who are responsible for the known contacts: Iryna Bondar and Oleh Tkachenko."""


@dataclass(frozen=True, kw_only=True)
class RingingCall:
    """A call of Olha Koval that begins now: what Ringostat asks while it rings, and the webhooks."""

    question: dict[str, Any]
    posts: list[Post]


def ringing_call(now: datetime, sandbox_url: str) -> RingingCall:
    """`now`: in the customer's time zone. The call is answered by the employee who is rung."""
    calls = _Calls(now - timedelta(minutes=23), sandbox_url)
    posts = list(calls.incoming(OLHA, IRYNA, talk_seconds=35, utm=UTM, earlier_events=("before_call", "taking_call")))
    call_id = posts[0].body["uniqueid"]
    return RingingCall(question={"caller": OLHA.lstrip("+"), "dst": LINE, "uniqueid": call_id}, posts=posts)


def _employee(who: tuple[str, str, str], user_id: int, extension: str, participates: bool = True) -> dict[str, Any]:
    name, staff_id, sip_login = who
    return {
        "name": name,
        "planfix_user_id": user_id,
        "staff_id": staff_id,
        "sip_logins": [sip_login],
        "extension": extension,
        "participates": participates,
    }


class _Calls:
    """Writes the bodies. Each call starts 23 minutes after the previous one."""

    def __init__(self, start: datetime, sandbox_url: str) -> None:
        self.at = start
        self.sandbox_url = sandbox_url
        self.number = 0
        self.first_id = self._id(1)

    def incoming(
        self,
        client: str,
        employee: tuple[str, str, str],
        *,
        talk_seconds: int,
        status: str = "ANSWERED",
        call_type: str = "in",
        utm: dict[str, str] | None = None,
        earlier_events: tuple[str, ...] = (),
        repeat: bool = False,
    ) -> Iterator[Post]:
        if not repeat:
            self._next()
        name, staff_id, sip_login = employee
        begun = self._times() | {"call_type": call_type, "dst": LINE, **_client(client)}
        taken = begun | {"connected_with": sip_login, "employee_number": staff_id}
        for event in earlier_events:
            yield Post(event=event, body={"before_call": begun, "taking_call": taken}[event])
        ended = {
            "disposition": status,
            "employee_fio": name,
            "pool_name": LINE_NAME,
            **self._result(talk_seconds),
            **(utm or {}),
        }
        yield Post(event="after_call", body=taken | ended)

    def missed(
        self, client: str, status: str, *, talk_seconds: int = 0, utm: dict[str, str] | None = None
    ) -> Iterator[Post]:
        self._next()
        body = self._times() | {"call_type": "in", "dst": LINE, "pool_name": LINE_NAME, **_client(client)}
        ended = {"disposition": status, "connected_with": "", "employee_number": "-1", **self._result(talk_seconds)}
        yield Post(event="after_call", body=body | ended | (utm or {}))

    def outgoing(
        self, client: str, employee: tuple[str, str, str], *, talk_seconds: int, status: str = "ANSWERED"
    ) -> Iterator[Post]:
        self._next()
        name, staff_id, sip_login = employee
        who = {"caller": f'"{name}" <{sip_login}>', "staffid": staff_id, "employee_fio": name}
        what = {"type": "out", "callee": client.lstrip("+"), "outbound_number": LINE, "status": status}
        yield Post(event="after_outgoing_call", body=self._times() | who | what | self._result(talk_seconds))

    def internal(self) -> Iterator[Post]:
        self._next()
        sides = {"caller": f'"{IRYNA[0]}" <{IRYNA[2]}>', "dst": OLEH[2], "connected_with": OLEH[2], "E164": ""}
        body = self._times() | sides | {"call_type": "in", "disposition": "ANSWERED", **self._result(9)}
        yield Post(event="after_call", body=body)

    def _next(self) -> None:
        self.number += 1
        self.at += timedelta(minutes=23)

    def _id(self, number: int) -> str:
        return f"ua9_-{int(self.at.timestamp()) // 86400 * 86400}.{2139000 + number}"

    def _times(self) -> dict[str, Any]:
        call_id = self._id(self.number)
        return {
            "uniqueid": call_id,
            "call_timestamp": str(int(self.at.timestamp() * 1_000_000)),
            "calldate": f"{self.at:%Y-%m-%d %H:%M:%S}",
            "call_card": f"https://app.ringostat.com/project/callcards/card/{call_id}/?project_id=110070",
        }

    def _result(self, talk_seconds: int) -> dict[str, str]:
        link = f"{self.sandbox_url}/recordings/{self._id(self.number)}.wav?token={'0123456789abcdef' * 2}"
        return {
            "waittime": "11",
            "billsec": str(talk_seconds),
            "duration": str(11 + talk_seconds),
            "has_recording": "1" if talk_seconds else "0",
            "recording": link if talk_seconds else "",
        }


def _client(number: str) -> dict[str, str]:
    if number.startswith("+"):
        return {"E164": number, "userfield": number.lstrip("+")}
    return {"E164": "", "userfield": number, "caller": number}
