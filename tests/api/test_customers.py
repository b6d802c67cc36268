"""Customers and their status in the read API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from integrations.models import CallState, Customer
from tests.api.test_calls import reader
from tests.factories import make_call, make_customer, make_employee, make_superuser, make_viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing() -> Customer:
    """A customer with a call that failed yesterday, and another whose call is in Planfix."""
    customer = make_customer(name="Zorya Dental")
    make_employee(customer)
    yesterday = timezone.now() - timedelta(hours=20)
    make_call(customer, state=CallState.DELIVERED, started_at=yesterday)
    make_call(customer, state=CallState.FAILED, reason="refused", started_at=yesterday, finished_at=yesterday)
    return customer


def read(user: User) -> list[dict[str, Any]]:
    answer = reader(user).get("/api/v1/customers/")
    assert answer.status_code == 200
    return list(answer.json())


def test_api_customer_has_the_status_of_the_first_page(failing: Customer) -> None:
    make_customer(name="Acme")

    found = {row["customer"]: row for row in read(make_superuser())}

    status = found["Zorya Dental"]["status"]
    others = found["Zorya Dental"]["others"]
    failed = next(issue for issue in [status, *others] if issue["cause"] == "failed")
    assert (failed["level"], failed["count"]) == ("problem", 1)
    assert failed["next_step_url"].endswith(f"/calls/?customer={failing.pk}&state=failed")
    assert (found["Zorya Dental"]["delivered"], found["Zorya Dental"]["failed"]) == (1, 1)
    assert found["Acme"]["status"]["cause"] == "no_employees"


def test_viewer_reads_only_visible_customers_from_the_api(failing: Customer) -> None:
    make_customer(name="Acme")

    assert [row["customer"] for row in read(make_viewer(failing))] == ["Zorya Dental"]


def test_api_queries_do_not_grow_with_the_number_of_customers(
    failing: Customer, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        make_customer(name=f"Customer {number}")

    with django_assert_max_num_queries(16):
        assert len(read(make_superuser())) == 31
