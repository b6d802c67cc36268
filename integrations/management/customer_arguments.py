"""The customers that a command is about."""

from __future__ import annotations

from django.core.management.base import CommandError

from integrations.models import Customer


def named_customers(name: str | None) -> list[Customer]:
    """The customer of that name, or all customers without a name. Raises CommandError for an unknown name."""
    if name is None:
        return list(Customer.objects.order_by("name"))
    customer = Customer.objects.filter(name=name).first()
    if customer is None:
        raise CommandError(f"There is no customer named “{name}”.")
    return [customer]
