"""The least work that a delivery needs: takes stored calls from the table of bench.stack.bare_intake, sends three
requests each and stores one row. No decision, no receipt, no retry, no lease.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

TABLE = """
ALTER TABLE ceiling ADD COLUMN is_taken boolean NOT NULL DEFAULT false;
CREATE INDEX waiting ON ceiling (id) WHERE NOT is_taken;
CREATE TABLE bare_call (id bigserial PRIMARY KEY, requests jsonb NOT NULL)
"""
TAKE = """
UPDATE ceiling SET is_taken = true
 WHERE id IN (SELECT id FROM ceiling WHERE NOT is_taken ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED)
RETURNING body
"""
THREADS, POLLING_SECONDS = 64, 0.02

_of_this_thread = threading.local()


def main(port: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as database, ThreadPoolExecutor(THREADS) as pool:
        while True:
            bodies = [bytes(body) for (body,) in database.execute(TAKE, prepare=True)]
            for body in bodies:
                if b'"disposition"' in body:
                    pool.submit(_deliver, port, body)
            if not bodies:
                time.sleep(POLLING_SECONDS)


def _deliver(port: int, body: bytes) -> None:
    if not hasattr(_of_this_thread, "database"):
        _of_this_thread.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        _of_this_thread.account = http.client.HTTPConnection("127.0.0.1", port)
    number = json.loads(body)["E164"]
    found = _ask("/contact/list", {"filters": [{"type": 4003, "operator": "equal", "value": number}]})
    contact = found["contacts"][0]["id"]
    comment = _ask(f"/contact/{contact}/comments/", {"description": "call", "owner": {"id": "user:5"}})
    _ask(f"/contact/{contact}/datatags/{comment['id']}", {"dataTag": {"id": 1}, "items": [{"number": number}]})
    _of_this_thread.database.execute(
        "INSERT INTO bare_call (requests) VALUES (%s)", [json.dumps([found, comment])], prepare=True
    )


def _ask(path: str, body: dict[str, object]) -> dict[str, list[dict[str, int]]]:
    account: http.client.HTTPConnection = _of_this_thread.account
    account.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer: dict[str, list[dict[str, int]]] = json.loads(account.getresponse().read())
    return answer


if __name__ == "__main__":
    main(int(sys.argv[1]))
