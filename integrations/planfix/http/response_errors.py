"""Turns one HTTP answer of Planfix into an error or none, by the tables of codes. Pure.

Closed by default: an answer that no table knows is a refusal below HTTP 500, unavailability above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from integrations.planfix.http.codes import CODES, DAILY_LIMIT, STATUSES, SURELY_NOT_DONE, scope_of
from integrations.planfix.http.errors import (
    PlanfixAccessDenied,
    PlanfixError,
    PlanfixRefused,
    PlanfixUnavailable,
)
from integrations.planfix.http.masking import masked_text

ERROR_TEXT_LENGTH = 80
LONGEST_WAIT_SECONDS = 24 * 3600.0
"""More than a day is no wish but a mistake; a customer must not be lost to it."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back for one request. `payload`: {} for an empty body, None for what is no JSON object."""

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
        """Updates may answer 200 or 202 with nothing at all; what is read has to say that it succeeded."""
        if not 200 <= self.status < 300 or self.payload is None:
            return False
        result = self.payload.get("result")
        return result == "success" or (result is None and self.is_write)

    @property
    def is_unreadable(self) -> bool:
        """True if it was not the API that answered (a proxy's page), or the answer was cut on its way."""
        if self.status < 300:
            return self.payload is None or "result" not in self.payload
        return self.payload is None and self.text.lstrip()[:1] in ("<", "{")


def error_of(answer: Answer, *, now: datetime | None = None) -> PlanfixError | None:
    """The error that an answer means, or None if the request was carried out."""
    if answer.is_success:
        return None
    kind, advice = _kind_and_advice(answer)
    message = f"{answer.request}: Planfix answered {_what_came(answer)}. {advice}"
    code = answer.code
    if kind is not PlanfixUnavailable:
        return kind(message, request=answer.request, http_status=answer.status, code=code)
    return PlanfixUnavailable(
        message,
        request=answer.request,
        http_status=answer.status,
        code=code,
        retry_after=seconds_to_wait(answer.headers.get("Retry-After", ""), now or datetime.now(UTC)),
        may_have_written=answer.is_write and answer.status != 429 and code not in SURELY_NOT_DONE,
        daily_limit=code == DAILY_LIMIT,
    )


def _kind_and_advice(answer: Answer) -> tuple[type[PlanfixError], str]:
    meaning = None if answer.code is None else CODES.get(answer.code)
    advice = meaning.advice.format(scope=scope_of(answer.request)) if meaning else ""
    if meaning and meaning.kind and meaning.kind is not PlanfixRefused:
        return meaning.kind, advice
    if 300 <= answer.status < 400:
        host = _host(answer.headers.get("Location", ""))
        return PlanfixAccessDenied, f"It is a redirect to host {host}: check the account address."
    if answer.status in STATUSES:
        kind, advice = STATUSES[answer.status]
        return kind, advice.format(scope=scope_of(answer.request))
    if meaning and meaning.kind:
        return meaning.kind, advice
    if answer.status >= 500 or answer.is_unreadable:
        return PlanfixUnavailable, "It will be tried again."
    return PlanfixRefused, advice or CODES[0].advice


def _what_came(answer: Answer) -> str:
    status = f"HTTP {answer.status}"
    if answer.payload is None:
        return f"{status} and {'a web page' if answer.text.lstrip()[:1] == '<' else 'no JSON'}"
    if not answer.payload:
        return f"{status} and nothing else"
    code = "" if answer.code is None else f", code {answer.code}"
    text = " ".join(masked_text(str(answer.payload.get("error", ""))).split())[:ERROR_TEXT_LENGTH]
    return f"{status}{code}" + (f" ({text})" if text else "")


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or "itself"
    except ValueError:
        return "unknown"


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as an HTTP date (RFC 9110, 10.2.3), a day at the
    most.
    """
    value = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(float(value), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT_SECONDS)
