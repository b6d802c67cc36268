"""Bounds a whole HTTP exchange: connecting, the answer's headers and its body. Knows nothing of what is asked.

The timeouts of requests and urllib3 are for each piece of an answer, so a server that sends a byte now and then could
hold its reader for ever. Here each read waits no longer than what is left of the exchange's time.
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
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

_deadline: ContextVar[float] = ContextVar("exchange_deadline", default=float("inf"))
"""time.monotonic() at which the exchange of this thread ends."""


def exchange_timeout(*, connect: float, read: float, total: float) -> Any:
    """For the `timeout` of a request, all in seconds. A tuple (connect, read) has their sum as its total."""
    return Timeout(connect=connect, read=read, total=total)


def seconds_left(deadline: float) -> float:
    """Raises TimeoutError when nothing is left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer did not come to its end in time")
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


class DeadlineConnection(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3's own signature
        deadline = _deadline.get()
        if deadline != float("inf"):
            self.response_class = partial(_DeadlineResponse, deadline=deadline)  # type: ignore[assignment]
        return super().getresponse()


class DeadlineTlsConnection(DeadlineConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = DeadlineConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = DeadlineTlsConnection


class DeadlineAdapter(HTTPAdapter):
    """Gives each request of a session a deadline."""

    pools: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = self.pools

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
