"""Prints calls, one per line."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Customer
from integrations.services.calls.rows_for_scripts import COLUMNS, exported_calls
from integrations.services.calls.spreadsheet_files import harmless


class Command(BaseCommand):
    help = "Prints one line per call: its facts, its state and its Planfix IDs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customer", metavar="NAME", help="only this customer's calls")
        parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")

    def handle(self, *args: Any, customer: str | None, format: str, **options: Any) -> None:
        if customer is not None and not Customer.objects.filter(name=customer).exists():
            raise CommandError(f"There is no customer named “{customer}”.")
        {"jsonl": self._jsonl, "csv": self._csv}[format](customer)

    def _jsonl(self, customer: str | None) -> None:
        for row in exported_calls(customer):
            self.stdout.write(json.dumps(row, ensure_ascii=False))

    def _csv(self, customer: str | None) -> None:
        writer = csv.DictWriter(self.stdout, fieldnames=list(COLUMNS))
        writer.writeheader()
        for row in exported_calls(customer):
            writer.writerow({name: harmless(value) for name, value in row.items()})
