"""Numbers of a customer whose calls are nobody's business in Planfix: a courier, an alarm, the company itself."""

from __future__ import annotations

from django.db import transaction

from integrations.domain.phones import normalize
from integrations.models import Customer


def ignore_number(customer_id: int, number: str) -> bool:
    """Adds the number to the customer's ignored ones. Calls that wait are skipped when their turn comes.

    False when it stands there already, in whatever spelling. Raises ValueError for what is no phone number.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
        full = normalize(number, customer.region)
        if full is None:
            raise ValueError(number)
        if full in customer.rules.ignored_numbers:
            return False
        customer.ignored_numbers.append(full)
        customer.save(update_fields=["ignored_numbers"])
    return True
