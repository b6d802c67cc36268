"""Posts the webhooks of calls over keep-alive connections, at a rate or as fast as they are answered.

Reads a CallOrder of JSON from stdin. Prints JSON: the vars of an Answer per call. Imports no Django, so that on a small
machine the servers get the processor.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

CLIENT = "+38067{:07}"
"""The client's number, made from the number of the call. The account identifies the call by it."""


@dataclass(kw_only=True)
class CallOrder:
    """`paths`: of the customers; EVENT in them becomes the event. `events`: name and JSON body of each of a call's
    webhooks, in order; CALL_ID and CLIENT in a body become the call's own. `rate`: calls a second, 0 for no limit.
    """

    port: int
    paths: list[str]
    events: list[tuple[str, str]]
    first: int
    calls: int
    connections: int
    rate: float


@dataclass(kw_only=True)
class Answer:
    """`number`: of the call. `at`: when its last webhook was answered (time.time()). `seconds`: the slowest answer of
    its webhooks. `refused`: how many of them got another answer than 200.
    """

    number: int
    at: float
    seconds: float
    refused: int


def post_calls(order: CallOrder) -> list[Answer]:
    numbers, began = itertools.count(), time.monotonic()
    answers: list[Answer] = []

    def post_from_one_connection(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", order.port, timeout=60)
        while (number := next(numbers)) < order.calls:
            if order.rate:
                time.sleep(max(0.0, began + number / order.rate - time.monotonic()))
            call = order.first + number
            posted = [_post(connection, order, call, event, template) for event, template in order.events]
            refused = sum(status != 200 for status, _ in posted)
            slowest = max(seconds for _, seconds in posted)
            answers.append(Answer(number=call, at=time.time(), seconds=slowest, refused=refused))

    with ThreadPoolExecutor(order.connections) as pool:
        list(pool.map(post_from_one_connection, range(order.connections)))
    return answers


def _post(
    connection: http.client.HTTPConnection, order: CallOrder, number: int, event: str, template: str
) -> tuple[int, float]:
    """The status of the answer, and the seconds until it arrived."""
    path = order.paths[number % len(order.paths)].replace("EVENT", event)
    body = template.replace("CALL_ID", f"cost-{number}").replace("CLIENT", CLIENT.format(number))
    began = time.monotonic()
    connection.request("POST", path, body.encode(), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    return answer.status, time.monotonic() - began


if __name__ == "__main__":
    json.dump([vars(answer) for answer in post_calls(CallOrder(**json.load(sys.stdin)))], sys.stdout)
