"""Gives each request an ID that connects its log lines with each other and with those of the proxy."""

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
    """Middleware: adds a `request_id` to every log line of a request: the proxy's ID if it sent one, else a new one.

    The response names the ID, so that a user can report it with an error.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # request.headers would first parse all headers.
        request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8)
        # Clears the ID of the last request only now: Django logs an error after the last middleware has ended.
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        response = get_response(request)
        response[HEADER] = request_id
        return response

    return answer
