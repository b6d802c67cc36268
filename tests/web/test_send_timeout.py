"""A client that does not read its response cannot hold a thread for ever."""

from __future__ import annotations

import runpy
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

CONFIGURATION = Path(__file__).parent.parent.parent / "gunicorn.conf.py"


def test_accepted_connection_inherits_the_send_timeout_of_its_listener() -> None:
    when_ready = runpy.run_path(str(CONFIGURATION))["when_ready"]
    when_ready.__globals__["SEND_SECONDS"] = 1
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        when_ready(SimpleNamespace(LISTENERS=[SimpleNamespace(sock=listener)]))
        client.connect(listener.getsockname())
        connection, _address = listener.accept()
        with connection, ThreadPoolExecutor(1) as thread:
            sent = thread.submit(connection.sendall, b"x" * 50_000_000)
            try:
                with pytest.raises(BlockingIOError):
                    sent.result(10)
            finally:
                client.close()  # without a timeout the thread would wait for ever
