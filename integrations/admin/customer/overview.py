"""The overview of one customer: status, calls per day, webhook requests, alerts and activity, and buttons to pause and
resume it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.admin.alerts import alert_sentence
from integrations.admin.customer.catch_up import catch_up, catch_up_context
from integrations.admin.customer.pages import address_of, customer_page, listed, render_page
from integrations.admin.customer.read_back import read_back_overview
from integrations.admin.customer.webhooks.request_counts import request_counts
from integrations.admin.monitoring.customer_rows import customer_row
from integrations.admin.monitoring.sparklines import stacked_chart
from integrations.admin.monitoring.status_line import status_lines
from integrations.models import BackgroundJobKind, Customer
from integrations.services.delivery.pause import pause_by_hand, resume_customer
from integrations.services.missed_calls.waiting import called_back
from integrations.services.monitoring.chart_numbers import pictures_of, requests_left
from integrations.services.monitoring.customer_status import statuses_of
from integrations.ui.labels import LazyText
from integrations.users.audit import audit_record

DAYS = 30
RECENT = 5
CALLED_BACK_SPAN = timedelta(days=14)
"""The period that the page of waiting clients shows at first."""


@customer_page
def overview(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.method == "POST":
        action = ACTIONS.get(request.POST.get("action", ""))
        if action:
            action(request, customer)
        return redirect(address_of("overview", customer))
    [status], now = statuses_of(Customer.objects.filter(pk=customer.pk)), timezone.now()
    pictures = pictures_of([customer], DAYS, fleet=[customer.pk], now=now)
    context = {
        "row": customer_row(status, pictures, now),
        "chart": stacked_chart(pictures.days[customer.pk]),
        "lines": status_lines(status, now),
        "requests_left": requests_left(customer),
        "days": DAYS,
        "requests": request_counts(customer),
        "alerts": [(alert, alert_sentence(alert)) for alert in customer.alerts.order_by("-raised_at", "-pk")[:RECENT]],
        "jobs": customer.background_jobs.exclude(kind=BackgroundJobKind.DRY_RUN).order_by("-pk")[:RECENT],
        "activity": audit_log_of(customer)[:RECENT],
        "copy_address": address_of("copy", customer),
        "diagnostics_address": address_of("diagnostics", customer),
        "delete_address": address_of("delete", customer) if request.user.is_superuser else "",
        "read_back": read_back_overview(customer),
        "called_back": called_back([customer.pk], since=now - CALLED_BACK_SPAN),
        "waiting_address": f"{reverse('calllog:waiting')}?customer={customer.pk}",
        "links": _links(customer),
        **catch_up_context(customer),
    }
    return render_page(request, customer, "overview", "overview.html", context)


def _links(customer: Customer) -> list[tuple[LazyText, str]]:
    """Links to the full lists."""
    return [
        (_("Calls"), f"{reverse('calllog:list')}?customer={customer.pk}"),
        (_("Webhook events"), listed("webhookevent", customer)),
        (_("Planfix requests"), listed("planfixrequest", customer)),
    ]


def audit_log_of(customer: Customer) -> QuerySet[LogEntry]:
    """The customer's audit log, newest first."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Customer), object_id=str(customer.pk)
    )
    return entries.select_related("user", "content_type").order_by("-action_time", "-pk")


def _pause(request: HttpRequest, customer: Customer) -> None:
    reason = " ".join(request.POST.get("reason", "").split())[:300]
    if not reason:
        messages.error(request, _("Enter a reason. Other specialists will see it."))
        return
    pause_by_hand(customer, reason)
    audit_record(request.user, _("Paused: %(reason)s") % {"reason": reason}, customer)
    messages.success(request, _("Customer paused. New calls are received and wait until a specialist resumes it."))


def _resume(request: HttpRequest, customer: Customer) -> None:
    resume_customer(customer, by_hand=True)
    audit_record(request.user, _("Resumed."), customer)
    messages.success(request, _("Customer resumed."))


ACTIONS: Mapping[str, Callable[[HttpRequest, Customer], None]] = {
    "pause": _pause,
    "resume": _resume,
    "catch_up": catch_up,
}
