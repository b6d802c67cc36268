"""How many webhook requests of the last week were not understood, and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Customer, EventResult, WebhookEvent
from integrations.services.monitoring.not_understood import (
    CommonProblem,
    NotUnderstoodRequests,
    not_understood_last_week,
)
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def stored(customer: Customer, problem: str, *, days_ago: int = 0, result: str = EventResult.NOT_UNDERSTOOD) -> int:
    at = timezone.now() - timedelta(days=days_ago)
    event = WebhookEvent.objects.create(
        customer=customer, received_at=at, method="POST", body=b"", result=result, problem=problem
    )
    return event.pk


def test_requests_not_understood_are_counted_by_customer_and_problem() -> None:
    one, other = make_customer(name="One"), make_customer(name="Other")
    stored(one, "no_call_id", days_ago=8)
    stored(one, "", result=EventResult.IGNORED)
    newest = [stored(one, "no_call_id", days_ago=6) and stored(one, "no_call_id"), stored(one, "invalid_json")]

    assert not_understood_last_week([one.pk, other.pk]) == {
        one.pk: NotUnderstoodRequests(
            requests=3,
            problems=(
                CommonProblem(problem="no_call_id", requests=2, newest_event=newest[0]),
                CommonProblem(problem="invalid_json", requests=1, newest_event=newest[1]),
            ),
        )
    }


def test_three_commonest_problems_are_named_and_all_requests_are_counted() -> None:
    customer = make_customer()
    for times, problem in enumerate(("cut_off", "too_deep", "invalid_json", "no_call_id"), start=1):
        for _ in range(times):
            stored(customer, problem)

    found = not_understood_last_week([customer.pk])[customer.pk]

    assert found.requests == 10
    assert [one.problem for one in found.problems] == ["no_call_id", "invalid_json", "too_deep"]


def test_requests_not_understood_are_counted_in_one_query_for_all_customers() -> None:
    customers = [make_customer(name=f"Customer {number}") for number in range(3)]
    for customer in customers:
        stored(customer, "no_call_id")

    with CaptureQueriesContext(
        connection,
    ) as queries:
        not_understood_last_week([customer.pk for customer in customers])

    assert len(queries) == 1
