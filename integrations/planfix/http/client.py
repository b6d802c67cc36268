"""One Planfix account over HTTP: sends a request, tells who watches, gives JSON or raises."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from integrations.outbound.bounded_response import TRANSPORT_ERRORS, NoRedirectSession, read_response
from integrations.planfix.http.codes import NOT_JSON
from integrations.planfix.http.emoji import has_emoji, without_emoji
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixRefused
from integrations.planfix.http.json_fields import JSON, Row, failed_fields, parse
from integrations.planfix.http.masking import masked, masked_text, without
from integrations.planfix.http.response_errors import Answer, error_of
from integrations.planfix.http.transport_errors import error_of_failure

ANSWER_BYTES = 5 * 1024 * 1024
EXCERPT_LENGTH = 2000
CONNECT_SECONDS = 4.0
TIMEOUT_SECONDS = 15.0
"""How long a whole answer may take; a server that drips bytes would else hold a worker for ever."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One attempt to reach Planfix, for the log. Holds no token: not ours, nor those in addresses."""

    method: str
    path: str
    request_body: Mapping[str, JSON] | None
    http_status: int | None
    code: int | None
    answer: str
    sent_at: datetime
    seconds: float
    outcome: str
    requests_left: int | None
    failed_fields: tuple[str, ...] = ()
    """Of a success: the fields that Planfix did not change, and why."""


@dataclass(frozen=True, kw_only=True)
class _Request:
    method: str
    path: str
    body: Mapping[str, JSON] | None
    params: Mapping[str, str] | None
    timeout: float
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class _Bearer(AuthBase):
    """As `auth`, not as a header: a header would give way to what the machine's .netrc says of the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Planfix(Protocol):
    """Whatever takes requests for an account."""

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, JSON] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_factor: float = 1,
    ) -> Row:
        """The answer's JSON object, {} for an empty one. Raises PlanfixError in one of its three kinds.

        `timeout_factor`: how many times longer than usual this request may take.
        """


class PlanfixClient:
    """One account. Before each request `pace` is told how many seconds it may last, and returns when it may be sent;
    `observe` is called after each attempt.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        pace: Callable[[float], None] = lambda seconds: None,
        observe: Callable[[Exchange], None] = lambda exchange: None,
        session: requests.Session | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._root = api_root(url)
        self._token = token.strip()
        self._pace = pace
        self._observe = observe
        self._session = session or NoRedirectSession()
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"<PlanfixClient {host_of(self._root)}>"

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, JSON] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_factor: float = 1,
    ) -> Row:
        """See Planfix. A body with emoji that Planfix cannot read is sent once more without them."""
        self._check_token(f"{method} {path}")
        timeout = self._timeout * timeout_factor
        try:
            return self._attempt(method, path, body, params, timeout)
        except PlanfixRefused as error:
            if error.code != NOT_JSON or not body or not any(map(has_emoji, body.values())):
                raise
        plain = {key: without_emoji(value) for key, value in body.items()}
        return self._attempt(method, path, plain, params, timeout)

    def _attempt(
        self,
        method: str,
        path: str,
        body: Mapping[str, JSON] | None,
        params: Mapping[str, str] | None,
        timeout: float,
    ) -> Row:
        """One attempt, at the account's pace and in its log."""
        self._pace(CONNECT_SECONDS + timeout)
        request = _Request(method=method, path=path, body=body, params=params, timeout=timeout)
        answer: Answer | None = None
        payload: Row = {}
        error: PlanfixError | None
        try:
            answer, payload = self._send(request)
            error = error_of(answer)
        except TRANSPORT_ERRORS as failure:
            error = error_of_failure(failure, request=str(request), is_write=is_write(method, path))
        self._observe(self._exchange(request, answer, error, failed_fields(payload)))
        if error:
            raise error
        return payload

    def _check_token(self, request: str) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", self._token):
            raise PlanfixAccessDenied(
                f"{request}: the API token is empty, or has spaces or letters no token has: copy it anew.",
                request=request,
            )

    def _send(self, request: _Request) -> tuple[Answer, Row]:
        prepared = requests.Request(
            request.method,
            self._root + request.path,
            json=request.body,
            params=request.params,
            auth=_Bearer(self._token),
            headers={**self._session.headers, "Accept": "application/json"},
        ).prepare()
        timeouts = (CONNECT_SECONDS, request.timeout)
        with self._session.send(prepared, timeout=timeouts, allow_redirects=False, stream=True) as response:
            deadline = request.started + CONNECT_SECONDS + request.timeout
            content = read_response(response, most_bytes=ANSWER_BYTES, deadline=deadline)
        text = content.decode("utf-8-sig", errors="replace")
        payload = parse(text)
        try:
            shown = None if payload is None else {key: without(value, self._token) for key, value in payload.items()}
        except RecursionError:  # nested deeper than can be looked through: no answer of Planfix's
            payload = shown = None
        answer = Answer(
            request=str(request),
            is_write=is_write(request.method, request.path),
            status=response.status_code,
            headers=response.headers,
            text=text.replace(self._token, "***"),
            payload=shown,
        )
        return answer, payload or {}

    def _exchange(
        self, request: _Request, answer: Answer | None, error: PlanfixError | None, failed: tuple[str, ...]
    ) -> Exchange:
        left = answer.headers.get("X-RateLimit-Remaining", "") if answer else ""
        return Exchange(
            method=request.method,
            path=request.path,
            request_body=None if request.body is None else {k: masked(v) for k, v in request.body.items()},
            http_status=answer.status if answer else None,
            code=answer.code if answer else None,
            answer=masked_text(answer.text[:EXCERPT_LENGTH]) if answer else "",
            sent_at=request.sent_at,
            seconds=time.monotonic() - request.started,
            outcome=error.outcome if error else "ok",
            failed_fields=() if error else tuple(map(masked_text, failed)),
            requests_left=int(left) if re.fullmatch(r"[0-9]{1,9}", left) else None,
        )


def is_write(method: str, path: str) -> bool:
    """False for what changes nothing and may be repeated at will: GET, and the lists asked for by POST."""
    return method != "GET" and not path.rstrip("/").endswith("/list")


def api_root(url: str) -> str:
    """The REST API's address for an account's address as people write it, with or without slash and /rest."""
    return url.strip().rstrip("/").removesuffix("/rest").rstrip("/") + "/rest"


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
