"""A cached customer is read again after a change, and only then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.models import Customer, Employee, ParameterMapping
from integrations.services.delivery.customer_run import running_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    customer = Customer.objects.create(name="Acme", planfix_url="https://acme.planfix.com")
    Employee.objects.create(customer=customer, name="Iryna", planfix_user_id=5)
    ParameterMapping.objects.create(customer=customer, parameter="utm_source", field="Source")
    return customer


def served(customer: Customer) -> Customer:
    found = running_customer(customer.pk)
    assert found
    return found[0]


def names(customer: Customer) -> list[str]:
    return [*(who.name for who in customer.employees.all()), *(utm.field for utm in customer.utm_fields.all())]


def test_unchanged_customer_is_read_from_the_database_once(customer: Customer) -> None:
    assert served(customer) is served(customer)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda: Employee.objects.update(name="Olha"), ["Olha", "Source"]),
        (lambda: Employee.objects.all().delete(), ["Source"]),
        (lambda: ParameterMapping.objects.update(field="Campaign"), ["Iryna", "Campaign"]),
        (lambda: ParameterMapping.objects.all().delete(), ["Iryna"]),
        (
            lambda: Employee.objects.create(customer=Customer.objects.get(), name="Petro", planfix_user_id=6),
            ["Iryna", "Petro", "Source"],
        ),
    ],
)
def test_a_change_of_employees_or_mappings_reads_the_customer_again(
    customer: Customer, change: Callable[[], object], expected: list[str]
) -> None:
    assert names(served(customer)) == ["Iryna", "Source"]
    change()

    assert names(served(customer)) == expected


def test_each_change_of_the_customer_reads_it_again_even_within_one_transaction(customer: Customer) -> None:
    for rate in (2, 3, 4):
        Customer.objects.update(requests_per_second=rate)
        assert served(customer).requests_per_second == rate


def test_a_paused_customer_is_not_cached_and_returns_after_its_pause(customer: Customer) -> None:
    assert running_customer(customer.pk)
    Customer.objects.update(paused_reason="The token is wrong.")
    assert running_customer(customer.pk) is None
    Customer.objects.update(paused_reason="")

    assert running_customer(customer.pk)
