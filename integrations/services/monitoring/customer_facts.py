"""Reads the facts about each customer: its access check, employees, webhooks and calls. Decides nothing.

The number of queries does not grow with the number of customers, and no query reads all calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from integrations.domain.calls import Direction, EventKind
from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallState,
    Customer,
    DirectoryAccount,
    Employee,
    WebhookEvent,
)
from integrations.ringostat.webhook import TEST_EVENT
from integrations.services.customers.connection_report import Check, Finding
from integrations.services.intake.traffic_limit import limited_customers
from integrations.services.monitoring.leaked_addresses import LeakSigns, signs_of, with_leak_columns
from integrations.services.monitoring.sql import FACTS
from integrations.services.queue.queue_load import live_workers_column
from integrations.services.read_back.findings import NEWEST as NEWEST_READ_BACKS

DAYS = 7
RECENT = timedelta(days=DAYS)
"""A status depends on the calls and requests of this period. Failed and waiting calls count at any age."""
FINAL_EVENTS = {Direction.INCOMING: EventKind.AFTER_CALL, Direction.OUTGOING: EventKind.AFTER_OUTGOING_CALL}
NEWEST_CALLS = 2
"""This many calls of a direction in a row without a webhook are no accident."""
KNOWN_FINDINGS = frozenset(Finding)
MOST_RECORDINGS = 1000
"""How many refused recordings to read, the newest of all customers."""


class Fact(StrEnum):
    """The kinds of rows of sql.FACTS, and the meaning of their codes and times."""

    WAITING = "waiting"
    """Undelivered due calls; code: domain.reasons.Reason or ""; times: when they were first due."""
    FAILED = "failed"
    """All failed calls; code: Reason; times: when they failed."""
    SKIPPED = "skipped"
    """Skipped calls of the last DAYS; code: Reason; times: when they began."""
    CALLS = "calls"
    """Calls of the last DAYS; code: CallState; no times."""
    WITHOUT_WEBHOOK = "without_webhook"
    """The newest calls, if none has a final webhook: they come from Ringostat's call list; code: Direction."""
    RECORDING_REFUSED = "recording_refused"
    """Calls of the last DAYS whose recording Planfix did not copy."""
    NOT_UNDERSTOOD = "not_understood"
    """Webhook requests of the last DAYS; code: ringostat.problems.Problem."""
    TASK_REFUSED = "task_refused"
    """Delivered calls of the last DAYS whose callback task Planfix refused."""
    DIFFERENCE = "difference"
    """Calls among the newest read-backs that Planfix does not hold as they were sent."""


@dataclass(frozen=True, kw_only=True)
class Group:
    code: str
    count: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    detail: str = ""
    """The newest error message of failed calls, and of refused callback tasks."""


@dataclass(frozen=True, kw_only=True)
class AccessCheck:
    """The newest finished check of the customer's current accounts."""

    finished_at: datetime
    problems: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class CustomerFacts:
    customer: Customer
    """Holds only the columns that a status needs; each other column costs a query."""
    has_token: bool = True
    check: AccessCheck | None = None
    has_employees: bool = True
    """Does an included employee, or a fallback employee, exist in Planfix?"""
    last_webhook_at: datetime | None = None
    last_call_at: Mapping[Direction, datetime | None] = field(default_factory=dict)
    last_delivery_at: datetime | None = None
    retry_at: datetime | None = None
    """The next attempt of a customer whose account does not answer."""
    list_read_until: datetime | None = None
    list_problem: str = ""
    list_problem_since: datetime | None = None
    directory_error: str = ""
    """Why the account's contacts cannot be read; "" for a customer that does not use its directory."""
    directory_error_since: datetime | None = None
    is_limited: bool = False
    """Did Ringofix refuse webhooks within the last hour, because there were too many?"""
    leak: LeakSigns = field(default_factory=LeakSigns)
    workers: int = 1
    groups: Mapping[Fact, Sequence[Group]] = field(default_factory=dict)

    def group(self, fact: Fact) -> Sequence[Group]:
        return self.groups.get(fact, ())

    def count(self, fact: Fact) -> int:
        return sum(group.count for group in self.group(fact))

    def first_at(self, fact: Fact) -> datetime | None:
        return min((group.first_at for group in self.group(fact) if group.first_at), default=None)

    def last_at(self, fact: Fact) -> datetime | None:
        return max((group.last_at for group in self.group(fact) if group.last_at), default=None)

    def calls(self, *states: CallState) -> int:
        """Ended calls of the last DAYS in these states, or in any."""
        wanted = states or [state for state in CallState if state is not CallState.IN_PROGRESS]
        return sum(group.count for group in self.group(Fact.CALLS) if group.code in wanted)


def facts_of(customers: QuerySet[Customer]) -> list[CustomerFacts]:
    """Reads the facts of these customers, in no particular order."""
    rows = list(with_leak_columns(_with_columns(customers)))
    ids = [row.pk for row in rows]
    groups, flooded, errors = _groups(ids), limited_customers(ids), _directory_errors(rows)
    return [
        _facts(
            row,
            groups.get(row.pk, {}),
            leak=signs_of(row, is_flooded=row.pk in flooded),
            directory_error=errors.get(row.planfix_account if row.directory else "", ("", None)),
        )
        for row in rows
    ]


