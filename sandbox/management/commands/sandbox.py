"""Runs the sandbox Planfix and Ringostat until a signal stops it. Needs no database."""

from __future__ import annotations

import argparse
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox.planfix.world import World
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox


class Command(BaseCommand):
    help = "Run a sandbox Planfix and Ringostat on this machine, for the demo and for experiments."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8010)
        parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer of the API")
        parser.add_argument(
            "--allow-private-hosts",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="let file/from-url fetch from loopback and private addresses",
        )

        parser.add_argument(
            "--world",
            nargs="+",
            action="extend",
            default=[],
            metavar="NAME=VALUE",
            help="how the accounts behave where Planfix's documentation is silent, for example stored_number=digits",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        world = _world(options["world"])
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        sandbox = Sandbox(
            latency=options["latency"],
            allow_private_hosts=options["allow_private_hosts"],
            world=world,
        )
        with SandboxServer(sandbox, host=options["host"], port=options["port"]):
            account = sandbox.account()
            self.stdout.write(
                f"Sandbox: page {sandbox.url}/ · Planfix {account.url}, token {account.token} · Ringostat {sandbox.url}"
            )
            self.stdout.flush()
            stopped.wait()


def _world(switches: list[str]) -> World:
    """Raises CommandError for an unknown switch or value."""
    try:
        return World().with_switches(dict(switch.partition("=")[::2] for switch in switches))
    except ValueError as error:
        raise CommandError(str(error)) from error
