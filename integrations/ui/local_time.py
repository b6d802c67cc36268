"""Formats times in a customer's time zone."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.models import Customer


def local_time(customer: Customer, at: datetime, near: datetime) -> str:
    """Formats a time in the customer's zone, with the date unless it is the day of `near`."""
    return _local(customer, at, near, "H:i")


def local_second(customer: Customer, at: datetime, near: datetime) -> str:
    """Like local_time(), with seconds."""
    return _local(customer, at, near, "H:i:s")


def _local(customer: Customer, at: datetime, near: datetime, time_format: str) -> str:
    zone = customer.zone
    local, day = at.astimezone(zone), near.astimezone(zone).date()
    time = date_format(local, time_format)
    return time if local.date() == day else f"{date_format(local, _('j M'))}, {time}"
