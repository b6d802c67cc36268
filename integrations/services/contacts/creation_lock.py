"""Leave to make a number's contact in an account. One worker at a time writes for a customer, so that its look for the
contact is conclusive; but two customers may share an account, and each has a worker of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from integrations.models import Customer
from integrations.planfix.http.errors import PlanfixUnavailable

HELD_FOR = timedelta(minutes=10)
"""Longer than it takes to send the contact, and to try once more if the answer was lost."""

CLAIM = """
    INSERT INTO integrations_contactclaim AS claim (account, number, customer_id, held_until)
    VALUES (%(account)s, %(number)s, %(customer)s, clock_timestamp() + %(held_for)s)
    ON CONFLICT (account, number) DO UPDATE
       SET customer_id = EXCLUDED.customer_id, held_until = EXCLUDED.held_until
     WHERE claim.customer_id = EXCLUDED.customer_id OR claim.held_until < clock_timestamp() - %(searched_for)s
    RETURNING id
"""


def claim_contact(customer: Customer, number: str, *, searched_for: float) -> None:
    """For whom no contact was found by a search that began so many seconds ago.

    Raises PlanfixUnavailable when another customer of the account had leave at any moment since: that one may have made
    the contact after it was searched for. Whoever comes back later finds it.
    """
    parameters: dict[str, Any] = {
        "account": customer.planfix_account,
        "number": number,
        "customer": customer.pk,
        "held_for": HELD_FOR,
        "searched_for": timedelta(seconds=searched_for),
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, parameters)
        if cursor.fetchone() is None:
            raise PlanfixUnavailable("Another customer of this Planfix account is making the contact of this number.")
