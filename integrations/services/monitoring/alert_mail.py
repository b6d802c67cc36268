"""Alerts as one e-mail in plain words. Knows nothing of when an alert is raised."""

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
        "%(customer)s is paused since %(since)s. %(detail)s Its calls wait and nothing is lost; they go on by"
        " themselves once Planfix lets us in."
    ),
    AlertKind.FAILED: gettext_lazy(
        "%(customer)s has calls that Planfix did not take. %(detail)s They wait for a person to set them right and try"
        " them again; the customer's other calls go on."
    ),
    AlertKind.LATE: gettext_lazy("%(customer)s has calls that are late. %(detail)s They are still being tried."),
    AlertKind.CATCH_UP: gettext_lazy(
        "Ringostat's call list of %(customer)s cannot be read. %(detail)s Calls still come by webhook, but one whose"
        " webhook is lost is not found. Check the Auth-key and the project in the customer's settings."
    ),
}
OVER = {
    AlertKind.PAUSED: gettext_lazy("%(customer)s is no longer paused (it was since %(since)s)."),
    AlertKind.FAILED: gettext_lazy(
        "%(customer)s: no call has failed for a day, or those that had were tried again (since %(since)s)."
    ),
    AlertKind.LATE: gettext_lazy("%(customer)s has no late calls any more (it had since %(since)s)."),
    AlertKind.CATCH_UP: gettext_lazy(
        "Ringostat's call list of %(customer)s can be read again (it could not since %(since)s); what was missed is"
        " read now."
    ),
}
STATES = {AlertKind.FAILED: CallState.FAILED, AlertKind.LATE: CallState.PENDING}
"""Whose calls the call log is to show; the others' trouble is with the customer itself."""


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


def moment(time: datetime, zone: ZoneInfo) -> str:
    return f"{date_format(time.astimezone(zone), _('j M, H:i'))} ({zone.key})"


def _subject(alerts: Iterable[Alert]) -> str:
    in_trouble = {_name(alert.customer) for alert in alerts if alert.over_at is None}
    names = in_trouble or {_name(alert.customer) for alert in alerts}
    count = len(names)
    if count == 1:  # Not by ngettext: where a language has one form for 1 and 21, it would name one of the 21.
        text = _("Ringofix: %(name)s needs attention") if in_trouble else _("Ringofix: %(name)s is well again")
        return text % {"name": min(names)}
    if in_trouble:
        text = ngettext(
            "Ringofix: %(count)s customer needs attention", "Ringofix: %(count)s customers need attention", count
        )
    else:
        text = ngettext(
            "Ringofix: %(count)s customer is well again", "Ringofix: %(count)s customers are well again", count
        )
    return text % {"count": count}


def _lines(alerts: Iterable[Alert]) -> Iterator[str]:
    for alert in sorted(alerts, key=lambda alert: alert.over_at is not None):
        texts = RAISED if alert.over_at is None else OVER
        since = moment(alert.raised_at, alert.customer.zone)
        names = {"customer": _name(alert.customer), "detail": alert.detail, "since": since}
        yield texts[AlertKind(alert.kind)] % names
        yield _address(alert)
        yield ""
    yield _("Ringofix sends this once when a trouble begins and once when it is over.")


def _address(alert: Alert) -> str:
    """Of the page where the trouble is seen."""
    state = STATES.get(AlertKind(alert.kind))
    if state is None:
        path = reverse("admin:integrations_customer_change", args=[alert.customer_id])
    else:
        path = f"{reverse('calllog:list')}?customer={alert.customer_id}&state={state.value}"
    return f"{settings.PUBLIC_URL}{path}"


def _name(customer: Customer) -> str:
    """On one line: it stands in the subject too."""
    return " ".join(customer.name.split())
