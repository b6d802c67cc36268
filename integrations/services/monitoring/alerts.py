"""Notices customers in trouble, and has each trouble told of once when it begins and once when it is over.

Knows nothing of how it is worded and sent.
"""

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
from integrations.services.monitoring.alert_mail import moment, send_alerts

log = structlog.get_logger(__name__)

SPELL = timedelta(days=1)
"""Calls that fail within a day of each other are one trouble: most wait for a person, and some for ever."""

LONG_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
"""What Planfix says of an error may hold a phone number."""

Troubles = Mapping[int, str]
"""What is wrong now, in a sentence, by customer."""


def watch() -> None:
    """Compares the customers' troubles with the open alerts, and tells what is new. By one process at a time."""
    for kind, find in TROUBLES.items():
        _compare(kind, find())
    _tell()


# --- what is wrong ---


def _paused() -> Troubles:
    """A person who pauses a customer needs not be told of it."""
    paused = Customer.objects.exclude(paused_reason="").filter(paused_by_hand=False)
    return {pk: LONG_NUMBER.sub("…", reason) for pk, reason in paused.values_list("pk", "paused_reason")}


def _with_failed_calls() -> Troubles:
    """By the index `call_failed`."""
    failed = Call.objects.filter(state=CallState.FAILED, finished_at__gt=Now() - SPELL)
    counts = failed.order_by().values_list("customer_id").annotate(count=Count("pk"))
    return {pk: ngettext("One call failed.", "%(count)s calls failed.", n) % {"count": n} for pk, n in counts}


def _with_late_calls() -> Troubles:
    """By the index `call_due`. The calls of a paused customer are no news of their own, unless they were late before.

    Counted from when a call was first due: one that is tried again and again is late too.
    """
    told = Alert.objects.filter(kind=AlertKind.LATE, over_at=None, customer=OuterRef("customer"))
    late = Call.objects.filter(
        Q(customer__paused_reason="") | Exists(told),
        due_at__isnull=False,
        state=CallState.PENDING,
        due_since__lt=Now() - timedelta(minutes=settings.ALERT_AFTER_MINUTES),
    )
    oldest = late.order_by().values_list("customer_id", "customer__timezone").annotate(since=Min("due_since"))
    text = _("The oldest call has waited since %(since)s.")
    return {pk: text % {"since": moment(since, ZoneInfo(zone))} for pk, zone, since in oldest}


def _without_a_call_list() -> Troubles:
    """A call whose webhook is lost would be lost for them. A trouble as short as a call may be late is no news."""
    since = Now() - timedelta(minutes=settings.ALERT_AFTER_MINUTES)
    cursors = CatchUpCursor.objects.filter(trouble_since__lt=since).exclude(customer__ringostat_auth_key="")
    return {pk: LONG_NUMBER.sub("…", trouble) for pk, trouble in cursors.values_list("customer_id", "trouble")}


TROUBLES: Mapping[AlertKind, Callable[[], Troubles]] = {
    AlertKind.PAUSED: _paused,
    AlertKind.FAILED: _with_failed_calls,
    AlertKind.LATE: _with_late_calls,
    AlertKind.CATCH_UP: _without_a_call_list,
}


# --- what is new of it ---


def _compare(kind: AlertKind, troubles: Troubles) -> None:
    """Opens an alert for each trouble that has none, and ends those whose trouble is over."""
    open_alerts = dict(Alert.objects.filter(kind=kind, over_at=None).values_list("customer_id", "pk"))
    new = {pk: sentence for pk, sentence in troubles.items() if pk not in open_alerts}
    over = {pk: alert_id for pk, alert_id in open_alerts.items() if pk not in troubles}
    Alert.objects.bulk_create(
        [Alert(customer_id=pk, kind=kind, detail=sentence[:300]) for pk, sentence in new.items()],
        ignore_conflicts=True,
    )
    Alert.objects.filter(pk__in=over.values()).update(over_at=Now())
    for customer_id, sentence in new.items():
        log.warning("alert", kind=kind.value, customer_id=customer_id, detail=sentence)
    for customer_id in over:
        log.info("alert over", kind=kind.value, customer_id=customer_id)


def _tell() -> None:
    """Sends what nobody was told of yet; what cannot be sent now is sent with a later run. Without addresses the log
    has told it.
    """
    until = database_time()
    alerts = list(_untold().select_related("customer").order_by("pk"))
    if not alerts:
        return
    try:
        if settings.ALERT_EMAILS:
            send_alerts(alerts)
    except Exception as error:
        # A mail server has countless ways to fail, and none of them may stop the watch.
        log.warning("alerts not sent", alerts=len(alerts), error=f"{type(error).__name__}: {error}"[:300])
        return
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(told_at=until)


def _untold() -> QuerySet[Alert]:
    return Alert.objects.filter(Q(told_at__isnull=True) | Q(told_at__lt=F("over_at")))
