"""Names each request, so that the log lines it causes can be found together, and with those of the proxy before us."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars, clear_contextvars

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9_-]{8,64}")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def name_requests(get_response: GetResponse) -> GetResponse:
    """Middleware: every log line of a request has its `request_id`, the proxy's if it gave one. The answer names it,
    so that whoever reports an error can.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # request.headers reads all of them first
        request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        # Kept until this thread's next request: Django reports an error after the last middleware is done.
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = get_response(request)
        response[HEADER] = request_id
        return response

    return answer
