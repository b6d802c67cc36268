"""The rate limit of a Planfix account. All workers on all machines share it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.db import connection

from integrations.models import Customer
from integrations.services.clients.sql import READ_SLOT
from integrations.services.database import release_connection

RATE_MARGIN = 1.03
"""Requests leave 3 % later than the rate allows, so that network jitter cannot put two of them into one second."""


def request_interval(customer: Customer) -> timedelta:
    """The shortest time between two requests to the customer's account."""
    return timedelta(seconds=RATE_MARGIN / customer.requests_per_second)


def acquire_read_slot(customer: Customer, seconds: float) -> None:
    """Blocks until the customer's account accepts a request that only reads.

    Such a request needs no delivery lease, so its duration (`seconds`) is ignored.
    """
    parameters: dict[str, Any] = {"account": customer.planfix_account, "interval": request_interval(customer)}
    with connection.cursor() as cursor:
        cursor.execute(READ_SLOT, parameters)
        wait = cursor.fetchone()[0]
    release_connection()
    time.sleep(max(float(wait), 0.0))
