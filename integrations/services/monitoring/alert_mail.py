"""Writes and sends one e-mail about several alerts. Does not decide when an alert is raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models import Alert, AlertKind, CallState, Customer
from integrations.services.database import release_connection

RAISED = {
    AlertKind.PAUSED: gettext_lazy(
        "%(customer)s has been paused since %(since)s. %(detail)s Its calls wait and none is lost. They continue by"
        " themselves once Planfix grants access again."
    ),
    AlertKind.FAILED: gettext_lazy(
        "%(customer)s has failed calls. %(detail)s They need attention: fix the problem, then retry them. The"
        " customer's other calls continue."
    ),
    AlertKind.LATE: gettext_lazy("%(customer)s has late calls. %(detail)s Ringofix keeps trying."),
    AlertKind.TRAFFIC: gettext_lazy("%(customer)s gets too many webhooks. %(detail)s"),
    AlertKind.CATCH_UP: gettext_lazy(
        "The Ringostat call list of %(customer)s cannot be read. %(detail)s Calls still arrive by webhook, but a call"
        " whose webhook was lost is not recovered. Check the Auth-key and the project ID in the customer's settings."
    ),
}
RESOLVED = {
    AlertKind.PAUSED: gettext_lazy("%(customer)s is no longer paused. It was paused since %(since)s."),
    AlertKind.FAILED: gettext_lazy(
        "%(customer)s has no failed calls of the last day any more. The alert was raised on %(since)s."
    ),
    AlertKind.LATE: gettext_lazy("%(customer)s has no late calls any more. The alert was raised on %(since)s."),
    AlertKind.TRAFFIC: gettext_lazy(
        "%(customer)s gets as many webhooks as usual again. The alert was raised on %(since)s."
    ),
    AlertKind.CATCH_UP: gettext_lazy(
        "The Ringostat call list of %(customer)s can be read again. The alert was raised on %(since)s. Missed calls are"
        " being recovered."
    ),
}
STATES = {AlertKind.FAILED: CallState.FAILED, AlertKind.LATE: CallState.PENDING}
"""Alerts about calls link to the call log; all others link to the customer."""


def send_alerts(alerts: Sequence[Alert]) -> None:
    """Sends one e-mail about all of these. Raises whatever the mail backend raises."""
    message = EmailMessage(
        subject=_subject(alerts),
        body="\n".join(_lines(alerts)),
        to=settings.ALERT_EMAILS,
        headers={"Auto-Submitted": "auto-generated"},
    )
    release_connection()
    message.send()


def time_with_zone(time: datetime, zone: ZoneInfo) -> str:
    return f"{date_format(time.astimezone(zone), _('j M, H:i'))} ({zone.key})"


def _subject(alerts: Iterable[Alert]) -> str:
    open_names = {_name(alert.customer) for alert in alerts if alert.resolved_at is None}
    names = open_names or {_name(alert.customer) for alert in alerts}
    count = len(names)
    if count == 1:  # Not by ngettext: where a language has one form for 1 and 21, it would name one of the 21.
        text = _("Ringofix: %(name)s needs attention") if open_names else _("Ringofix: problem resolved for %(name)s")
        return text % {"name": min(names)}
    if open_names:
        text = ngettext(
            "Ringofix: %(count)s customer needs attention", "Ringofix: %(count)s customers need attention", count
        )
    else:
        text = ngettext(
            "Ringofix: problem resolved for %(count)s customer",
            "Ringofix: problems resolved for %(count)s customers",
            count,
        )
    return text % {"count": count}


def _lines(alerts: Iterable[Alert]) -> Iterator[str]:
    for alert in sorted(alerts, key=lambda alert: alert.resolved_at is not None):
        texts = RAISED if alert.resolved_at is None else RESOLVED
        since = time_with_zone(alert.raised_at, alert.customer.zone)
        names = {"customer": _name(alert.customer), "detail": alert.detail, "since": since}
        yield texts[AlertKind(alert.kind)] % names
        yield _address(alert)
        yield ""
    yield _("Ringofix sends one e-mail when a problem begins and one when it is resolved.")


def _address(alert: Alert) -> str:
    """The address of the page that shows the problem."""
    state = STATES.get(AlertKind(alert.kind))
    if state is None:
        path = reverse("admin:integrations_customer_change", args=[alert.customer_id])
    else:
        path = f"{reverse('calllog:list')}?customer={alert.customer_id}&state={state.value}"
    return f"{settings.PUBLIC_URL}{path}"


def _name(customer: Customer) -> str:
    """The name on one line, as a mail subject needs it."""
    return " ".join(customer.name.split())
