"""The least work that stores a request: gunicorn bench.stack.bare_intake runs one INSERT per request."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any

import psycopg

TABLE = "CREATE TABLE ceiling (id bigserial PRIMARY KEY, received_at timestamptz NOT NULL, body bytea NOT NULL)"
_of_this_thread = threading.local()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    if not hasattr(_of_this_thread, "connection"):
        _of_this_thread.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    _of_this_thread.connection.execute(
        "INSERT INTO ceiling (received_at, body) VALUES (statement_timestamp(), %s)", [body], prepare=True
    )
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
    return [b"{}"]
