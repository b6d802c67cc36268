"""Runs the sandbox Planfix and Ringostat until a signal stops it. Needs no database, unless it plays a file back."""

from __future__ import annotations

import argparse
import json
import signal
import tempfile
import threading
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from sandbox.harness.playback import NotDiagnostics, customer_of, play_back, read_file, send, webhooks_of
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
        parser.add_argument(
            "--answers",
            type=Path,
            metavar="FILE",
            help="a file of manage.py diagnostics: imports its customer, answers as recorded there, and sends the"
            " webhooks of its calls to PUBLIC_URL",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        world = _world(options["world"])
        file = _diagnostics(options["answers"]) if options["answers"] else None
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
            if file:
                self._play_back(sandbox, file, stopped)
            stopped.wait()

    def _play_back(self, sandbox: Sandbox, file: Mapping[str, Any], stopped: threading.Event) -> None:
        play_back(sandbox, file)
        customer, address = _imported(customer_of(sandbox, file))
        self.stdout.write(f"Customer {customer}. Its webhooks go to {address} as soon as the web server answers.")
        self.stdout.flush()
        statuses = list(send(webhooks_of(file), address, stopped))
        self.stdout.write(f"Webhooks sent: {len(statuses)}. HTTP {', '.join(map(str, sorted(set(statuses))))}.")
        self.stdout.flush()


def _diagnostics(path: Path) -> dict[str, Any]:
    try:
        return read_file(path)
    except (OSError, NotDiagnostics) as error:
        raise CommandError(str(error)) from error


def _imported(customer: Mapping[str, Any]) -> tuple[str, str]:
    """Imports the file's customer. Returns its name and its webhook address."""
    printed = StringIO()
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(customer, file)
        file.flush()
        call_command("import_customer", file.name, stdout=printed)
    answer = json.loads(printed.getvalue().splitlines()[0])
    return answer["customer"], answer["webhook_url"]


def _world(switches: list[str]) -> World:
    """The world with these switches. Raises CommandError for an unknown switch or value."""
    try:
        return World().with_switches(dict(switch.partition("=")[::2] for switch in switches))
    except ValueError as error:
        raise CommandError(str(error)) from error
