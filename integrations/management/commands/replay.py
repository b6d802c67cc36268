"""Processes stored webhook events, or failed and skipped calls, again. Prints the counts as JSON."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, tzinfo
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.management.customer_arguments import named_customers
from integrations.management.time_arguments import parse_time
from integrations.models import Call, CallState, EventResult, WebhookEvent
from integrations.services.calls.replay import REPLAYABLE, replay_calls, replay_events


class Command(BaseCommand):
    help = (
        "Reads stored webhook events again, as if they came today; with --calls, makes calls that failed or were"
        " skipped due again. At least one selector is required; several narrow the choice. Repeating it does no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", action="store_true", help="calls instead of webhook events")
        parser.add_argument("--failed", action="store_true", help="failed ones, and events not understood")
        parser.add_argument("--skipped", action="store_true", help="calls that were skipped (with --calls)")
        parser.add_argument("--customer", metavar="NAME", help="only this customer's")
        parser.add_argument(
            "--since",
            metavar="T",
            help="only what was received since this ISO date or time; in the customer's time zone with --customer,"
            " else in UTC, unless it names one",
        )
        parser.add_argument("--id", dest="ids", type=int, nargs="+", metavar="N", help="only those with these numbers")

    def handle(self, *args: Any, calls: bool, **options: Any) -> None:
        chosen = _chosen(**options)
        states = [state for state in REPLAYABLE if options[str(state)]]
        if not chosen and not states:
            raise CommandError("Choose with --failed, --customer, --since or --id; calls also with --skipped.")
        if calls:
            done = {"calls": replay_calls(Call.objects.filter(**chosen, state__in=states or REPLAYABLE))}
        else:
            done = _replayed_events(chosen, states)
        self.stdout.write(json.dumps(done))


def _chosen(*, customer: str | None, since: str | None, ids: list[int] | None, **options: Any) -> dict[str, Any]:
    """The conditions that apply to calls and to events."""
    chosen: dict[str, Any] = {}
    zone: tzinfo = UTC
    if customer is not None:
        [named] = named_customers(customer)
        chosen["customer"], zone = named, named.zone
    if since is not None:
        chosen["received_at__gte"] = parse_time(since, zone)
    if ids is not None:
        chosen["pk__in"] = ids
    return chosen


def _replayed_events(chosen: dict[str, Any], states: list[CallState]) -> dict[str, int]:
    if CallState.SKIPPED in states:
        raise CommandError("--skipped is about calls: add --calls.")
    if states:
        chosen |= {"result__in": [EventResult.FAILED, EventResult.NOT_UNDERSTOOD]}
    results = replay_events(WebhookEvent.objects.filter(**chosen))
    return {"events": results.total(), **{result.value: results[result] for result in EventResult}}
