"""Customers as an import saves them. An import takes fifty queries; a copy of its rows takes five."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from integrations.models import Customer, Employee, ParameterMapping, Secret, WebhookToken
from integrations.services.customers.import_export import import_customer
from sandbox.planfix.account import Account

Row = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    customer: Row
    employees: list[Row]
    mappings: list[Row]


_remembered: dict[str, Rows] = {}


def imported(data: dict[str, Any]) -> Customer:
    """Imports this customer file once per process, and copies the rows of that import from then on.

    Tests whose subject is the import call import_customer.
    """
    key = json.dumps([data, settings.ENCRYPTION_KEYS], sort_keys=True, default=str)
    names_employees = data.get("fallback_employee") or data.get("callback_tasks")
    if names_employees or Customer.objects.filter(name=data["name"]).exists():
        return import_customer(data)
    if key in _remembered:
        return _copied(deepcopy(_remembered[key]))
    customer = import_customer(data)
    _remembered[key] = _rows_of(customer)
    return customer


def copied_for(account: Account, customer: Customer) -> Customer:
    """A copy of the customer for an equal account: with what was discovered, without callback settings."""
    rows = _rows_of(customer)
    access = {"planfix_url": account.url, "planfix_token": Secret.of(account.token)}
    return _copied(replace(rows, customer=rows.customer | access | {"name": account.name}))


def _rows_of(customer: Customer) -> Rows:
    return Rows(
        customer=Customer.objects.values().get(pk=customer.pk),
        employees=list(customer.employees.order_by("pk").values()),
        mappings=list(customer.utm_fields.order_by("pk").values()),
    )


def _copied(rows: Rows) -> Customer:
    customer = Customer.objects.create(**_without_key(rows.customer))
    Employee.objects.bulk_create([Employee(**_of(customer, row)) for row in rows.employees])
    ParameterMapping.objects.bulk_create([ParameterMapping(**_of(customer, row)) for row in rows.mappings])
    WebhookToken.issue(customer)
    return customer


def _of(customer: Customer, row: Row) -> Row:
    return _without_key(row) | {"customer_id": customer.pk}


def _without_key(row: Row) -> Row:
    return {column: value for column, value in row.items() if column != "id"}
