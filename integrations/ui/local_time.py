"""Times in a customer's time zone."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.models import Customer


def local_time(customer: Customer, at: datetime, now: datetime) -> str:
    """The time in the customer's zone, with the date unless it is today."""
    zone = customer.zone
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return date_format(local, "H:i" if local.date() == today else _("j M, H:i"))
