"""Makes requests to addresses from data, which may be malicious: they reach public hosts only, within their time.

A name is looked up once, its addresses are checked, and the connection goes to one of them: a name that leads elsewhere
a moment later has no effect. The certificate must still be the name's. Redirects are not followed.
"""

from __future__ import annotations

import socket
import time
from typing import Any

import requests
from requests.exceptions import InvalidURL
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError

from integrations.outbound.allowed_hosts import addresses_of, is_allowed
from integrations.outbound.bounded_response import NoRedirectSession
from integrations.outbound.deadline import DeadlineAdapter, DeadlineConnection


class _Forbidden(LocationValueError):
    """The name leads to a private address."""


class _Checked(DeadlineConnection, HTTPConnection):
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
        """Connects to the first address that answers. All of them share the connect timeout.

        What is set here is where the connection goes, not whose certificate is expected.
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


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class _Guard(DeadlineAdapter):
    pools = {"http": _Pool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        if not is_allowed(request.url or ""):
            raise InvalidURL("not a public https address", request=request)
        try:
            return super().send(request, *arguments, **named)
        except _Forbidden as error:
            raise InvalidURL("the name leads to a private address", request=request) from error


def public_session() -> requests.Session:
    """Returns a session that raises InvalidURL for addresses that are not public. If the environment names a proxy, the
    proxy looks names up and decides.
    """
    session = NoRedirectSession()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Guard())
    return session
