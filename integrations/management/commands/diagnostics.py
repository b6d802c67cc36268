"""Writes a customer's diagnostics file, in which numbers, names, texts and IDs are replaced."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management.customer_arguments import named_customers
from integrations.services.diagnostics.file import diagnostics_of


class Command(BaseCommand):
    help = (
        "Prints one JSON file about a customer's failing calls: settings without secrets, findings, versions, requests"
        " and answers. Numbers, names, texts and IDs are replaced, so that it may be handed on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the customer")
        parser.add_argument("--output", type=Path, metavar="FILE", help="the file to write (default: print)")

    def handle(self, *args: Any, name: str, output: Path | None, **options: Any) -> None:
        text = json.dumps(diagnostics_of(named_customers(name)[0]), ensure_ascii=False, indent=2)
        if output is None:
            self.stdout.write(text)
            return
        try:
            output.write_text(text + "\n", "utf-8")
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error}") from error
