"""The door that Ringostat knocks at: is it small enough, whose is it, is it stored. Knows nothing of what a call is."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse

from integrations.ringostat.body import RawRequest
from integrations.services.intake.receive import receive_at
from integrations.users.client_ip import may_send_webhooks

MAX_BODY_BYTES = 256 * 1024
METHODS = ["GET", "POST", "PUT"]

ADDRESS = re.compile(r"/webhooks/ringostat/(?P<token>[^/]+)(?:/(?P<event>[^/]+))?/?")

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def answer_ringostat(get_response: GetResponse) -> GetResponse:
    """Middleware before all that is for people: sessions, languages, forms. They cost more than storing a call."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        address = ADDRESS.fullmatch(request.path_info)
        return ringostat_webhook(request, **address.groupdict(default="")) if address else get_response(request)

    return answer


def ringostat_webhook(request: HttpRequest, token: str, event: str) -> HttpResponse:
    """Answers 200 exactly when the raw request is safely ours, whatever is in it: from then on replaying is our job,
    not Ringostat's.

    Ringostat marks every other answer as an error, and its own articles disagree on whether it sends such a request
    again.
    """
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    if not may_send_webhooks(request.META):
        return _answer(403, error="webhooks are not taken from here")
    body = _read(request)
    if body is None:
        return _answer(413, error=f"more than {MAX_BODY_BYTES} bytes")
    raw = RawRequest(
        method=request.method,
        content_type=request.META.get("CONTENT_TYPE", ""),
        query_string=request.META.get("QUERY_STRING", ""),
        body=body,
    )
    result = receive_at(token, event=event, raw=raw)
    if result is None:
        return _answer(404, error="unknown address")
    return _answer(200, result=result)


def _answer(status: int, **words: str) -> HttpResponse:
    response = JsonResponse(words, status=status)
    response["Content-Length"] = len(response.content)  # Django's own middleware for that comes later
    return response


def _read(request: HttpRequest) -> bytes | None:
    """The body, or None when it is too long. Read from the server itself: Django takes a chunked body, which has no
    length, for empty.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return None
    if request.META.get("wsgi.input_terminated"):
        body: bytes = request.META["wsgi.input"].read(MAX_BODY_BYTES + 1)
    else:
        body = request.read(MAX_BODY_BYTES + 1)
    return None if len(body) > MAX_BODY_BYTES else body
