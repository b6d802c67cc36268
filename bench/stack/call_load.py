"""Posts the webhooks of calls over keep-alive connections, at a rate or as fast as they are answered.

Reads a CallOrder of JSON from stdin. Prints JSON: per call, when its last webhook was answered. Imports no Django, so
that on a small machine the servers get the processor.
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
"""The client's number of a call, by the call's number. The account finds the call by it."""


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


def post_calls(order: CallOrder) -> dict[int, float]:
    """Returns the time (time.time()) of the last answer of each call. Raises RuntimeError for an answer but 200."""
    numbers, began = itertools.count(), time.monotonic()
    answered: dict[int, float] = {}

    def post_from_one_connection(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", order.port, timeout=60)
        while (number := next(numbers)) < order.calls:
            if order.rate:
                time.sleep(max(0.0, began + number / order.rate - time.monotonic()))
            for event, template in order.events:
                _post(connection, order, order.first + number, event, template)
            answered[order.first + number] = time.time()

    with ThreadPoolExecutor(order.connections) as pool:
        list(pool.map(post_from_one_connection, range(order.connections)))
    return answered


def _post(connection: http.client.HTTPConnection, order: CallOrder, number: int, event: str, template: str) -> None:
    path = order.paths[number % len(order.paths)].replace("EVENT", event)
    body = template.replace("CALL_ID", f"cost-{number}").replace("CLIENT", CLIENT.format(number))
    connection.request("POST", path, body.encode(), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: HTTP {answer.status}")


if __name__ == "__main__":
    json.dump(post_calls(CallOrder(**json.load(sys.stdin))), sys.stdout)
