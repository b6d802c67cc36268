"""A small, fast HTTP/1.1 server: one thread per connection, keep-alive. Knows nothing of the API it serves.

The standard library's request handler spends most of its time in the e-mail header parser, too slow for load runs.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

log = logging.getLogger(__name__)

MAX_BODY = 64 * 1024 * 1024
REASONS = {status.value: status.phrase for status in HTTPStatus}
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    started_at: float
    """When the request line arrived, in seconds since the epoch."""

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True)) if self.raw_query else {}


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The connection ends without a response."""

    after_seconds: float = 0
    is_reset: bool = False
    """End with a TCP reset instead of an orderly close."""


Answer = Callable[[Request], Reply | Broken]


def json_reply(payload: object, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(payload, ensure_ascii=False, default=str).encode())


def html_reply(text: str, status: int = 200) -> Reply:
    return Reply(status=status, body=text.encode(), content_type="text/html; charset=utf-8")


def media_reply(content: bytes, content_type: str, wanted: str = "") -> Reply:
    """Returns the content, or the single range that the Range header asks for (audio players seek by ranges)."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=3600"}
    match = RANGE.fullmatch(wanted.strip())
    if not match or not any(match.groups()):
        return Reply(body=content, content_type=content_type, headers=headers)
    first, last = _bounds(match, len(content))
    if first > last:
        return Reply(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Reply(status=206, body=content[first : last + 1], content_type=content_type, headers=headers)


def _bounds(match: re.Match[str], size: int) -> tuple[int, int]:
    start, end = match.groups()
    if not start:
        return max(0, size - int(end)), size - 1
    return int(start), min(int(end), size - 1) if end else size - 1


class Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        while request := self._read():
            answer = self.server.answer(request)
            if isinstance(answer, Broken):
                return self._break_off(answer)
            self.connection.sendall(_encoded(answer, is_head=request.method == "HEAD"))
            if request.headers.get("connection", "").lower() == "close":
                return None
        return None

    def _read(self) -> Request | None:
        line = self.rfile.readline(65_537)
        started_at = time.time()
        parts = line.decode("latin-1").split()
        if len(parts) != 3:
            return None
        method, target, _ = parts
        headers = self._headers()
        size = int(headers.get("content-length") or 0)
        if size > MAX_BODY or "transfer-encoding" in headers:
            return None
        path, _, raw_query = target.partition("?")
        return Request(
            method=method,
            path=unquote(path) if "%" in path else path,
            raw_query=raw_query,
            headers=headers,
            body=self.rfile.read(size) if size else b"",
            started_at=started_at,
        )

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(65_537)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _break_off(self, broken: Broken) -> None:
        self.server.stopping.wait(broken.after_seconds)
        if broken.is_reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # shutdown() would send an orderly FIN first; closing with linger 0 sends the reset.
            self.rfile.close()
            self.server.leave(self.connection)
            self.connection.close()


def _encoded(reply: Reply, *, is_head: bool) -> bytes:
    lines = [
        f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Unknown')}",
        f"Content-Type: {reply.content_type}",
        f"Content-Length: {len(reply.body)}",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
    ]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if is_head else head + reply.body


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        self.answer = answer
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.leave(request)
        super().shutdown_request(request)

    def leave(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Logs quietly: clients often disconnect, and socketserver would print a traceback."""
        log.debug("connection ended early", exc_info=True)

    def stop(self) -> None:
        """Stops listening and closes every connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self.hang_up()

    def hang_up(self) -> None:
        """Closes every connection, including idle and hanging ones."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
