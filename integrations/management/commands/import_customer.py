"""Reads a customer from a JSON file, discovers its data tags, and prints its webhook address."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.outbound.json_answer import read_json
from integrations.planfix.http.errors import PlanfixError
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import CustomerFileError, import_customer, webhook_address
from integrations.services.customers.utm_problems import utm_problems


class Command(BaseCommand):
    help = "Creates or updates a customer from a JSON file and prints its webhook address as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--no-discovery",
            action="store_true",
            help="discover the data tags at the first call, not now",
        )

    def handle(self, *args: Any, file: Path, no_discovery: bool, **options: Any) -> None:
        try:
            customer = import_customer(read_json(file.read_text("utf-8")))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"Cannot read {file}: {error}") from error
        except ValueError as error:
            raise CommandError(f"{file} is not JSON: {error}") from error
        except CustomerFileError as error:
            raise CommandError(str(error)) from error
        # Printed even when discovery fails: the address accepts webhooks from now on.
        self.stdout.write(json.dumps({"customer": customer.name, "webhook_url": webhook_address(customer)}))
        if not no_discovery:
            try:
                discover(customer)
            except PlanfixError as error:
                raise CommandError(f"The customer is saved, but Planfix cannot be used yet. {error}") from error
        for problem in utm_problems(customer):
            self.stderr.write(problem, self.style.WARNING)
