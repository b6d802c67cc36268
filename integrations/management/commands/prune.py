"""Erases personal data now: data that is too old, or one phone number. Prints one JSON line per customer."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management.customer_arguments import named_customers
from integrations.models import Customer
from integrations.services.privacy.erasure import NotANumber, erase_number
from integrations.services.privacy.retention import prune


class Command(BaseCommand):
    help = (
        "Deletes webhook events and Planfix requests, and forgets recording links, that are older than each customer's"
        " number of days; or, with --number, erases one phone number at once. Calls stay. It may be stopped and started"
        " again at any time. Prints one JSON line per customer."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customer", metavar="NAME", help="only this customer")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--days",
            type=int,
            metavar="N",
            help="replaces each customer's own number of days; a customer that keeps everything (0) must be named",
        )
        what.add_argument("--number", metavar="+380…", help="the phone number to erase")

    def handle(self, *args: Any, customer: str | None, days: int | None, number: str | None, **options: Any) -> None:
        if days is not None and days < 1:
            raise CommandError("--days must be 1 or more.")
        for each in named_customers(customer):
            if number is not None:
                done = _erased(each, number)
            else:
                keeps_all = customer is None and not each.retention_days
                done = _pruned(each, 0 if keeps_all else days or each.retention_days)
            self.stdout.write(json.dumps({"customer": each.name, **done}, ensure_ascii=False))


def _pruned(customer: Customer, days: int) -> dict[str, int]:
    """Prunes one customer's data. With 0 days everything is kept."""
    return {"days": days, **(prune(customer, days=days) if days else {})}


def _erased(customer: Customer, number: str) -> dict[str, int]:
    try:
        return erase_number(customer, number)
    except NotANumber as error:
        raise CommandError(str(error)) from error
