"""Turns one HTTP answer of Planfix into an error or none, by the tables of codes. Pure.

Closed by default: an answer that no table knows is a refusal below HTTP 500, unavailability above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypedDict
from urllib.parse import urlsplit

from integrations.planfix.http.codes import (
    CODES,
    COMMENT_ON_TASK,
    COMMENTS_REFUSED,
    COMMENTS_REFUSED_ADVICE,
    DAILY_LIMIT_ADVICE,
    FIELD_NAME,
    FIELD_NUMBER,
    NO_RIGHT,
    REQUEST_LIMIT,
    REQUIRED_FIELD,
    REQUIRED_FIELD_ADVICE,
    SHORTEST_DAILY_WAIT_SECONDS,
    STATUSES,
    SURELY_NOT_DONE,
    scope_of,
)
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
    def error_text(self) -> str:
        return str((self.payload or {}).get("error", ""))

    @property
    def required_field(self) -> str:
        """The name or number of a field that Planfix wants filled in; "" if that is not its objection."""
        text = self.error_text
        if self.is_success or self.status in (401, 405) or not REQUIRED_FIELD.search(text):
            return ""
        named = FIELD_NUMBER.search(text) or FIELD_NAME.search(text)
        return named[1].strip() if named else masked_text(text).strip()[:ERROR_TEXT_LENGTH]

    @property
    def refuses_comments(self) -> bool:
        if self.is_success or not COMMENT_ON_TASK.fullmatch(self.request):
            return False
        return self.code == NO_RIGHT or COMMENTS_REFUSED.search(self.error_text) is not None

    @property
    def seconds_to_reset(self) -> float | None:
        """How long code 22 lasts: `timeToReset` is milliseconds above 1000, else seconds."""
        given = (self.payload or {}).get("timeToReset")
        if self.code != REQUEST_LIMIT or isinstance(given, bool) or not re.fullmatch(r"\d{1,12}(\.\d+)?", str(given)):
            return None
        number = float(str(given))
        return min(number / 1000 if number > 1000 else number, LONGEST_WAIT_SECONDS)

    @property
    def is_daily_limit(self) -> bool:
        if self.code != REQUEST_LIMIT:
            return False
        left = self.headers.get("X-RateLimit-Remaining", "").strip()
        wait = self.seconds_to_reset
        if wait is None:
            return not left.isdecimal() or int(left) == 0
        return wait >= SHORTEST_DAILY_WAIT_SECONDS

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
    common: _Common = {"request": answer.request, "http_status": answer.status, "code": answer.code}
    if kind is PlanfixUnavailable:
        return PlanfixUnavailable(
            message,
            **common,
            retry_after=_wait(answer, now or datetime.now(UTC)),
            may_have_written=answer.is_write and answer.status != 429 and answer.code not in SURELY_NOT_DONE,
            daily_limit=answer.is_daily_limit,
        )
    if kind is PlanfixRefused:
        refuses_comments = answer.refuses_comments
        return PlanfixRefused(
            message, **common, required_field=answer.required_field, refuses_comments=refuses_comments
        )
    return kind(message, **common)


class _Common(TypedDict):
    request: str
    http_status: int | None
    code: int | None


def _wait(answer: Answer, now: datetime) -> float | None:
    """Seconds that Planfix asks for, in its header or its body."""
    asked_for = [answer.seconds_to_reset, seconds_to_wait(answer.headers.get("Retry-After", ""), now)]
    return max((seconds for seconds in asked_for if seconds is not None), default=None)


def _kind_and_advice(answer: Answer) -> tuple[type[PlanfixError], str]:
    if special := _special_case(answer):
        return special
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


def _special_case(answer: Answer) -> tuple[type[PlanfixError], str] | None:
    """Answers that neither code nor status tells apart."""
    if answer.required_field:
        return PlanfixRefused, REQUIRED_FIELD_ADVICE.format(field=answer.required_field)
    if answer.refuses_comments:
        return PlanfixRefused, COMMENTS_REFUSED_ADVICE
    if answer.is_daily_limit:
        return PlanfixUnavailable, DAILY_LIMIT_ADVICE
    return None


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
