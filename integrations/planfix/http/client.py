"""One Planfix account over HTTP: sends a request at the account's pace, reports it to the log, returns JSON or raises.

Also reads lists of several pages.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from integrations.outbound.public_session import TRANSPORT_ERRORS, NoRedirectSession, read_response
from integrations.planfix.http.codes import NOT_JSON
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixRefused
from integrations.planfix.http.json_fields import (
    JSON,
    Answer,
    Row,
    failed_fields,
    masked,
    masked_text,
    parse,
    rows_of,
    without,
    without_emoji,
)
from integrations.planfix.http.response_errors import error_of, error_of_failure

ANSWER_BYTES = 5 * 1024 * 1024
EXCERPT_LENGTH = 2000
CONNECT_SECONDS = 4.0
TIMEOUT_SECONDS = 15.0
"""How long an answer may take from its first byte to its last. Otherwise a server that drips bytes could hold a worker
for ever.
"""
PAGE_SIZE = 100
"""Planfix's maximum. Planfix gives no total, so a shorter page is the last one."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, for the log. Contains no token: neither the account's nor one in an address."""

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
    """The fields that Planfix did not change although the request succeeded, each with its reason."""


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


@lru_cache(1024)
def _prepared_url(url: str) -> str:
    """The address as requests sends it, with its host in ASCII."""
    return requests.Request("GET", url).prepare().url or ""


class Planfix(Protocol):
    """Anything that sends requests to an account."""

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, JSON] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_factor: float = 1,
    ) -> Row:
        """Returns the answer's JSON object, {} for an empty answer. Raises PlanfixError in one of its three kinds.

        `timeout_factor`: how many times longer than usual this request may take.
        """


class PlanfixClient:
    """One account.

    `pace`: called before each request with the seconds that it may take; returns when the request may be sent.
    `observe`: called after each request. `takes_emoji`: False for an account that is known to refuse or remove them.
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
        takes_emoji: bool = True,
    ) -> None:
        self._root = api_root(url)
        self._token = token.strip()
        self._pace = pace
        self._observe = observe
        self._session = session or NoRedirectSession()
        self._timeout = timeout
        authorization = f"Bearer {self._token}"
        self._headers = CaseInsensitiveDict(self._session.headers)
        self._headers.update({"Accept": "application/json", "Authorization": authorization})
        self.takes_emoji = takes_emoji

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
        """See Planfix.request. A body with emoji that Planfix cannot read is sent once more without them."""
        self._check_token(f"{method} {path}")
        timeout = self._timeout * timeout_factor
        try:
            return self._attempt(method, path, body if self.takes_emoji else _plain(body), params, timeout)
        except PlanfixRefused as error:
            plain = _plain(body)
            if error.code != NOT_JSON or plain == body or not self.takes_emoji:
                raise
        return self._attempt(method, path, plain, params, timeout)

    def _attempt(
        self,
        method: str,
        path: str,
        body: Mapping[str, JSON] | None,
        params: Mapping[str, str] | None,
        timeout: float,
    ) -> Row:
        """Waits for the account's pace, sends the request and reports it to `observe`."""
        self._pace(CONNECT_SECONDS + timeout)
        request = _Request(method=method, path=path, body=body, params=params, timeout=timeout)
        answer: Answer | None = None
        payload: Row = {}
        error: PlanfixError | None
        try:
            answer, payload = self._send(request)
            error = None if answer.is_success else error_of(answer)
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
        timeouts = (CONNECT_SECONDS, request.timeout)
        with self._session.send(
            self._prepared(request), timeout=timeouts, allow_redirects=False, stream=True
        ) as response:
            deadline = request.started + CONNECT_SECONDS + request.timeout
            content = read_response(response, most_bytes=ANSWER_BYTES, deadline=deadline)
        text = content.decode("utf-8-sig", errors="replace")
        payload = parse(text)
        shown: Mapping[str, object] | None = payload
        # Nearly no answer holds the token, and only an answer with escapes can hide it in its text.
        if payload and (self._token in text or "\\" in text):
            try:
                shown = {key: without(value, self._token) for key, value in payload.items()}
            except RecursionError:  # JSON that is nested so deep does not come from Planfix.
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

    def _prepared(self, request: _Request) -> requests.PreparedRequest:
        """The request as requests sends it: a copy of one that was prepared once.

        Preparing each one (address, headers, cookies) would take a tenth of a delivery's processor time.
        """
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = f"{_prepared_url(self._root)}{request.path}"
        prepared.headers = self._headers.copy()  # type: ignore[assignment]
        if request.params:
            prepared.prepare_url(prepared.url, request.params)
        if request.body is not None:
            prepared.body = json.dumps(request.body).encode()
            prepared.headers["Content-Type"] = "application/json"
        prepared.prepare_content_length(prepared.body)
        return prepared

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


def _plain(body: Mapping[str, JSON] | None) -> Mapping[str, JSON] | None:
    return {key: without_emoji(value) for key, value in body.items()} if body else body


def read_pages(
    client: Planfix, path: str, key: str, *, fields: str, body: Mapping[str, JSON] | None = None
) -> Iterator[list[Row]]:
    """The pages of a list that is requested by POST. Each page is requested when it is needed."""
    offset = 0
    while True:
        question = {"offset": offset, "pageSize": PAGE_SIZE, "fields": fields, **(body or {})}
        rows = rows_of(client.request("POST", path, body=question), key)
        yield rows
        if len(rows) < PAGE_SIZE:
            return
        offset += PAGE_SIZE


def read_list(
    client: Planfix, path: str, key: str, *, fields: str, body: Mapping[str, JSON] | None = None
) -> Iterator[Row]:
    """All rows of a list. Planfix sorts them by ascending id."""
    for page in read_pages(client, path, key, fields=fields, body=body):
        yield from page


def read_get_list(
    client: Planfix, path: str, key: str, *, fields: str, params: Mapping[str, str] | None = None
) -> Iterator[Row]:
    """All rows of a list that is requested by GET."""
    offset = 0
    while True:
        question = {"offset": str(offset), "pageSize": str(PAGE_SIZE), **(params or {}), "fields": fields}
        rows = rows_of(client.request("GET", path, params=question), key)
        yield from rows
        if len(rows) < PAGE_SIZE:
            return
        offset += PAGE_SIZE


def is_write(method: str, path: str) -> bool:
    """False for requests that change nothing and may be repeated: GET, and lists, which are requested by POST."""
    return method != "GET" and not path.rstrip("/").endswith("/list")


def api_root(url: str) -> str:
    """The REST API's address for an account's address as people write it, with or without slash and /rest."""
    return url.strip().rstrip("/").removesuffix("/rest").rstrip("/") + "/rest"


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
