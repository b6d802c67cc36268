"""The rate limit of a Planfix account. All workers on all machines share it."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection

from integrations.models import Customer
from integrations.services.clients.sql import READ_SLOT
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
