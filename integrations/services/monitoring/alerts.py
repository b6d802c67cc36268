"""Raises and resolves alerts, and sends one notification for each of both. Does not write the mails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import Alert, AlertKind, Call, CallState, CatchUpCursor, Customer
from integrations.services.database import database_time
from integrations.services.intake.traffic_limit import limited_customers
from integrations.services.monitoring.alert_mail import send_alerts, time_with_zone

log = structlog.get_logger(__name__)

FAILED_LATELY = timedelta(days=1)
"""Calls that fail within a day of each other raise one alert. Older ones need attention too, but are no news."""

LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
"""An error message of Planfix may hold a phone number."""

Problems = Mapping[int, str]
"""A sentence for each customer's current problem, by customer ID."""


def check_alerts() -> None:
    """Compares current problems with open alerts and notifies of every change. One process at a time may call it."""
    for kind, find in PROBLEMS.items():
        _compare(kind, find())
    _notify()


# --- current problems ---


def _paused() -> Problems:
    """Without those paused by hand: whoever did it knows."""
    paused = Customer.objects.exclude(paused_reason="").filter(paused_by_hand=False)
    return {pk: LONG_NUMBER.sub("…", reason) for pk, reason in paused.values_list("pk", "paused_reason")}


def _with_failed_calls() -> Problems:
    """Uses the index `call_failed`."""
    failed = Call.objects.filter(state=CallState.FAILED, finished_at__gt=Now() - FAILED_LATELY)
    counts = failed.order_by().values_list("customer_id").annotate(count=Count("pk"))
    return {pk: ngettext("One call failed.", "%(count)s calls failed.", n) % {"count": n} for pk, n in counts}


def _with_late_calls() -> Problems:
    """Uses the index `call_due`. Late calls of a paused customer raise no alert, but keep one that is open.

    A call is late by the time it was first due, however often it was tried.
    """
    already_open = Alert.objects.filter(kind=AlertKind.LATE, resolved_at=None, customer=OuterRef("customer"))
    late = Call.objects.filter(
        Q(customer__paused_reason="") | Exists(already_open),
        due_at__isnull=False,
        state=CallState.PENDING,
        due_since__lt=Now() - timedelta(minutes=settings.ALERT_AFTER_MINUTES),
    )
    oldest = late.order_by().values_list("customer_id", "customer__timezone").annotate(since=Min("due_since"))
    text = _("The oldest call has been waiting since %(since)s.")
    return {pk: text % {"since": time_with_zone(since, ZoneInfo(zone))} for pk, zone, since in oldest}


def _without_a_call_list() -> Problems:
    """Calls whose webhook is lost cannot be recovered. Problems under ALERT_AFTER_MINUTES raise no alert."""
    since = Now() - timedelta(minutes=settings.ALERT_AFTER_MINUTES)
    cursors = CatchUpCursor.objects.filter(trouble_since__lt=since).exclude(customer__ringostat_auth_key="")
    return {pk: LONG_NUMBER.sub("…", trouble) for pk, trouble in cursors.values_list("customer_id", "trouble")}


def _with_too_many_webhooks() -> Problems:
    """An hour without a refused webhook resolves it."""
    text = _(
        "Its webhook address gets far more requests than usual, and some are refused. Replace it if it has leaked."
    )
    return dict.fromkeys(limited_customers(), text)


PROBLEMS: Mapping[AlertKind, Callable[[], Problems]] = {
    AlertKind.PAUSED: _paused,
    AlertKind.FAILED: _with_failed_calls,
    AlertKind.LATE: _with_late_calls,
    AlertKind.CATCH_UP: _without_a_call_list,
    AlertKind.TRAFFIC: _with_too_many_webhooks,
}


# --- changes ---


def _compare(kind: AlertKind, problems: Problems) -> None:
    """Raises an alert for each new problem and resolves those whose problem is gone."""
    open_alerts = dict(Alert.objects.filter(kind=kind, resolved_at=None).values_list("customer_id", "pk"))
    new = {pk: sentence for pk, sentence in problems.items() if pk not in open_alerts}
    resolved = {pk: alert_id for pk, alert_id in open_alerts.items() if pk not in problems}
    Alert.objects.bulk_create(
        [Alert(customer_id=pk, kind=kind, detail=sentence[:300]) for pk, sentence in new.items()],
        ignore_conflicts=True,
    )
    Alert.objects.filter(pk__in=resolved.values()).update(resolved_at=Now())
    for customer_id, sentence in new.items():
        log.warning("alert", kind=kind.value, customer_id=customer_id, detail=sentence)
    for customer_id in resolved:
        log.info("alert resolved", kind=kind.value, customer_id=customer_id)


def _notify() -> None:
    """Notifies of what is new. A later run sends what could not be sent. Without ALERT_EMAILS only the log has it."""
    until = database_time()
    alerts = list(_not_notified().select_related("customer").order_by("pk"))
    if not alerts:
        return
    try:
        if settings.ALERT_EMAILS:
            send_alerts(alerts)
    except Exception as error:
        # A mail server has countless ways to fail, and none of them may stop the other alerts.
        log.warning("alerts not sent", alerts=len(alerts), error=f"{type(error).__name__}: {error}"[:300])
        return
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(notified_at=until)


def _not_notified() -> QuerySet[Alert]:
    return Alert.objects.filter(Q(notified_at__isnull=True) | Q(notified_at__lt=F("resolved_at")))
