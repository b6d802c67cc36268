"""The figures that tell whether the product does its job, read from the database when somebody asks. Each by an
index, or from the newest rows alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from django.db.models import Count, Max, Min, Model, Q
from django.db.models.functions import Now
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric

from integrations.models import (
    AccountRateLimit,
    Alert,
    AlertKind,
    Call,
    CallState,
    Customer,
    EventResult,
    PlanfixRequest,
    WebhookEvent,
)
from integrations.services.database import database_time
from integrations.services.queue.load import queue_load

LATELY = timedelta(minutes=5)
NEWEST_ROWS = 50_000
"""More than come within that time: so the figure costs the same however large the table is."""
OUTCOMES = ("ok", "unavailable", "access", "refused")


class Figures:
    """A collector for Prometheus. All web processes see the same database, so any of them may answer."""

    def collect(self) -> Iterator[Metric]:
        yield from _calls()
        yield from _customers()
        yield _by_label(
            "webhooks_lately",
            "Webhook requests of the last five minutes.",
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

    def describe(self) -> Iterator[Metric]:
        return iter(())


def registry() -> CollectorRegistry:
    fresh = CollectorRegistry(auto_describe=False)
    fresh.register(Figures())
    return fresh


def _calls() -> Iterator[Metric]:
    # Not those that are in Planfix and only wait for their recording.
    pending = Call.objects.filter(state=CallState.PENDING).aggregate(
        count=Count("pk"), due=Count("pk", filter=Q(due_at__lte=Now())), oldest=Min("due_since")
    )
    waits = (database_time() - pending["oldest"]).total_seconds() if pending["oldest"] else 0.0
    yield _gauge("calls_due", "Calls whose delivery is to be tried now.", pending["due"])
    yield _gauge("oldest_due_call_seconds", "How long ago the oldest undelivered call was first due.", waits)
    # The states that somebody waits for; those that are over are many, and need no watching.
    waiting: dict[str, int] = {
        CallState.IN_PROGRESS: Call.objects.filter(state=CallState.IN_PROGRESS).count(),
        CallState.PENDING: pending["count"],
        CallState.FAILED: Call.objects.filter(state=CallState.FAILED).count(),
    }
    yield _by_label("calls", "Calls that are not over, and those that failed.", "state", waiting, list(waiting))


def _customers() -> Iterator[Metric]:
    yield _gauge("customers", "Customers.", Customer.objects.count())
    paused = Customer.objects.exclude(paused_reason="").count()
    yield _gauge("customers_paused", "Customers whose calls wait for somebody to mend their access.", paused)
    open_alerts = dict(Alert.objects.filter(over_at=None).values_list("kind").annotate(Count("pk")))
    yield _by_label("alerts_open", "Customers' troubles that are not over.", "kind", open_alerts, AlertKind.values)
    accounts = AccountRateLimit.objects.filter(next_request_at__gt=Now()).count()
    yield _gauge("accounts_at_their_pace", "Planfix accounts that are asked as fast as they allow.", accounts)


def _queue() -> Iterator[Metric]:
    load = queue_load()
    yield _gauge("jobs_waiting", "Jobs that wait for a worker.", load.waiting_jobs)
    yield _gauge("oldest_waiting_job_seconds", "How long the oldest of them has waited.", load.oldest_job_seconds)
    yield _gauge("workers", "Workers that were heard of in the last half minute.", load.workers)


def _lately(model: type[Model], time: str, label: str) -> dict[str, int]:
    rows = model._default_manager.all()
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    lately = rows.filter(**{"pk__gt": newest - NEWEST_ROWS, f"{time}__gte": Now() - LATELY})
    return dict(lately.order_by().values_list(label).annotate(Count("pk")))


def _by_label(name: str, meaning: str, label: str, counts: Mapping[str, int], every: Iterable[str]) -> Metric:
    """With a zero for what does not occur: a figure that vanishes raises no alert."""
    metric = GaugeMetricFamily(f"ringofix_{name}", meaning, labels=[label])
    for value, count in {**dict.fromkeys(map(str, every), 0), **counts}.items():
        metric.add_metric([value], count)
    return metric


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"ringofix_{name}", meaning, value=value)
