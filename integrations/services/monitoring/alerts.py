"""Raises and resolves alerts from the customers' statuses, and sends one notification for each change. Does not write
the mails.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import structlog
from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from integrations.models import Alert, AlertKind, Customer
from integrations.services.database import database_time
from integrations.services.monitoring.alert_mail import send_alerts
from integrations.services.monitoring.customer_status import Cause, CustomerStatus, Issue, Level, statuses_of

log = structlog.get_logger(__name__)

LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
"""Matches a phone number: an error message of Planfix may hold one."""

KINDS: Mapping[Cause, tuple[AlertKind, Level]] = {
    Cause.PAUSED: (AlertKind.PAUSED, Level.PROBLEM),
    Cause.FAILED: (AlertKind.FAILED, Level.PROBLEM),
    Cause.LATE: (AlertKind.LATE, Level.PROBLEM),
    Cause.NO_EMPLOYEES: (AlertKind.SKIPPED, Level.PROBLEM),
    Cause.SKIPPED: (AlertKind.SKIPPED, Level.PROBLEM),
    Cause.NOT_UNDERSTOOD: (AlertKind.WEBHOOK, Level.PROBLEM),
    Cause.EVENT_MISSING: (AlertKind.WEBHOOK, Level.WARNING),
    Cause.SILENT: (AlertKind.WEBHOOK, Level.WARNING),
    Cause.DIFFERENT: (AlertKind.DIFFERENT, Level.WARNING),
    Cause.LEAKED: (AlertKind.LEAK, Level.WARNING),
    Cause.CONTACTS_HELD: (AlertKind.CONTACTS, Level.WARNING),
    Cause.TRAFFIC: (AlertKind.TRAFFIC, Level.WARNING),
    Cause.CALL_LIST_UNREADABLE: (AlertKind.CATCH_UP, Level.WARNING),
}
"""The kind of alert for a cause, and the least serious level that raises one. Other causes raise no alert. A person who
sets up or pauses a customer sees its status anyway. And a worker sends the alerts, so it cannot report that no worker
runs.
"""

Problems = Mapping[int, tuple[CustomerStatus, Issue]]
"""The current problems of one kind, by customer ID."""


def check_alerts() -> None:
    """Compares current problems with open alerts, and notifies about every change. Only one process may run it at a
    time.
    """
    problems = _current_problems()
    for kind in AlertKind:
        _compare(kind, problems[kind])
    _notify()


def _current_problems() -> Mapping[AlertKind, Problems]:
    """The worst issue of each kind and customer."""
    found: dict[AlertKind, dict[int, tuple[CustomerStatus, Issue]]] = defaultdict(dict)
    for status in statuses_of(Customer.objects.all()):
        for issue in status.issues:
            if kind := _kind_of(issue):
                found[kind].setdefault(status.customer.pk, (status, issue))
    return found


def _kind_of(issue: Issue) -> AlertKind | None:
    kind, level = KINDS.get(issue.cause, (None, Level.PROBLEM))
    # An issue with a code comes from an access check: the person who started the check sees its result.
    is_of_check = issue.cause is Cause.CALL_LIST_UNREADABLE and issue.code
    return None if is_of_check or issue.level > level else kind


def _compare(kind: AlertKind, problems: Problems) -> None:
    """Raises an alert for each new problem and resolves those whose problem is gone."""
    open_alerts = dict(Alert.objects.filter(kind=kind, resolved_at=None).values_list("customer_id", "pk"))
    new = {pk: issue for pk, (status, issue) in problems.items() if pk not in open_alerts and _is_news(kind, status)}
    resolved = {pk: alert_id for pk, alert_id in open_alerts.items() if pk not in problems}
    Alert.objects.bulk_create(
        [
            Alert(customer_id=pk, kind=kind, issue=_stored(issue), detail=_masked(issue.detail))
            for pk, issue in new.items()
        ],
        ignore_conflicts=True,
    )
    Alert.objects.filter(pk__in=resolved.values()).update(resolved_at=Now())
    for customer_id, issue in new.items():
        log.warning("alert", kind=kind.value, customer_id=customer_id, detail=_masked(issue.detail))
    for customer_id in resolved:
        log.info("alert resolved", kind=kind.value, customer_id=customer_id)


def _is_news(kind: AlertKind, status: CustomerStatus) -> bool:
    """Tells whether the problem may raise an alert. Late calls of a paused customer only keep an open alert open."""
    return kind is not AlertKind.LATE or not status.customer.paused_reason


def _stored(issue: Issue) -> dict[str, object]:
    return issue.to_json() | {"detail": _masked(issue.detail)}


def _masked(detail: str) -> str:
    return LONG_NUMBER.sub("…", detail)[:300]


def _notify() -> None:
    """Sends one notification about all new changes. After an error, a later run sends them. Without ALERT_EMAILS they
    stand only in the log.
    """
    until = database_time()
    alerts = list(_not_notified().select_related("customer").order_by("pk"))
    if not alerts:
        return
    try:
        if settings.ALERT_EMAILS:
            send_alerts(alerts)
    except Exception as error:
        # A mail server can fail in countless ways. No failure may stop the checks of alerts.
        log.warning("alerts not sent", alerts=len(alerts), error=f"{type(error).__name__}: {error}"[:300])
        return
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(notified_at=until)


def _not_notified() -> QuerySet[Alert]:
    return Alert.objects.filter(Q(notified_at__isnull=True) | Q(notified_at__lt=F("resolved_at")))
