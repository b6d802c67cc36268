"""Measures a customer's newest webhook requests: which parameters they have, how late they are, which calls they miss.

Parses only a limited number of requests again, so that a customer with millions of them costs no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import MD5, Now

from integrations.domain.calls import CallFacts, Direction, EventKind, Outcome
from integrations.domain.outcome import outcome_of
from integrations.domain.parties import NumberProblem, client_number
from integrations.models import Customer, EventResult, WebhookEvent
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.webhook import parse
from integrations.services.intake.receive import raw_request_of
from integrations.services.monitoring.sql import CALLS_WITH_WEBHOOK

DAYS = 14
NEWEST = 1000
"""How many requests of all kinds to count."""
READ = 80
"""How many requests of each kind to parse."""
CALLS_A_DAY = 100
"""How many calls of each day to check for a webhook."""
LONGEST_DELAY = timedelta(days=1)
"""A person probably sent a later request again, so it does not count."""

FINAL_KINDS = (EventKind.AFTER_CALL, EventKind.AFTER_OUTGOING_CALL)


class Needed(StrEnum):
    """Facts that a request after a call must have, so that the call reaches Planfix completely."""

    NUMBER = "number"
    START = "start"
    OUTCOME = "outcome"
    TALK = "talk"
    EMPLOYEE = "employee"
    RECORDING = "recording"
    UTM = "utm"


class Presence(StrEnum):
    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request after a call, parsed by this release."""

    kind: EventKind
    facts: CallFacts
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """`came` of `requests` requests had a needed fact."""

    came: int
    requests: int

    @property
    def presence(self) -> Presence:
        if self.came == self.requests:
            return Presence.ALWAYS
        return Presence.SOMETIMES if self.came else Presence.NEVER


@dataclass(frozen=True, slots=True)
class Delay:
    """The time from the end of a call until its webhook, in seconds."""

    median: int
    p95: int


@dataclass(frozen=True, slots=True)
class DayShare:
    """How many of a day's newest calls a webhook reported. The others are known only from the call list."""

    day: date
    by_webhook: int
    calls: int


@dataclass(frozen=True, kw_only=True)
class WebhookStatistics:
    requests: int
    """The newest requests of the period, of all kinds, at most NEWEST."""
    repeats: int
    """How many of them repeat an earlier request."""
    shares: dict[Needed, dict[EventKind, Share]]
    """The share of requests that have each fact, among the requests that need it. Leaves out kinds without any."""
    delay: Delay | None
    days: tuple[DayShare, ...]


def webhook_statistics(customer: Customer) -> WebhookStatistics:
    """Measures the customer's requests. Takes three queries."""
    rows = list(_newest(customer).values_list("pk", "kind", "call_id", MD5("body")))
    seen = _read(customer, _chosen(rows))
    return WebhookStatistics(
        requests=len(rows),
        repeats=repeats_in((kind, call_id, digest) for _pk, kind, call_id, digest in rows),
        shares=shares_of(seen, customer.region),
        delay=delay_of(seen),
        days=_calls_by_webhook(customer),
    )


# --- decisions ---


@dataclass(frozen=True, slots=True)
class _Need:
    is_needed: Callable[[CallFacts], bool]
    came: Callable[[CallFacts, str], bool]
    kinds: tuple[EventKind, ...] = FINAL_KINDS


def _is_answered(facts: CallFacts) -> bool:
    return outcome_of(facts) is Outcome.ANSWERED


def _names_employee(facts: CallFacts) -> bool:
    line = facts.connected_with if facts.direction is Direction.INCOMING else facts.caller
    return any((facts.staff_id, line, facts.extension, facts.employee_email, facts.employee_name))


_NEEDS: dict[Needed, _Need] = {
    Needed.NUMBER: _Need(
        lambda facts: True, lambda facts, region: client_number(facts, region).problem is not NumberProblem.MISSING
    ),
    Needed.START: _Need(lambda facts: True, lambda facts, region: facts.started_at is not None),
    Needed.OUTCOME: _Need(lambda facts: True, lambda facts, region: facts.is_final),
    Needed.TALK: _Need(_is_answered, lambda facts, region: facts.talk_seconds is not None),
    Needed.EMPLOYEE: _Need(
        lambda facts: _is_answered(facts) or facts.direction is Direction.OUTGOING,
        lambda facts, region: _names_employee(facts),
    ),
    Needed.RECORDING: _Need(
        _is_answered, lambda facts, region: bool(facts.recording_url) or facts.has_recording is False
    ),
    Needed.UTM: _Need(
        lambda facts: True,
        lambda facts, region: any(name.startswith("utm_") for name in facts.parameters),
        kinds=(EventKind.AFTER_CALL,),
    ),
}


