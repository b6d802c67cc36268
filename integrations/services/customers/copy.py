"""Copies a customer's settings to a new customer, without secrets and calls."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.models import Customer
from integrations.services.callback_tasks.settings_file import SECTION, without_employees
from integrations.services.customers.import_export import CustomerFileError, export_customer, import_customer

EMPLOYEE_KEYS = ("employees", "fallback_employee", "routing")
"""Employee IDs and SIP logins belong to one Planfix account and one Ringostat project."""


def copy_customer(customer: Customer, name: str, *, with_employees: bool) -> Customer:
    """The copy, with its own webhook addresses and without secrets.

    Raises CustomerFileError if the name is taken or not valid.
    """
    if Customer.objects.filter(name__iexact=name).exists():
        raise CustomerFileError(_("There is a customer named “%(name)s” already.") % {"name": name})
    data = {**export_customer(customer), "name": name}
    if not with_employees:
        data = {key: value for key, value in data.items() if key not in EMPLOYEE_KEYS}
        data[SECTION] = without_employees(data[SECTION])
    return import_customer(data)
