"""The webhook view: checks the method, the sender's network and the size, then stores the request. Knows nothing of
calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, cast

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse, HttpResponseNotAllowed
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from integrations.models import EventResult
from integrations.ringostat.body import RawRequest
from integrations.services.intake.receive import receive_at
from integrations.services.intake.senders import note_sender
from integrations.services.intake.traffic_limit import count_request, count_wrong_address
from integrations.users.client_ip import client_network, comes_from

MAX_BODY_BYTES = 256 * 1024
STORED = {result: json.dumps({"result": result}) for result in EventResult}


class RawRequestParser(BaseParser):
    """Returns the RawRequest as it came, whatever its content type says. Ringofix reads the body later, so it also
    stores a request that it cannot understand.
    """

    media_type = "*/*"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        assert parser_context is not None
        request: Request = parser_context["request"]
        return RawRequest(
            method=request.method or "",
            content_type=media_type or "",
            content_encoding=request.META.get("HTTP_CONTENT_ENCODING", ""),
            query_string=request.META.get("QUERY_STRING", ""),
            body=_body(stream, request.META),
        )


class ResultRenderer(BaseRenderer):
    """Answers in JSON."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return json.dumps(data).encode()


class OneParserOneRenderer(BaseContentNegotiation):
    """Ignores what the client says it sends and accepts: every request is read and answered the same way."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        [parser] = parsers
        return parser

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        [renderer] = renderers
        return renderer, renderer.media_type


class Refusal(APIException):
    """A request that is not stored."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__({"error": error})
        self.status_code = status


class TrafficThrottle(BaseThrottle):
    """Answers 429 with Retry-After above the limit of the address, or of wrong addresses."""

    seconds = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.seconds = count_request(view.kwargs["token"], lambda: client_network(request.META))
        return not self.seconds

    def wait(self) -> float | None:
        return self.seconds or None


class RawRequestView(APIView):
    """Takes a request as it came, whatever method and content type it has."""

    http_method_names = ["get", "post", "put"]
    authentication_classes = ()  # the token in the address identifies the customer
    permission_classes = ()
    parser_classes = (RawRequestParser,)
    renderer_classes = (ResultRenderer,)
    content_negotiation_class = OneParserOneRenderer

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {}

    def perform_authentication(self, request: Request) -> None:
        """Nobody logs in here."""

    def handle_exception(self, exc: Exception) -> Response:
        """503 while the database cannot be reached: nothing is stored, and the sender should try again."""
        if isinstance(exc, OperationalError | InterfaceError):
            exc = Refusal(503, "the database cannot be reached: send the request again")
        return super().handle_exception(exc)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return HttpResponseNotAllowed(self.allowed_methods)

    def check_network(self, request: Request, error: str) -> None:
        """Raises Refusal for a request from outside WEBHOOK_ALLOWED_NETWORKS. An empty list allows every address."""
        allowed = settings.WEBHOOK_ALLOWED_NETWORKS
        if allowed and not comes_from(allowed, request.META):
            raise Refusal(403, error)

    def raw(self, request: Request) -> RawRequest:
        """Not `request.data`: for REST framework a body without a length is empty, and chunked bodies have none."""
        [parser] = self.get_parsers()
        stream = cast(IO[bytes], request)
        return cast(RawRequest, parser.parse(stream, request.META.get("CONTENT_TYPE"), request.parser_context))


class RingostatWebhook(RawRequestView):
    """Answers 200 exactly when the raw request is stored, whatever is in it: from then on replaying is our job, not
    Ringostat's.

    Ringostat marks every other answer as an error. Its own articles disagree on whether it sends such a request again.
    """

    throttle_classes: Sequence[type[BaseThrottle]] = (TrafficThrottle,)

    def post(self, request: Request, token: str, event: str = "") -> HttpResponse:
        self.check_network(request, "webhooks are not taken from here")
        result = receive_at(token, event=event, raw=self.raw(request))
        if result is None:
            count_wrong_address(client_network(request.META))
            raise Refusal(404, "unknown address")
        note_sender(token, client_network(request.META))
        # Not a Response, which negotiates and renders: that takes as long as Django's part of a request.
        return HttpResponse(STORED[result], content_type="application/json")

    get = put = post


def _body(stream: IO[Any], environ: Mapping[str, Any]) -> bytes:
    """Reads at most MAX_BODY_BYTES. Raises Refusal for a longer body.

    A chunked body is read from the web server itself: Django, too, takes it for empty.
    """
    length = environ.get("CONTENT_LENGTH") or ""
    is_announced_too_long = length.isdigit() and int(length) > MAX_BODY_BYTES
    source = environ["wsgi.input"] if environ.get("wsgi.input_terminated") else stream
    body: bytes = b"" if is_announced_too_long else source.read(MAX_BODY_BYTES + 1)
    if is_announced_too_long or len(body) > MAX_BODY_BYTES:
        raise Refusal(413, f"more than {MAX_BODY_BYTES} bytes")
    return body
