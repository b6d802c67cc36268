"""Turns an answer of Planfix, or a failure to get one, into an error, by the tables of codes. Pure.

Every answer has an error: one that is in no table is a refusal below HTTP 500, and unavailability from 500 on.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypedDict
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from integrations.outbound.public_session import UnreadableResponse
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
    TASK_FIELD_ADVICE,
    scope_of,
)
from integrations.planfix.http.errors import (
    PlanfixAccessDenied,
    PlanfixError,
    PlanfixRefused,
    PlanfixUnavailable,
)
from integrations.planfix.http.json_fields import Answer, masked_text

ERROR_TEXT_LENGTH = 80
LONGEST_WAIT_SECONDS = 24 * 3600.0
"""A longer wait counts as a mistake of Planfix, because it would stop the customer's calls for good."""

ADDRESS_ERRORS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)


def error_of(answer: Answer, *, now: datetime | None = None) -> PlanfixError:
    """The error for an answer that is not a success."""
    kind, advice = _kind_and_advice(answer)
    message = f"{answer.request}: Planfix answered {_what_came(answer)}. {advice}"
    common: _Common = {"request": answer.request, "http_status": answer.status, "code": answer.code}
    if kind is PlanfixUnavailable:
        return PlanfixUnavailable(
            message,
            **common,
            retry_after=_wait(answer, now or datetime.now(UTC)),
            may_have_written=answer.is_write and answer.status != 429 and answer.code not in SURELY_NOT_DONE,
            daily_limit=is_daily_limit(answer),
        )
    if kind is PlanfixRefused:
        return PlanfixRefused(
            message,
            **common,
            required_field=required_field(answer),
            refuses_comments=refuses_comments(answer),
        )
    return kind(message, **common)


class _Common(TypedDict):
    request: str
    http_status: int | None
    code: int | None


def _wait(answer: Answer, now: datetime) -> float | None:
    """Seconds that Planfix asks for, in its header or its body."""
    asked_for = [seconds_to_reset(answer), retry_after_seconds(answer.headers.get("Retry-After", ""), now)]
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
    if answer.status >= 500 or _is_unreadable(answer):
        return PlanfixUnavailable, "It will be tried again."
    return PlanfixRefused, advice or CODES[0].advice


def _special_case(answer: Answer) -> tuple[type[PlanfixError], str] | None:
    """Recognises answers that neither code nor status identifies."""
    if field := required_field(answer):
        advice = TASK_FIELD_ADVICE if answer.request.startswith("POST /task") else REQUIRED_FIELD_ADVICE
        return PlanfixRefused, advice.format(field=field)
    if refuses_comments(answer):
        return PlanfixRefused, COMMENTS_REFUSED_ADVICE
    if is_daily_limit(answer):
        return PlanfixUnavailable, DAILY_LIMIT_ADVICE
    return None


def required_field(answer: Answer) -> str:
    """The name or number of a field that Planfix wants filled in; "" if it objects to something else."""
    text = _error_text(answer)
    if answer.status in (401, 405) or not REQUIRED_FIELD.search(text):
        return ""
    numbered = (answer.payload or {}).get("id")
    if isinstance(numbered, int | str) and str(numbered).isdecimal():
        return str(numbered)
    named = FIELD_NUMBER.search(text) or FIELD_NAME.search(text)
    return named[1].strip() if named else masked_text(text).strip()[:ERROR_TEXT_LENGTH]


def refuses_comments(answer: Answer) -> bool:
    """True if the task's process forbids comments."""
    if not COMMENT_ON_TASK.fullmatch(answer.request):
        return False
    return answer.code == NO_RIGHT or COMMENTS_REFUSED.search(_error_text(answer)) is not None


def is_daily_limit(answer: Answer) -> bool:
    """True if the limit of the day is used up, not a limit of a minute or two. Code 22 means both."""
    if answer.code != REQUEST_LIMIT:
        return False
    left = answer.headers.get("X-RateLimit-Remaining", "").strip()
    wait = seconds_to_reset(answer)
    if wait is None:
        return not re.fullmatch(r"0*[1-9][0-9]{0,8}", left)
    return wait >= SHORTEST_DAILY_WAIT_SECONDS


def seconds_to_reset(answer: Answer) -> float | None:
    """How long the request limit lasts: `timeToReset` is in milliseconds above 1000, else in seconds."""
    given = (answer.payload or {}).get("timeToReset")
    if answer.code != REQUEST_LIMIT or isinstance(given, bool) or not re.fullmatch(r"\d{1,12}(\.\d+)?", str(given)):
        return None
    number = float(str(given))
    return min(number / 1000 if number > 1000 else number, LONGEST_WAIT_SECONDS)


def _is_unreadable(answer: Answer) -> bool:
    """True if something other than the API answered, such as a proxy, or if the answer was cut."""
    if answer.status < 300:
        return answer.payload is None or "result" not in answer.payload
    return answer.payload is None and answer.text.lstrip()[:1] in ("<", "{")


def _error_text(answer: Answer) -> str:
    return str((answer.payload or {}).get("error", ""))


def _what_came(answer: Answer) -> str:
    status = f"HTTP {answer.status}"
    if answer.payload is None:
        return f"{status} and {'a web page' if answer.text.lstrip()[:1] == '<' else 'no JSON'}"
    if not answer.payload:
        return f"{status} and nothing else"
    code = "" if answer.code is None else f", code {answer.code}"
    text = " ".join(masked_text(_error_text(answer)).split())[:ERROR_TEXT_LENGTH]
    return f"{status}{code}" + (f" ({text})" if text else "")


def _host(location: str) -> str:
    try:
        return urlsplit(location).hostname or "itself"
    except ValueError:
        return "unknown"


def retry_after_seconds(retry_after: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as an HTTP date (RFC 9110, 10.2.3), a day at the
    most.
    """
    value = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(float(value), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT_SECONDS)


def error_of_failure(failure: Exception, *, request: str, is_write: bool) -> PlanfixError:
    """The error that a failed exchange means. `failure` itself is not kept: it contains the request with its token."""
    if isinstance(failure, ADDRESS_ERRORS):
        return PlanfixAccessDenied(f"{request}: the account address is not a public web address.", request=request)
    return PlanfixUnavailable(
        f"{request}: {_what_happened(failure)}. It will be tried again.",
        request=request,
        may_have_written=is_write and not _was_never_sent(failure),
    )


def _what_happened(failure: Exception) -> str:
    if isinstance(failure, UnreadableResponse):
        return str(failure)
    if isinstance(failure, requests.Timeout):
        return "Planfix did not answer in time"
    if isinstance(failure, requests.exceptions.SSLError):
        return "no secure connection to Planfix could be made"
    if _was_never_sent(failure):
        return "Planfix cannot be reached (no such host, or it takes no connections)"
    return f"the connection to Planfix broke ({type(failure).__name__})"


def _was_never_sent(failure: Exception) -> bool:
    if isinstance(failure, requests.ConnectTimeout):
        return True
    cause = failure.args[0] if failure.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(failure, requests.ConnectionError) and isinstance(reason, NewConnectionError)
