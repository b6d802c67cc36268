"""Prints a customer as import_customer reads it, without its secrets."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.models import Customer
from integrations.services.customers.import_export import export_customer


class Command(BaseCommand):
    help = "Prints a customer's configuration as JSON, without secrets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        customer = Customer.objects.filter(name=name).first()
        if customer is None:
            raise CommandError(f"There is no customer named “{name}”.")
        self.stdout.write(json.dumps(export_customer(customer), ensure_ascii=False, indent=2))
