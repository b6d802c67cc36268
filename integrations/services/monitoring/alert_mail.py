"""Writes and sends one e-mail about several alerts. Does not decide when an alert is raised."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models import Alert, AlertKind, Customer
from integrations.services.database import release_connection
from integrations.services.monitoring.customer_status import Cause, Issue
from integrations.services.monitoring.status_texts import next_step, sentence_of

RAISED = {
    AlertKind.PAUSED: gettext_lazy(
        "%(customer)s has been paused since %(since)s. %(sentence)s None of its calls is lost. They continue by"
        " themselves once Planfix grants access again."
    ),
    AlertKind.FAILED: gettext_lazy(
        "%(customer)s has failed calls. %(sentence)s They need attention: fix the problem, then retry them. The"
        " customer's other calls continue."
    ),
    AlertKind.LATE: gettext_lazy("%(customer)s has late calls. %(sentence)s Ringofix keeps trying."),
    AlertKind.SKIPPED: gettext_lazy(
        "Calls of %(customer)s do not reach Planfix. %(sentence)s Fix the cause, then retry the skipped calls."
    ),
    AlertKind.WEBHOOK: gettext_lazy("Webhooks of %(customer)s are missing. %(sentence)s"),
    AlertKind.DIFFERENT: gettext_lazy("Planfix and Ringofix differ for %(customer)s. %(sentence)s"),
    AlertKind.LEAK: gettext_lazy(
        "Someone else seems to know the webhook address of %(customer)s. %(sentence)s Replace the address if these"
        " requests are not Ringostat's."
    ),
    AlertKind.CONTACTS: gettext_lazy(
        "%(customer)s has more new contacts than usual. %(sentence)s They continue by themselves, some every hour, and"
        " none is lost. Create all contacts now if the calls are real; mark the calls as resolved if not."
    ),
    AlertKind.TRAFFIC: gettext_lazy(
        "%(customer)s gets too many webhooks. %(sentence)s Replace the address if it has leaked."
    ),
    AlertKind.CATCH_UP: gettext_lazy(
        "The Ringostat call list of %(customer)s cannot be read. %(sentence)s Calls still arrive by webhook. Check the"
        " Auth-key and the project ID in the customer's settings."
    ),
}
RESOLVED = {
    AlertKind.PAUSED: gettext_lazy("%(customer)s is no longer paused. It was paused since %(since)s."),
    AlertKind.FAILED: gettext_lazy(
        "%(customer)s no longer has failed calls of the last day. The alert was raised on %(since)s."
    ),
    AlertKind.LATE: gettext_lazy("%(customer)s no longer has late calls. The alert was raised on %(since)s."),
    AlertKind.SKIPPED: gettext_lazy("Calls of %(customer)s reach Planfix again. The alert was raised on %(since)s."),
    AlertKind.WEBHOOK: gettext_lazy("Webhooks of %(customer)s arrive again. The alert was raised on %(since)s."),
    AlertKind.DIFFERENT: gettext_lazy(
        "Planfix and Ringofix no longer differ for %(customer)s. The alert was raised on %(since)s."
    ),
    AlertKind.TRAFFIC: gettext_lazy(
        "%(customer)s gets as many webhooks as usual again. The alert was raised on %(since)s."
    ),
    AlertKind.LEAK: gettext_lazy(
        "The webhook address of %(customer)s no longer shows signs of a leak. The alert was raised on %(since)s."
    ),
    AlertKind.CONTACTS: gettext_lazy("%(customer)s no longer has held calls. The alert was raised on %(since)s."),
    AlertKind.CATCH_UP: gettext_lazy(
        "The Ringostat call list of %(customer)s can be read again. The alert was raised on %(since)s. Missed calls are"
        " being recovered."
    ),
}


def send_alerts(alerts: Sequence[Alert]) -> None:
    """Sends one e-mail about all these alerts. Raises any error of the mail backend."""
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
    if count == 1:  # ngettext does not fit: some languages use the form for 1 also for 21, but only 1 has a name.
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
        names = {"customer": _name(alert.customer), "sentence": _sentence(alert), "since": since}
        yield texts[AlertKind(alert.kind)] % names
        if alert.resolved_at is None and alert.detail and alert.issue:
            yield _("Technical details: %(detail)s") % {"detail": alert.detail}
        yield _address(alert)
        yield ""
    yield _("Ringofix sends one e-mail when a problem begins and one when it is resolved.")


def _sentence(alert: Alert) -> str:
    """The alert's sentence in the active language, with times in the customer's zone."""
    if not alert.issue:
        return alert.detail
    issue = Issue.from_json(alert.issue)
    if issue.cause is Cause.PAUSED:  # The mail already begins with this time.
        issue = replace(issue, since=None)
    return sentence_of(issue, lambda at: time_with_zone(at, alert.customer.zone))


def _address(alert: Alert) -> str:
    """The address of the page on which a person fixes the problem."""
    step = next_step(Issue.from_json(alert.issue), alert.customer_id) if alert.issue else None
    path = step.address if step else reverse("admin:integrations_customer_overview", args=[alert.customer_id])
    return f"{settings.PUBLIC_URL}{path}"


def _name(customer: Customer) -> str:
    """The name on one line, as a mail subject needs it."""
    return " ".join(customer.name.split())
