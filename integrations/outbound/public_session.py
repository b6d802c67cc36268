"""Requests to addresses that come from data, which may mean harm: they reach public hosts only.

A name is looked up once, what it leads to is checked, and the connection goes there and nowhere else: a name that leads
elsewhere a moment later leads nobody. The certificate must be the name's all the same. No redirect is followed.
"""

from __future__ import annotations

import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidURL
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationValueError, NewConnectionError

from integrations.outbound.allowed_hosts import addresses_of, is_allowed
from integrations.outbound.bounded_response import NoRedirectSession


class _Forbidden(LocationValueError):
    """The name leads to a private address."""


class _Checked(HTTPConnection):
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
        """To the first address that takes it. What is set here is where the line goes, not whose certificate is due."""
        *others, last = addresses
        for self._dns_host in others:
            try:
                return super()._new_conn()
            except NewConnectionError:
                continue
        self._dns_host = last
        return super()._new_conn()


class _CheckedTls(_Checked, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Checked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedTls


class _Guard(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, request: requests.PreparedRequest, *arguments: Any, **named: Any) -> requests.Response:
        if not is_allowed(request.url or ""):
            raise InvalidURL("not a public https address", request=request)
        try:
            return super().send(request, *arguments, **named)
        except _Forbidden as error:
            raise InvalidURL("the name leads to a private address", request=request) from error


def public_session() -> requests.Session:
    """A session that raises InvalidURL for what is not public. Through a proxy of the environment's it is the proxy
    that looks names up and decides.
    """
    session = NoRedirectSession()
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Guard())
    return session
