"""A new customer set up like another one. Knows nothing of calls, and takes no secret along."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.models import Customer
from integrations.services.customers.import_export import CustomerFileError, export_customer, import_customer

THEIRS_ALONE = ("employees", "fallback_employee")
"""People have their numbers in one account and one project: they go along only into the same ones."""


def copy_customer(customer: Customer, name: str, *, with_employees: bool) -> Customer:
    """The copy, with webhook addresses of its own; its tokens and keys are still to be typed.

    Raises CustomerFileError for a name that is taken or cannot be one.
    """
    if Customer.objects.filter(name=name).exists():
        raise CustomerFileError(_("There is a customer named “%(name)s” already.") % {"name": name})
    data = {**export_customer(customer), "name": name}
    if not with_employees:
        data = {key: value for key, value in data.items() if key not in THEIRS_ALONE}
    return import_customer(data)
