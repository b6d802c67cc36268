"""Moments as people of a customer say them, and when a call is tried next."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.models import Call, Customer


def next_attempt(call: Call) -> datetime:
    """When the call is due and its customer no longer has to wait."""
    retry_at = getattr(getattr(call.customer, "delivery_lease", None), "retry_at", None)
    moments = [due for due in (call.due_at, retry_at) if due]
    return max(moments, default=call.received_at)


def local_time(customer: Customer, at: datetime, now: datetime) -> str:
    """The time in the customer's zone, with the day unless it is today."""
    zone = customer.zone
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return date_format(local, "H:i" if local.date() == today else _("j M, H:i"))


def clause(sentence: str) -> str:
    """A sentence as the end of another one."""
    return sentence.strip().rstrip(".")
