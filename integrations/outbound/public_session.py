"""HTTP sessions for addresses that come from data and may be malicious: they reach public hosts only, and each exchange
is bounded in time and size. Knows nothing of what is asked.

A name is looked up once, its addresses are checked, and the connection goes to one of them: a name that leads elsewhere
a moment later has no effect. The certificate must still be the name's. Redirects are not followed.

The timeouts of requests and urllib3 apply to each piece of a response. A server that sends one byte at a time could
block its reader for ever. Here each read waits no longer than what is left of the exchange's time.
"""

from __future__ import annotations

import io
import socket
import time
from contextvars import ContextVar
from functools import partial
from http.client import HTTPResponse as StandardResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidURL
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ReadTimeoutError
from urllib3.response import HTTPResponse

from integrations.outbound.allowed_hosts import addresses_of, is_allowed

TRANSPORT_ERRORS = (OSError, HTTPError)
"""All exceptions that a request can raise. Those of requests are OSErrors; requests does not wrap some of urllib3."""


class UnreadableResponse(OSError):
    """A response is longer or slower than allowed."""


# --- deadlines ---

_deadline: ContextVar[float] = ContextVar("exchange_deadline", default=float("inf"))
"""time.monotonic() at which the exchange of this thread ends."""


def exchange_timeout(*, connect: float, read: float, total: float) -> Any:
    """The `timeout` of a request, with a limit for the whole exchange. All in seconds. If a request is given a tuple
    (connect, read) instead, the sum of both is its limit."""
    return Timeout(connect=connect, read=read, total=total)


def seconds_left(deadline: float) -> float:
    """The seconds until the deadline. Raises TimeoutError when none are left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer was not complete in time")
    return left


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._socket, self._deadline = sock, deadline
        self._timeout = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = seconds_left(self._deadline)
        self._socket.settimeout(left if self._timeout is None else min(self._timeout, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(StandardResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, deadline: float, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self.fp = io.BufferedReader(_DeadlineReader(sock, deadline))


class _DeadlineConnection(HTTPConnection):
    """Sends a request in one piece: http.client would send its head and its body apart, each with a system call, a
    packet and a TLS record of its own.
    """

    _unsent = b""

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # as http.client does; the connect timeout still applies
        if not isinstance(data, bytes):
            self._flush()
            super().send(data)
            return
        self._unsent += data

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, b""
        if unsent:
            super().send(unsent)

    def close(self) -> None:
        self._unsent = b""
        super().close()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own signature
        deadline = _deadline.get()
        if deadline != float("inf"):
            self.response_class = partial(_DeadlineResponse, deadline=deadline)  # type: ignore[assignment]
        self._flush()
        return super().getresponse()


class _DeadlineTlsConnection(_DeadlineConnection, HTTPSConnection):
    pass


class _DeadlinePool(HTTPConnectionPool):
    ConnectionCls = _DeadlineConnection


class _DeadlineTlsPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineTlsConnection


class _DeadlineAdapter(HTTPAdapter):
    """Gives each request of a session a deadline."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _DeadlinePool, "https": _DeadlineTlsPool}

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = self.pools
        self._pool_of: dict[str, Any] = {}

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *how: Any, **named: Any) -> Any:
        """The pool of the request's host. requests would parse the address again for each request, which took a
        fortieth of a delivery's processor time.
        """
        key = f"{(request.url or '').split('/', 3)[:3]} {how} {named}"
        pool = self._pool_of.get(key)
        if pool is None or pool.pool is None:  # not requested yet, or closed
            pool = self._pool_of[key] = super().get_connection_with_tls_context(request, *how, **named)
        return pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """Builds the response as requests does, but looks for no cookies, because no session keeps any."""
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.url, response.request = req.url or "", req
        response.connection = self
        return response

    def send(  # type: ignore[override]
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, **named: Any
    ) -> requests.Response:
        token = _deadline.set(time.monotonic() + _total(timeout))
        try:
            return super().send(request, stream=stream, timeout=timeout, **named)
        finally:
            _deadline.reset(token)


def _total(timeout: Any) -> float:
    if isinstance(timeout, Timeout):
        return float(timeout.total) if isinstance(timeout.total, int | float) else float("inf")
    seconds = timeout if isinstance(timeout, tuple) else (timeout,)
    return float("inf") if None in seconds else float(sum(seconds))


# --- public hosts only ---


class _Forbidden(LocationValueError):
    """The name leads to a private address."""


class _Checked(_DeadlineConnection, HTTPConnection):
    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            addresses = addresses_of(name, self.port)
        except (OSError, UnicodeError) as error:
            raise NewConnectionError(self, f"no such host: {name}") from error
        if not addresses:
            raise _Forbidden(name)
        try:
            return self._connected(addresses)
        finally:
            self._dns_host = name

    def _connected(self, addresses: list[str]) -> socket.socket:
        """Connects to the first address that answers. All addresses share the connect timeout. The certificate must
        still match the host's name.
        """
        seconds = self.timeout if isinstance(self.timeout, int | float) else None
        ends = time.monotonic() + seconds if seconds else None
        try:
            for number, self._dns_host in enumerate(addresses, start=1):
                if ends:
                    self.timeout = max(0.1, (ends - time.monotonic()) / (len(addresses) - number + 1))
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError):
                    if number == len(addresses):
                        raise
            raise AssertionError("no address")
        finally:
            self.timeout = seconds


class _CheckedTls(_Checked, HTTPSConnection):
    pass


class _CheckedPool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _CheckedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class _Guard(_DeadlineAdapter):
    pools = {"http": _CheckedPool, "https": _CheckedTlsPool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        if not is_allowed(request.url or ""):
            raise InvalidURL("not a public https address", request=request)
        try:
            return super().send(request, *arguments, **named)
        except _Forbidden as error:
            raise InvalidURL("the name leads to a private address", request=request) from error


# --- sessions ---


class NoRedirectSession(requests.Session):
    """Treats a redirect like any other response, keeps no cookies, and bounds each exchange by its timeout.

    Without this, requests would read the whole body of a redirect even when told not to follow it, and raise ValueError
    for a target that is no address.
    """

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _DeadlineAdapter())

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        how.pop("allow_redirects", None)
        settings = {"stream": self.stream, "verify": self.verify, "cert": self.cert, "proxies": self.proxies} | how
        response = self.get_adapter(request.url or "").send(request, **settings)
        if not settings["stream"]:
            response.content  # noqa: B018 - reads it
        return response


def public_session() -> requests.Session:
    """Returns a session that raises InvalidURL for addresses that are not public. If the environment names a proxy, the
    proxy looks names up and decides.
    """
    session = NoRedirectSession()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Guard())
    return session


def read_response(response: requests.Response, *, most_bytes: int, deadline: float) -> bytes:
    """Returns the body of a response that was requested with `stream`. `deadline`: of time.monotonic().

    Raises one of TRANSPORT_ERRORS: UnreadableResponse, or what urllib3 raises when the connection breaks.
    """
    content = bytearray()
    try:
        # `read1` returns what has arrived; requests' own reading would wait for a full block.
        while piece := response.raw.read1(65536, decode_content=True):
            content += piece
            if len(content) > most_bytes:
                raise UnreadableResponse(f"the answer is longer than {most_bytes // 1024**2} MB")
            seconds_left(deadline)
    except (TimeoutError, ReadTimeoutError) as error:
        raise UnreadableResponse("the answer was not complete in time") from error
    return bytes(content)
