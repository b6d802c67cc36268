"""The processes that the demo, tests and benchmarks start on this machine."""

from __future__ import annotations

import socket

import pytest

from sandbox.harness.processes import LocalStack


def test_local_stack_holds_its_ports_until_it_ends() -> None:
    with LocalStack(quiet=True) as stack:
        for port in (stack.port, stack.sandbox_port):
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))

    with socket.socket() as other:
        other.bind(("127.0.0.1", stack.port))
