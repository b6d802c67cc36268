"""Reads Ringostat's call list now, in this process, and prints one JSON line per customer."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integrations.management.customer_arguments import named_customers
from integrations.management.time_arguments import parse_time
from integrations.models import Customer
from integrations.services.intake.catch_up import Window, catch_up


class Command(BaseCommand):
    help = (
        "Adds calls whose webhooks were lost, and completes calls, from Ringostat's call list. Without --from: what is"
        " new since the last run. Prints one JSON line per customer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customer", metavar="NAME", help="only this customer")
        parser.add_argument(
            "--from",
            dest="start",
            metavar="T",
            help="ISO date or time of the earliest call, in the customer's time zone unless it names one",
        )
        parser.add_argument(
            "--to", dest="end", metavar="T", help="the latest call; a date includes its day (default: now)"
        )

    def handle(self, *args: Any, customer: str | None, start: str | None, end: str | None, **options: Any) -> None:
        if end and not start:
            raise CommandError("--to needs --from.")
        # Computes all windows first: a mistyped time fails before anything is read.
        windows = [(each, _window(each, start, end)) for each in named_customers(customer)]
        failed = 0
        for each, window in windows:
            report = catch_up(each, window=window)
            failed += bool(report.error)
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        if failed:
            raise CommandError(f"The call list was not read to its end for {failed} of {len(windows)} customers.")


def _window(customer: Customer, start: str | None, end: str | None) -> Window | None:
    if not start:
        return None
    window = Window(
        start=parse_time(start, customer.zone),
        end=parse_time(end, customer.zone, ends=True) if end else timezone.now(),
    )
    if window.start >= window.end:
        raise CommandError("--from must lie before --to.")
    return window
