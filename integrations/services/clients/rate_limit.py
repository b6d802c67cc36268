"""The rate limit of a Planfix account. All workers on all machines share it."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from integrations.models import Customer
from integrations.services.clients.sql import READ_SLOT, SPARE_SLOT
from integrations.services.database import release_connection


def acquire_read_slot(customer: Customer, seconds: float) -> None:
    """Blocks until the customer's account accepts a request that only reads.

    Such a request needs no delivery lease, so its duration (`seconds`) is ignored.
    """
    parameters: dict[str, Any] = {"account": customer.planfix_account, "interval": customer.request_interval}
    with connection.cursor() as cursor:
        cursor.execute(READ_SLOT, parameters)
        wait = cursor.fetchone()[0]
    release_connection()
    time.sleep(max(float(wait), 0.0))


class NoSpareSlot(Exception):
    """A call of the account is due, or other requests use up its rate limit."""


class SpareSlots:
    """Slots of an account for requests that can wait: taken only while no call of any of its customers is due."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        host = urlsplit(customer.planfix_url).netloc
        sharing = Customer.objects.filter(planfix_url__icontains=host).only("planfix_url")
        self.customer_ids = [other.pk for other in sharing if other.planfix_account == customer.planfix_account]

    def acquire(self, seconds: float) -> None:
        """Blocks for at most one interval. `seconds`: as for acquire_read_slot(). Raises NoSpareSlot."""
        parameters: dict[str, Any] = {
            "account": self.customer.planfix_account,
            "interval": self.customer.request_interval,
            "customers": self.customer_ids,
        }
        with connection.cursor() as cursor:
            cursor.execute(SPARE_SLOT, parameters)
            row = cursor.fetchone()
        if row is None:
            raise NoSpareSlot
        release_connection()
        time.sleep(max(float(row[0]), 0.0))
