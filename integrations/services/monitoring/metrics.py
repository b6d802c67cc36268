"""Prometheus metrics. Each request reads them from the database, by an index or from the newest rows only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, Count, F, Max, Min, Model, Q, QuerySet, Value, When
from django.db.models.functions import Now
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric

from integrations.models import (
    AccountRateLimit,
    Alert,
    AlertKind,
    Call,
    CallbackTask,
    CallState,
    Customer,
    DirectoryAccount,
    EventResult,
    PlanfixRequest,
    ReadBack,
    RoutingAnswer,
    RoutingReason,
    WebhookEvent,
)
from integrations.services.database import database_time
from integrations.services.directory.accounts import IS_TRUSTED
from integrations.services.monitoring.customer_status import Cause, Level, statuses_of
from integrations.services.queue.queue_load import queue_load

LATELY = timedelta(minutes=5)
NEWEST_ROWS = 50_000
"""More rows than arrive within LATELY. A metric thus costs the same however large its table is."""
OUTCOMES = ("ok", "unavailable", "access", "refused")


class DatabaseMetrics:
    """A Prometheus collector. All web processes read the same database, so each gives the same answer."""

    def collect(self) -> Iterator[Metric]:
        yield from _calls()
        yield from _customers()
        yield _by_label(
            "webhooks_lately",
            "Webhook requests in the last five minutes.",
            "result",
            _lately(WebhookEvent, "received_at", "result"),
            EventResult.values,
        )
        yield _by_label(
            "planfix_requests_lately",
            "Requests to Planfix in the last five minutes.",
            "outcome",
            _lately(PlanfixRequest, "sent_at", "outcome"),
            OUTCOMES,
        )
        yield from _queue()
        yield _read_backs()
        yield _directories()
        yield from _callback_tasks()
        yield from _routing()

    def describe(self) -> Iterator[Metric]:
        return iter(())


def registry() -> CollectorRegistry:
    fresh = CollectorRegistry(auto_describe=False)
    fresh.register(DatabaseMetrics())
    return fresh


def _calls() -> Iterator[Metric]:
    # Leaves out delivered calls, which are due only for an addition such as a recording.
    pending = Call.objects.filter(state=CallState.PENDING).aggregate(
        count=Count("pk"), due=Count("pk", filter=Q(due_at__lte=Now())), oldest=Min("due_since")
    )
    waits = (database_time() - pending["oldest"]).total_seconds() if pending["oldest"] else 0.0
    yield _gauge("calls_due", "Calls due for delivery now.", pending["due"])
    yield _gauge("oldest_due_call_seconds", "Time since the oldest undelivered call was first due.", waits)
    # Leaves out finished states: they have many calls and need no watching.
    waiting: dict[str, int] = {
        CallState.IN_PROGRESS: Call.objects.filter(state=CallState.IN_PROGRESS).count(),
        CallState.PENDING: pending["count"],
        CallState.FAILED: Call.objects.filter(state=CallState.FAILED).count(),
    }
    yield _by_label("calls", "Calls in progress, waiting and failed.", "state", waiting, list(waiting))


def _customers() -> Iterator[Metric]:
    yield _gauge("customers", "Customers.", Customer.objects.count())
    paused = Customer.objects.exclude(paused_reason="").count()
    yield _gauge("customers_paused", "Paused customers, whose calls wait.", paused)
    statuses = statuses_of(Customer.objects.all())
    causes = Counter(status.cause.value.lower() for status in statuses)
    every_cause = [cause.value.lower() for cause in Cause]
    yield _by_label("customers_by_status", "Customers by their status.", "status", causes, every_cause)
    levels = Counter(status.level.name.lower() for status in statuses)
    every_level = [level.name.lower() for level in Level]
    yield _by_label("customers_by_level", "Customers by how serious their status is.", "level", levels, every_level)
    open_alerts = dict(Alert.objects.filter(resolved_at=None).values_list("kind").annotate(Count("pk")))
    yield _by_label("alerts_open", "Open alerts.", "kind", open_alerts, AlertKind.values)
    accounts = AccountRateLimit.objects.filter(next_request_at__gt=Now()).count()
    yield _gauge("accounts_at_their_pace", "Planfix accounts at their rate limit.", accounts)


def _queue() -> Iterator[Metric]:
    load = queue_load()
    yield _gauge("jobs_waiting", "Jobs waiting for a worker.", load.waiting_jobs)
    yield _gauge("oldest_waiting_job_seconds", "Age of the oldest waiting job.", load.oldest_job_seconds)
    yield _gauge("workers", "Workers with a heartbeat in the last 30 seconds.", load.workers)


READ_BACK_RESULTS: Mapping[bool | None, str] = {True: "verified", False: "differs", None: "waits"}


def _read_backs() -> Metric:
    """Counts read-backs. They are few: about one call in two hundred."""
    chosen = ReadBack.objects.filter(Q(due_at__isnull=False) | Q(verified__isnull=False))
    counts = chosen.order_by().values_list("verified").annotate(Count("pk"))
    found = {READ_BACK_RESULTS[verified]: count for verified, count in counts}
    meaning = "Calls chosen to be read back from Planfix and compared with what was sent."
    return _by_label("calls_read_back", meaning, "result", found, READ_BACK_RESULTS.values())


def _directories() -> Metric:
    """Counts contact directories by state. There is one row for each Planfix account with a directory."""
    state = Case(
        When(~Q(error=""), then=Value("unreadable")),
        When(first_read_at=None, then=Value("first_reading")),
        When(IS_TRUSTED, then=Value("ready")),
        default=Value("behind"),
    )
    counts = dict(DirectoryAccount.objects.order_by().annotate(state=state).values_list("state").annotate(Count("pk")))
    meaning = "Planfix accounts with a contact directory. Calls use only those that are ready."
    return _by_label("directories", meaning, "state", counts, ("ready", "first_reading", "behind", "unreadable"))


def _callback_tasks() -> Iterator[Metric]:
    """Counts open callback tasks. They are few: each is closed after a week."""
    open_tasks = CallbackTask.objects.filter(closed_at=None)
    found = open_tasks.aggregate(
        due=Count("pk", filter=Q(due_at__lte=Now())),
        oldest=Min("due_at", filter=Q(due_at__lte=Now())),
        written=Count("pk", filter=Q(task_id__isnull=False)),
        refused=Count("pk", filter=~Q(problem="")),
    )
    waits = (database_time() - found["oldest"]).total_seconds() if found["oldest"] else 0.0
    counts = {state: found[state] for state in ("due", "written", "refused")}
    meaning = "Open callback tasks: due to be written to Planfix now, in Planfix, and refused by Planfix."
    yield _by_label("callback_tasks", meaning, "state", counts, list(counts))
    yield _gauge("oldest_due_callback_task_seconds", "Time since the oldest callback task was due.", waits)


def _routing() -> Iterator[Metric]:
    result = Case(
        When(directions__len__gt=0, then=Value("answered")),
        When(reason__in=ROUTING_TROUBLE, then=F("reason")),
        default=Value("empty"),
    )
    lately = _newest(RoutingAnswer, "asked_at").annotate(result=result).order_by()
    counts = dict(lately.values_list("result").annotate(Count("pk")))
    meaning = "Answers to Ringostat's routing questions in the last five minutes."
    yield _by_label("routing_answers_lately", meaning, "result", counts, ("answered", "empty", *ROUTING_TROUBLE))
    slowest = lately.aggregate(slowest=Max("milliseconds"))["slowest"] or 0
    meaning = "The longest time that one of these answers took."
    yield _gauge("slowest_routing_answer_seconds", meaning, slowest / 1000)


ROUTING_TROUBLE = (RoutingReason.TOO_SLOW.value, RoutingReason.TROUBLE.value)


def _lately(model: type[Model], time: str, label: str) -> dict[str, int]:
    return dict(_newest(model, time).order_by().values_list(label).annotate(Count("pk")))


def _newest(model: type[Model], time: str) -> QuerySet[Any]:
    rows = model._default_manager.all()
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    return rows.filter(**{"pk__gt": newest - NEWEST_ROWS, f"{time}__gte": Now() - LATELY})


def _by_label(name: str, meaning: str, label: str, counts: Mapping[str, int], every: Iterable[str]) -> Metric:
    """A gauge with a label. Values that do not occur get 0: an absent metric would raise no alert."""
    metric = GaugeMetricFamily(f"ringofix_{name}", meaning, labels=[label])
    for value, count in {**dict.fromkeys(map(str, every), 0), **counts}.items():
        metric.add_metric([value], count)
    return metric


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"ringofix_{name}", meaning, value=value)
