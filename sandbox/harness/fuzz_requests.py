"""Generates malformed and malicious webhook requests, without end. The same seed gives the same requests.

The tests and `python -m bench fuzz` send them. The product must store every request that it accepts, and never crash.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

CALL_IDS = 200
"""Few, so that many requests describe the same call and contradict each other."""

EVENTS = (
    *("after_call", "after_outgoing_call", "before_call", "forwarding", "taking_call", "call_rating", "ai_processed"),
    *("", "after_call", "nonsense", "a" * 300, "%00", "..%2f..%2fadmin", "%F0%9F%92%A3", "after%20call%0d%0aX:%20y"),
)
CONTENT_TYPES = (
    *("application/json", "application/x-www-form-urlencoded", "text/plain", "", "application/xml", "a" * 500),
    *("application/json; charset=utf-16", "text/html; charset=zip", "application/json; charset=" + "x" * 300),
    *("multipart/form-data; boundary=b", "multipart/form-data", "application/json; charset=unicode_escape"),
)
METHODS = (*("POST",) * 12, "PUT", "GET", "DELETE", "PATCH", "OPTIONS", "HEAD")

TEXTS = (
    *("", " ", "0", "-1", "null", "NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "0x7f", "1_000", "٣٤٥"),
    *("\0", "a\0b", "\ud800", "\ufeff", "\u202e", "\r\nSet-Cookie: a=b", "ї" * 5000, "💣" * 100, "\x1b[2J"),
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{ 7*7 }}", "${7*7}"),
    *("'; DROP TABLE integrations_call; --", "%s%n%x", "../../etc/passwd", '=HYPERLINK("http://evil.example")'),
    *("http://169.254.169.254/latest/", "http://[::1]:80:80/", "https://evil.example\\@app.ringostat.com/a.wav"),
    *("https://app.ringostat.com/a.wav", "0000-00-00 00:00:00", "9999-12-31 23:59:59", "0001-01-01 00:00:00"),
    *("2026-13-45 25:61:61", "2026-03-29 03:30:00", "2026-09-30T12:37:18+99:99", "253402300800", "-62135596801"),
    *("ANSWERED", "NO ANSWER", "PROPER", "VOICEMAIL", "in", "out", "callback", "transitin", "acmecom_iryna", "101"),
    *("+380671234567", "anonymous", "+" * 100, "+38067123456789012345", "tel:+380671234567;ext=1", "8" * 64),
)

BODY: dict[str, Any] = {
    "uniqueid": "",
    "call_type": "in",
    "E164": "+380671234567",
    "dst": "380442223344",
    "connected_with": "acmecom_iryna",
    "disposition": "ANSWERED",
    "calldate": "2026-09-30 15:37:18",
    "waittime": "11",
    "billsec": "124",
    "duration": "135",
    "has_recording": "0",
    "utm_source": "google",
    "employee_fio": "Iryna Bondar",
    "staffid": "331851",
    "call_card": "https://app.ringostat.com/card/1",
}


@dataclass(frozen=True, kw_only=True)
class FuzzRequest:
    method: str
    event: str
    """As in the address, percent-encoded."""
    query: str
    content_type: str
    body: bytes


def fuzz_requests(chance: random.Random) -> Iterator[FuzzRequest]:
    while True:
        request = FuzzRequest(
            method=chance.choice(METHODS),
            event=chance.choice(EVENTS),
            query=chance.choice(("", "", "", f"utm_source={_quoted(chance)}", "a=" * 300, "%zz=%ff&&&=", "uniqueid")),
            content_type=chance.choice(CONTENT_TYPES),
            body=chance.choice(WRITERS)(chance, _fields(chance)),
        )
        yield replace(request, body=_damage(chance, request.body))


def _fields(chance: random.Random) -> dict[str, Any]:
    """The parameters of a real call; some are missing, odd or of the wrong type."""
    fields = {**BODY, "uniqueid": f"fuzz-{chance.randrange(CALL_IDS)}"}
    for name in chance.sample(sorted(fields), chance.randrange(6)):
        fields[name] = _odd_value(chance)
    for _ in range(chance.randrange(3)):
        fields[chance.choice(TEXTS)[:200]] = _odd_value(chance)
    if chance.random() < 0.2:
        del fields[chance.choice(sorted(fields))]
    return fields


def _odd_value(chance: random.Random) -> Any:
    text = chance.choice(TEXTS)
    kinds: tuple[Any, ...] = (text, text, text, None, True, [], {}, [text], {text[:50]: text}, [[{"a": [text]}]])
    return chance.choice((*kinds, 10**30, -1, 0.1, 1e308, text * 20))


def _as_json(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=chance.random() < 0.5).encode(
        chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32")), "surrogatepass"
    )


def _as_rpc(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return _as_json(chance, {"jsonrpc": "2.0", "method": chance.choice(EVENTS), "params": fields, "id": 1})


def _as_form(chance: random.Random, fields: dict[str, Any]) -> bytes:
    pairs = {name.encode(errors="replace"): str(value).encode(errors="replace") for name, value in fields.items()}
    return urlencode(pairs).encode()


def _as_multipart(chance: random.Random, fields: dict[str, Any]) -> bytes:
    parts = (f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields)
    return ("".join(parts) + chance.choice(("--b--", "--b", ""))).encode(errors="replace")


def _as_random_bytes(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return chance.randbytes(chance.randrange(4000))


def _as_deep_nesting(chance: random.Random, fields: dict[str, Any]) -> bytes:
    opening = chance.choice((b"[", b'{"a":', b'[{"a":', b"(", b"<a>"))
    return opening * chance.randrange(1, 20_000)


def _as_many_parameters(chance: random.Random, fields: dict[str, Any]) -> bytes:
    """Thousands of parameters, far more than any call has."""
    many = chance.randrange(500, 5000)
    return json.dumps({**fields, **{f"p{number}": "1" for number in range(many)}}).encode(errors="replace")


def _as_large_body(chance: random.Random, fields: dict[str, Any]) -> bytes:
    """A body near the size limit of 256 KiB."""
    return _as_form(chance, fields) + b"&x=" + b"x" * chance.choice((200_000, 261_000, 262_144, 300_000))


def _as_other(chance: random.Random, fields: dict[str, Any]) -> bytes:
    return chance.choice(
        (b"", b"null", b"[]", b'""', b"0", b"{}", b"[1,2]", b"<xml/>", b"a=b=c", b"%", b"\x1f\x8b\x08")
    )


WRITERS: tuple[Callable[[random.Random, dict[str, Any]], bytes], ...] = (
    *(_as_json,) * 8,
    *(_as_form,) * 4,
    *(_as_rpc, _as_multipart, _as_random_bytes, _as_deep_nesting, _as_many_parameters, _as_other),
)
HEAVY_SHARE = 0.005


def _damage(chance: random.Random, body: bytes) -> bytes:
    """Truncates some bodies, corrupts some, and replaces a few by one near the size limit."""
    luck = chance.random()
    if luck < HEAVY_SHARE:
        return _as_large_body(chance, BODY)
    if luck < 0.1:
        return body[: chance.randrange(len(body) + 1)]
    if luck < 0.15 and body:
        place = chance.randrange(len(body))
        return body[:place] + chance.randbytes(3) + body[place + 3 :]
    return body


def _quoted(chance: random.Random) -> str:
    return quote(chance.choice(TEXTS)[:300].encode(errors="replace"))