def shares_of(seen: Sequence[SeenRequest], region: str) -> dict[Needed, dict[EventKind, Share]]:
    return {
        needed: {kind: share for kind in need.kinds if (share := _share(need, kind, seen, region))}
        for needed, need in _NEEDS.items()
    }


def _share(need: _Need, kind: EventKind, seen: Sequence[SeenRequest], region: str) -> Share | None:
    facts = [request.facts for request in seen if request.kind is kind and need.is_needed(request.facts)]
    return Share(sum(need.came(each, region) for each in facts), len(facts)) if facts else None


def delay_of(seen: Iterable[SeenRequest]) -> Delay | None:
    """Measures the delay of the requests. None if no request says when its call ended.

    Negative delays, which come from a clock that is ahead, count as 0.
    """
    ends = ((request, _end_of(request.facts)) for request in seen)
    delays = sorted(max(request.received_at - end, timedelta()) for request, end in ends if end)
    seconds = [round(delay.total_seconds()) for delay in delays if delay <= LONGEST_DELAY]
    return Delay(_percentile(seconds, 50), _percentile(seconds, 95)) if seconds else None


def _end_of(facts: CallFacts) -> datetime | None:
    parts = [part for part in (facts.wait_seconds, facts.talk_seconds) if part is not None]
    seconds = facts.total_seconds if facts.total_seconds is not None else sum(parts) if parts else None
    return facts.started_at + timedelta(seconds=seconds) if facts.started_at and seconds is not None else None


def _percentile(ordered: Sequence[int], percent: int) -> int:
    """The smallest of the values that at least `percent` percent of all values do not exceed."""
    return ordered[max(ceil(len(ordered) * percent / 100) - 1, 0)]


def repeats_in(requests: Iterable[tuple[str, int | None, str]]) -> int:
    """Counts requests that repeat another request about the same call. Each is (kind, call, digest of the body)."""
    counts = Counter(request for request in requests if request[1] is not None)
    return sum(counts.values()) - len(counts)


# --- queries ---


def _newest(customer: Customer) -> QuerySet[WebhookEvent]:
    """The customer's newest requests. Uses the index `event_newest_of_customer`."""
    return customer.events.filter(received_at__gt=Now() - timedelta(days=DAYS)).order_by("-received_at")[:NEWEST]


def _chosen(rows: Iterable[tuple[int, str, int | None, str]]) -> list[int]:
    chosen: dict[str, list[int]] = {kind.value: [] for kind in FINAL_KINDS}
    for pk, kind, call_id, _digest in rows:
        if call_id is not None and kind in chosen and len(chosen[kind]) < READ:
            chosen[kind].append(pk)
    return [pk for pks in chosen.values() for pk in pks]


def _read(customer: Customer, event_ids: Sequence[int]) -> list[SeenRequest]:
    seen = []
    for event in WebhookEvent.objects.filter(pk__in=event_ids, result=EventResult.CALL):
        try:
            read = parse(
                raw_request_of(event), event=event.event, timezone=customer.zone, received_at=event.received_at
            )
        except NotUnderstood:
            continue
        if read.kind and read.facts:
            seen.append(SeenRequest(read.kind, read.facts, event.received_at))
    return seen


def _calls_by_webhook(customer: Customer) -> tuple[DayShare, ...]:
    """Counts, for each day in the customer's zone, the newest calls with a webhook. Leaves out days whose requests
    retention has deleted.
    """
    days = min(DAYS, customer.retention_days - 1) if customer.retention_days else DAYS
    if days < 1:
        return ()
    arguments: dict[str, Any] = {"customer": customer.pk, "zone": customer.zone.key, "days": days, "most": CALLS_A_DAY}
    with connection.cursor() as cursor:
        cursor.execute(CALLS_WITH_WEBHOOK, arguments)
        return tuple(DayShare(*row) for row in cursor.fetchall())
