"""The door that Ringostat knocks at: who is it for, is it small enough, is it stored. Knows nothing of what a call
is.
"""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.ringostat.body import RawRequest
from integrations.services.intake import receive, recipient_of
from integrations.services.networks import may_send_webhooks

MAX_BODY_BYTES = 256 * 1024


class RingostatWebhook(APIView):
    """Answers 200 exactly when the raw request is safely ours, whatever is in it: from then on replaying is our job,
    not Ringostat's.

    Ringostat marks every other answer as an error, and its own articles disagree on whether it sends such a request
    again.
    """

    http_method_names = ["get", "post", "put"]

    def get(self, request: Request, token: str, event: str = "") -> Response:
        return self._receive(request, token, event)

    def post(self, request: Request, token: str, event: str = "") -> Response:
        return self._receive(request, token, event)

    def put(self, request: Request, token: str, event: str = "") -> Response:
        return self._receive(request, token, event)

    def _receive(self, request: Request, token: str, event: str) -> Response:
        if not may_send_webhooks(request.META):
            return Response({"error": "webhooks are not taken from here"}, status=403)
        recipient = recipient_of(token)
        if recipient is None:
            return Response({"error": "unknown address"}, status=404)
        body = _read(request._request)
        if body is None:
            return Response({"error": f"more than {MAX_BODY_BYTES} bytes"}, status=413)
        raw = RawRequest(
            method=request.method or "",
            content_type=request.META.get("CONTENT_TYPE", ""),
            query_string=request.META.get("QUERY_STRING", ""),
            body=body,
        )
        result = receive(recipient, event=event, raw=raw)
        return Response({"result": result})


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
