"""The customers of this process's runs, read again only after a change."""

from __future__ import annotations

from functools import lru_cache

from django.db import connection

from integrations.models import Customer
from integrations.services.delivery.sql import CUSTOMER_VERSION

CACHED_CUSTOMERS = 256


def running_customer(customer_id: int) -> Customer | None:
    """The customer with its employees and parameter mappings; None while it is paused.

    Only the thread whose job holds the customer's queue lock may use the object.
    """
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMER_VERSION, [customer_id])
        row = cursor.fetchone()
    return _customer(customer_id, tuple(row[0])) if row else None


@lru_cache(CACHED_CUSTOMERS)
def _customer(customer_id: int, version: tuple[str, ...]) -> Customer | None:
    return Customer.objects.prefetch_related("employees", "utm_fields").filter(pk=customer_id, paused_reason="").first()
