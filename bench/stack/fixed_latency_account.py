"""A minimal Planfix account with a fixed latency: only the responses that a delivery needs, as cheap as possible.

The sandbox takes more processor time per request than the worker. A benchmark of the worker on the same machine would
measure the sandbox.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
from pathlib import Path

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NUMBER = re.compile(rb'"value": ?"(\+\d+)"')
CLIENT = re.compile(rb"\+?38067(\d{7})")
"""A client of bench.stack.call_load: the number of its call."""

_ids = itertools.count(1000)


class Account(asyncio.Protocol):
    """One connection. Every account at this address responds alike and knows every number."""

    def __init__(self, latency: float, answered: dict[int, float]) -> None:
        """`answered` gets the time of each call's data tag, by the call's number."""
        self._latency = latency
        self._answered = answered
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_ends = self._received.find(b"\r\n\r\n") + 4
        if head_ends < 4:
            return
        length = LENGTH.search(self._received, 0, head_ends)
        ends = head_ends + (int(length[1]) if length else 0)
        if len(self._received) < ends:
            return
        path, body = self._received[: self._received.index(b" HTTP/")], self._received[head_ends:ends]
        self._received = self._received[ends:]
        asyncio.get_running_loop().call_later(self._latency, self._send, path, body)

    def _send(self, path: bytes, body: bytes) -> None:
        self._transport.write(_answer(path, body))
        if b"/datatags/" in path and (client := CLIENT.search(body)):
            self._answered[int(client[1])] = time.time()


def _answer(request: bytes, body: bytes) -> bytes:
    payload: dict[str, object] = {"result": "success", "id": next(_ids)}
    if request.endswith(b"/contact/list"):
        number = NUMBER.search(body)
        phones = [{"number": number[1].decode()}] if number else []
        payload = {"result": "success", "contacts": [{"id": next(_ids), "name": "Olha", "phones": phones}]}
    elif b"/datatags/" in request:
        payload = {"result": "success", "keys": [next(_ids)]}
    content = json.dumps(payload).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


async def _serve(port: int, latency: float, answered: dict[int, float]) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Account(latency, answered), "127.0.0.1", port, backlog=512)
    await server.serve_forever()


async def _save_often(answered: dict[int, float], file: Path) -> None:
    while True:
        await asyncio.sleep(0.2)
        part = file.with_suffix(".part")
        part.write_text(json.dumps(answered))
        part.rename(file)


async def _main(port: int, latency: float, file: str = "") -> None:
    """`file`: where the times of the data tags are kept, as JSON."""
    answered: dict[int, float] = {}
    saving = asyncio.ensure_future(_save_often(answered, Path(file))) if file else None
    await _serve(port, latency, answered)
    assert saving


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]))
