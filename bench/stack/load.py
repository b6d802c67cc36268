"""Posts over keep-alive connections, each request as soon as the last is answered. Reads an order of JSON from stdin.

Builds each request from a template and imports no Django, so that on a small machine the servers get the processor.
Prints JSON: the number of 200 responses, of others, and the milliseconds of each request.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

READ_BYTES = 65536
START_SECONDS = 60


@dataclass(kw_only=True)
class Order:
    """`templates`: bodies; CALL_ID in them becomes a new id. Each connection posts to one of the paths."""

    port: int
    paths: list[str]
    templates: list[str]
    prefix: str
    connections: int
    seconds: float


@dataclass(kw_only=True)
class Result:
    taken: int = 0
    refused: int = 0
    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)


@dataclass(kw_only=True)
class _Connection:
    path: str
    socket: socket.socket
    sent_at: float = 0.0


def post_all(order: Order) -> Result:
    result, selector = Result(), selectors.DefaultSelector()
    began = time.perf_counter()
    until = began + order.seconds
    for number in range(order.connections):
        connection = _Connection(path=order.paths[number % len(order.paths)], socket=_connected(order.port))
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        _post(connection, order, number)
    posted = order.connections
    while selector.get_map():
        for key, _ in selector.select():
            connection = key.data
            closes = _take(connection, result)
            if closes or time.perf_counter() >= until:
                selector.unregister(connection.socket)
                connection.socket.close()
            if time.perf_counter() >= until:
                continue
            if closes:
                connection.socket = _connected(order.port)
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            _post(connection, order, posted)
            posted += 1
    result.seconds = time.perf_counter() - began
    return result


def _connected(port: int) -> socket.socket:
    """Connects, and waits for a server that is still starting."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _post(connection: _Connection, order: Order, number: int) -> None:
    body = order.templates[number % len(order.templates)].replace("CALL_ID", f"{order.prefix}.{number}").encode()
    head = (
        f"POST {connection.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(head.encode() + body)


def _take(connection: _Connection, result: Result) -> bool:
    """Reads one response. Returns whether the server closes the connection after it."""
    answer = connection.socket.recv(READ_BYTES)
    while not _is_whole(answer):
        more = connection.socket.recv(READ_BYTES)
        if not more:
            break
        answer += more
    result.milliseconds.append((time.perf_counter() - connection.sent_at) * 1000)
    if answer.startswith(b"HTTP/1.1 200"):
        result.taken += 1
    else:
        result.refused += 1
    return b"connection: close" in answer.lower() or not answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(body) >= int(length)


if __name__ == "__main__":
    json.dump(vars(post_all(Order(**json.load(sys.stdin)))), sys.stdout)
