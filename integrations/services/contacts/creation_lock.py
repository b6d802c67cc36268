"""The lock that a customer holds while it creates the contact of a number in its Planfix account.

The delivery lease makes one customer's search reliable. Customers that share an account have separate leases, so two of
them could create the same contact without this lock.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from integrations.models import Customer
from integrations.planfix.http.errors import PlanfixUnavailable
from integrations.services.contacts.sql import ACQUIRE_CREATION_LOCK

HELD_FOR = timedelta(minutes=10)
"""Longer than it takes to create the contact, and to try once more if the response was lost."""


def acquire_creation_lock(customer: Customer, number: str, *, searched_for: float) -> None:
    """Call it after a search that began `searched_for` seconds ago and found no contact.

    Raises PlanfixUnavailable when another customer of the account has held the lock since the search began: that one
    may have created the contact after the search. The next attempt finds it.
    """
    parameters: dict[str, Any] = {
        "account": customer.planfix_account,
        "number": number,
        "customer": customer.pk,
        "held_for": HELD_FOR,
        "searched_for": timedelta(seconds=searched_for),
    }
    with connection.cursor() as cursor:
        cursor.execute(ACQUIRE_CREATION_LOCK, parameters)
        if cursor.fetchone() is None:
            raise PlanfixUnavailable("Another customer of this Planfix account is creating the contact of this number.")
