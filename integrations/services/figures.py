"""The figures that tell whether the product does its job, read from the database when somebody asks. Each by an
index.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min
from django.db.models.functions import Now
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily, Metric

from integrations.models import AccountPace, Alert, AlertKind, Call, Customer
from integrations.services.clock import database_time


class Figures:
    """A collector for Prometheus. All web processes see the same database, so any of them may answer."""

    def collect(self) -> Iterator[Metric]:
        due = Call.objects.filter(due_at__lte=Now()).aggregate(count=Count("pk"), oldest=Min("due_at"))
        waits = (database_time() - due["oldest"]).total_seconds() if due["oldest"] else 0.0
        yield _gauge("calls_due", "Calls that wait for their delivery.", due["count"])
        yield _gauge("oldest_due_call_seconds", "How long the oldest of them has been due.", waits)
        yield _gauge("calls_waiting", "Calls due now or later.", Call.objects.filter(due_at__isnull=False).count())
        yield _gauge("customers", "Customers.", Customer.objects.count())
        paused = Customer.objects.exclude(paused_reason="").count()
        yield _gauge("customers_paused", "Customers whose calls wait for somebody to mend their access.", paused)
        yield _open_alerts()
        accounts = AccountPace.objects.filter(next_request_at__gt=Now()).count()
        yield _gauge("accounts_at_their_pace", "Planfix accounts that are asked as fast as they allow.", accounts)

    def describe(self) -> Iterator[Metric]:
        return iter(())


def _open_alerts() -> Metric:
    counts = Alert.objects.filter(over_at=None).values_list("kind").annotate(Count("pk"))
    alerts = GaugeMetricFamily("ringofix_alerts_open", "Customers' troubles that are not over.", labels=["kind"])
    for kind, count in (dict.fromkeys(AlertKind.values, 0) | dict(counts)).items():
        alerts.add_metric([kind], count)
    return alerts


def registry() -> CollectorRegistry:
    fresh = CollectorRegistry(auto_describe=False)
    fresh.register(Figures())
    return fresh


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"ringofix_{name}", meaning, value=value)
