"""Recovers missed calls: reads chosen days of Ringostat's call list for calls whose webhook was lost."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import BackgroundJobKind, CatchUpCursor, Customer
from integrations.services.queue.background import enqueue
from integrations.ui.inputs import day_input
from integrations.users.audit import audit_record

LONGEST = timedelta(days=92)
"""Three months: nobody wants older calls in Planfix as new ones."""

day_field = partial(forms.DateField, widget=day_input())


class DaysForm(forms.Form):
    first_day = day_field(label=gettext_lazy("From"))
    last_day = day_field(label=gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        days: dict[str, Any] = self.cleaned_data
        first, last = days.get("first_day"), days.get("last_day")
        if first and last and first > last:
            raise ValidationError(_("The first day must not be after the last day."))
        if first and last and last - first >= LONGEST:
            raise ValidationError(_("Choose three months at most."))
        return days


def catch_up_context(customer: Customer) -> dict[str, Any]:
    """How far the call list has been read, and the form for other days."""
    cursor = CatchUpCursor.objects.filter(customer=customer).first()
    today = timezone.localdate(timezone=customer.zone)
    return {
        "cursor": cursor,
        "refused_fields": ", ".join(sorted(cursor.refused_fields)) if cursor else "",
        "can_catch_up": bool(customer.ringostat_auth_key),
        "days_form": DaysForm(initial={"first_day": today - timedelta(days=1), "last_day": today}),
    }


def catch_up(request: HttpRequest, customer: Customer) -> None:
    form = DaysForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return
    first, last = form.cleaned_data["first_day"], form.cleaned_data["last_day"]
    start = datetime.combine(first, time.min, customer.zone)
    end = min(datetime.combine(last + timedelta(days=1), time.min, customer.zone), timezone.now())
    if start >= end:
        messages.error(request, _("These days are in the future."))
        return
    enqueue(BackgroundJobKind.CATCH_UP, customer=customer, by=request.user, start=start, end=end)
    audit_record(
        request.user, _("Checked for missed calls: %(first)s to %(last)s") % {"first": first, "last": last}, customer
    )
    messages.success(request, _("Checking the call list of these days. Missed calls will be added."))
