"""Sends 100,000 malformed requests to two web processes and checks that each is answered and each accepted one stored.

Printed: the statuses, missing and extra rows in the database, and the memory of the web processes after each tenth of
the requests. Some requests are random bytes instead of HTTP, and some bodies have no length.
"""

from __future__ import annotations

import hashlib
import http.client
import random
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from bench.stack.processes import memory_megabytes
from bench.stack.temporary_stack import local_stack
from integrations.models import EventResult, WebhookEvent
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.demo_day import customer_file
from sandbox.harness.fuzz_requests import FuzzRequest, fuzz_requests

REQUESTS = 100_000
SENDERS = 4
SHARE_WITHOUT_LENGTH = 0.1
SHARE_OF_NOISE = 0.002
CLOSED = 0
"""The status when the server closed the connection. It may close it on bytes that are not HTTP and on a body that is
too long.
"""


@dataclass
class Sent:
    answers: Counter[int] = field(default_factory=Counter)
    noise: Counter[int] = field(default_factory=Counter)
    accepted: Counter[bytes] = field(default_factory=Counter)
    """Digests of the bodies with status 200."""

    def __add__(self, other: Sent) -> Sent:
        return Sent(self.answers + other.answers, self.noise + other.noise, self.accepted + other.accepted)


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with local_stack() as stack:
        customer = import_customer(customer_file("Fuzz", stack.sandbox_url, "token", 1))
        path = "/" + webhook_address(customer).split("/", 3)[3]
        stack.start_web(workers=2)
        web = stack.processes["web"].pid
        began = time.monotonic()
        sent, memory = Sent(), []
        for tenth in range(10):
            sent += _send_all(stack.port, path, REQUESTS // 10, seed=tenth)
            memory.append(memory_megabytes(web)[0])
        _print(sent, time.monotonic() - began)
        print(
            "memory of the web processes after each tenth, MB:", ", ".join(f"{megabytes:.0f}" for megabytes in memory)
        )


def _send_all(port: int, path: str, count: int, *, seed: int) -> Sent:
    with ThreadPoolExecutor(SENDERS) as pool:
        parts = [pool.submit(_send, port, path, count // SENDERS, random.Random(f"{seed} {n}")) for n in range(SENDERS)]
        return sum((part.result() for part in parts), Sent())


def _send(port: int, path: str, count: int, chance: random.Random) -> Sent:
    sent, line = Sent(), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for request, _ in zip(fuzz_requests(chance), range(count), strict=False):
        if chance.random() < SHARE_OF_NOISE:
            sent.noise[_noise(port, chance)] += 1
        status = _ask(line, path, request, is_chunked=chance.random() < SHARE_WITHOUT_LENGTH)
        sent.answers[status] += 1
        if status == 200:
            sent.accepted[hashlib.sha256(request.body).digest()] += 1
    line.close()
    return sent


def _ask(line: http.client.HTTPConnection, path: str, request: FuzzRequest, *, is_chunked: bool) -> int:
    address = f"{path}{request.event}/" if request.event else path
    address += f"?{request.query}" if request.query else ""
    headers = {"Content-Type": request.content_type}
    for _ in range(2):  # the server may have closed a kept-alive connection
        body = iter([request.body]) if is_chunked and request.body else request.body
        try:
            line.request(request.method, address, body, headers, encode_chunked=is_chunked)
            with line.getresponse() as answer:
                answer.read()
                return answer.status
        except (OSError, http.client.HTTPException):
            line.close()
    return CLOSED


def _noise(port: int, chance: random.Random) -> int:
    """Sends bytes that are barely HTTP or not HTTP. Returns the status."""
    head = chance.choice(
        (b"", b"GET ", b"POST /calls/ HTTP/1.1\r\n", b"GET / HTTP/9.9\r\nHost: \xff\r\n", b"\x16\x03\x01")
    )
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        try:
            line.sendall(head + chance.randbytes(chance.randrange(2000)) + b"\r\n\r\n")
            line.shutdown(socket.SHUT_WR)
            first = line.makefile("rb").readline().split()
        except OSError:
            return CLOSED
    return int(first[1]) if len(first) > 1 and first[1].isdigit() else CLOSED


def _print(sent: Sent, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sha256(body), count(*) FROM integrations_webhookevent GROUP BY 1")
        stored = Counter({bytes(digest): count for digest, count in cursor.fetchall()})
    failed = WebhookEvent.objects.filter(result=EventResult.FAILED).count()
    number = sent.answers.total()
    print(f"{number} requests in {seconds:.0f} s ({number / seconds:.0f}/s), {sent.noise.total()} with random bytes")
    print("answers:", ", ".join(f"{count} × {status or 'closed'}" for status, count in sorted(sent.answers.items())))
    print(
        "to random bytes:", ", ".join(f"{count} × {status or 'closed'}" for status, count in sorted(sent.noise.items()))
    )
    print(f"accepted {sent.accepted.total()}, stored {stored.total()}; failed to parse: {failed}")
    missing, extra = (sent.accepted - stored).total(), (stored - sent.accepted).total()
    print(f"accepted and not stored: {missing}; stored and not answered 200: {extra}")
