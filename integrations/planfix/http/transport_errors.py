"""What it means when a request got no whole answer: refused connections, timeouts, broken lines."""

from __future__ import annotations

import requests
from urllib3.exceptions import NewConnectionError

from integrations.outbound.bounded_response import UnreadableResponse
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixUnavailable

ADDRESS_ERRORS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)


def error_of_failure(failure: Exception, *, request: str, is_write: bool) -> PlanfixError:
    """The error that a failure means. It is not kept: it holds the request, and so the token."""
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