def _directory_errors(customers: Iterable[Customer]) -> dict[str, tuple[str, datetime | None]]:
    """By account: why its contacts cannot be read, and since when. Needs no query if no customer uses a directory."""
    accounts = {customer.planfix_account for customer in customers if customer.directory}
    if not accounts:
        return {}
    unreadable = DirectoryAccount.objects.filter(account__in=accounts).exclude(error="")
    return {each.account: (each.error, each.error_since) for each in unreadable}


def _facts(
    row: Any,
    groups: Mapping[Fact, Sequence[Group]],
    *,
    leak: LeakSigns,
    directory_error: tuple[str, datetime | None],
) -> CustomerFacts:
    return CustomerFacts(
        customer=row,
        has_token=row.has_token,
        check=_check(row, row.newest_check),
        has_employees=row.has_employees or row.fallback_user_id is not None,
        last_webhook_at=row.last_webhook_at,
        last_call_at={Direction.INCOMING: row.last_incoming_at, Direction.OUTGOING: row.last_outgoing_at},
        last_delivery_at=row.last_delivery_at,
        retry_at=row.retry_at,
        list_read_until=row.list_read_until,
        list_problem=(row.has_auth_key and row.list_problem) or "",
        list_problem_since=row.list_problem_since,
        directory_error=directory_error[0],
        directory_error_since=directory_error[1],
        is_limited=leak.is_flooded,
        leak=leak,
        workers=row.workers,
        groups=groups,
    )


def _with_columns(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    webhooks = WebhookEvent.objects.filter(customer=OuterRef("pk")).exclude(event=TEST_EVENT).order_by("-received_at")
    employees = Employee.objects.filter(customer=OuterRef("pk"), participates=True, planfix_user_id__isnull=False)
    checks = BackgroundJob.objects.filter(
        customer=OuterRef("pk"), kind=BackgroundJobKind.CONNECT, finished_at__isnull=False, result__isnull=False
    ).order_by("-pk")
    names = ("account", "project", "checks")
    check = JSONObject(finished_at="finished_at", **{name: f"result__{name}" for name in names})
    return customers.only(
        *("name", "timezone", "planfix_url", "ringostat_project_id"),
        *("paused_reason", "paused_at", "paused_by_hand", "events_not_needed", "directory"),
    ).annotate(
        has_token=_is_set("planfix_token"),
        has_auth_key=_is_set("ringostat_auth_key"),
        newest_check=Subquery(checks.values(check=check)[:1]),
        has_employees=Exists(employees),
        fallback_user_id=F("fallback_employee__planfix_user_id"),
        last_webhook_at=Subquery(webhooks.values("received_at")[:1]),
        last_incoming_at=_newest_call("direction", Direction.INCOMING, "started_at"),
        last_outgoing_at=_newest_call("direction", Direction.OUTGOING, "started_at"),
        last_delivery_at=_newest_call("state", CallState.DELIVERED, "finished_at"),
        retry_at=F("delivery_lease__retry_at"),
        workers=live_workers_column(),
        list_read_until=F("catch_up_cursor__read_until"),
        list_problem=F("catch_up_cursor__trouble"),
        list_problem_since=F("catch_up_cursor__trouble_since"),
    )


def _newest_call(column: str, value: str, wanted: str) -> Subquery:
    """A column of the customer's newest call with this value. Compares with >= and <=; sql.py says why."""
    calls = Call.objects.filter(customer=OuterRef("pk"), **{f"{column}__gte": value, f"{column}__lte": value})
    return Subquery(calls.order_by(column, "-started_at", "-pk").values(wanted)[:1])


def _is_set(secret: str) -> Case:
    return Case(When(**{secret: ""}, then=Value(False)), default=Value(True), output_field=BooleanField())


def _check(customer: Customer, stored: Mapping[str, Any] | None) -> AccessCheck | None:
    accounts = (customer.planfix_account, customer.ringostat_project_id)
    if stored is None or (stored["account"], stored["project"]) != accounts:
        return None
    finished_at = parse_datetime(stored["finished_at"])
    assert finished_at
    # A newer release may store findings that this one does not know.
    checks = (
        Check(finding=Finding(row["finding"]), names=row["names"])
        for row in stored["checks"] or ()
        if row["finding"] in KNOWN_FINDINGS
    )
    return AccessCheck(finished_at=finished_at, problems=tuple(check for check in checks if check.is_trouble))


def _groups(customer_ids: Sequence[int]) -> Mapping[int, Mapping[Fact, Sequence[Group]]]:
    arguments: dict[str, Any] = {
        "ids": list(customer_ids),
        "since": timezone.now() - RECENT,
        "days": DAYS,
        "final_events": [kind.value for kind in FINAL_EVENTS.values()],
        "newest": NEWEST_CALLS,
        "most_recordings": MOST_RECORDINGS,
        "newest_read_backs": NEWEST_READ_BACKS,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS, arguments)
        return _by_customer(cursor.fetchall())


def _by_customer(rows: Iterable[tuple[Any, ...]]) -> Mapping[int, Mapping[Fact, Sequence[Group]]]:
    found: dict[int, dict[Fact, list[Group]]] = defaultdict(lambda: defaultdict(list))
    for customer_id, fact, code, count, first_at, last_at, detail in rows:
        group = Group(code=code, count=int(count), first_at=first_at, last_at=last_at, detail=detail)
        found[customer_id][Fact(fact)].append(group)
    return found
