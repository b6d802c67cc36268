"""The status of a customer is its worst current problem."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import AccountRateLimit, CallState, CatchUpCursor, Customer, DeliveryLease
from integrations.services.customers.webhook_addresses import send_test_event
from integrations.services.monitoring.customer_health import Health, HealthStatus, calls_per_day, health_of
from tests.factories import call_facts, make_call, make_customer, make_event

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def ago(time: timedelta) -> datetime:
    return timezone.now() - time


def paused(customer: Customer, **more: object) -> None:
    Customer.objects.filter(pk=customer.pk).update(paused_reason="The account is frozen.", paused_at=ago(HOUR), **more)


def failed(customer: Customer, when: timedelta) -> None:
    make_call(customer, state=CallState.FAILED, finished_at=ago(when))


def waiting(customer: Customer, since: timedelta) -> None:
    make_call(customer, state=CallState.PENDING, due_since=ago(since))


def unreadable(customer: Customer, since: timedelta) -> None:
    CatchUpCursor.objects.create(
        customer=customer, read_until=ago(DAY), trouble="The Auth-key is wrong.", trouble_since=ago(since)
    )


def asked_again_soon(customer: Customer) -> None:
    holder = "00000000-0000-0000-0000-000000000000"
    DeliveryLease.objects.create(customer=customer, holder=holder, held_until=ago(MINUTE), retry_at=ago(-MINUTE))


def seen(customer: Customer) -> None:
    make_event(make_call(customer), received_at=ago(MINUTE))


HAPPENED: dict[str, tuple[Callable[[Customer], object], HealthStatus]] = {
    "nothing": (lambda customer: None, HealthStatus.NEW),
    "a test event": (send_test_event, HealthStatus.NEW),
    "a webhook": (seen, HealthStatus.CONNECTED),
    "Planfix refused the access": (paused, HealthStatus.PAUSED),
    "a person paused it": (lambda customer: paused(customer, paused_by_hand=True), HealthStatus.PAUSED_BY_HAND),
    "a call failed lately": (lambda customer: failed(customer, HOUR), HealthStatus.FAILED),
    "a call failed long ago": (lambda customer: failed(customer, 2 * DAY), HealthStatus.NEW),
    "a call is late": (lambda customer: waiting(customer, HOUR), HealthStatus.LATE),
    "a call waits for a moment": (lambda customer: waiting(customer, MINUTE), HealthStatus.NEW),
    "the call list has been unreadable": (
        lambda customer: unreadable(customer, HOUR),
        HealthStatus.CALL_LIST_UNREADABLE,
    ),
    "the call list was not read once": (lambda customer: unreadable(customer, MINUTE), HealthStatus.NEW),
    "Planfix did not answer": (asked_again_soon, HealthStatus.WAITING),
}


def only() -> Health:
    return health_of(Customer.objects.all())[0]


@pytest.mark.parametrize("happened", HAPPENED)
def test_the_status_is_the_worst_current_problem(happened: str) -> None:
    happens, status = HAPPENED[happened]
    happens(make_customer())

    assert only().status is status


def test_worst_of_several_problems_is_the_status() -> None:
    customer = make_customer()
    for happens in (seen, asked_again_soon):
        happens(customer)
    failed(customer, HOUR)
    waiting(customer, HOUR)

    assert only().status is HealthStatus.FAILED
    assert (only().pending, only().failed) == (1, 1)


def test_customers_are_ordered_by_problem_and_name() -> None:
    names = ["C well", "B well", "A late", "Z paused"]
    customers = {name: make_customer(name=name) for name in names}
    for customer in customers.values():
        seen(customer)
    waiting(customers["A late"], HOUR)
    paused(customers["Z paused"])

    assert [health.customer.name for health in health_of(Customer.objects.all())] == [
        "Z paused",
        "A late",
        "B well",
        "C well",
    ]


def test_requests_left_are_shown_only_if_read_today() -> None:
    customer, other = make_customer(), make_customer(planfix_url="https://other.planfix.com")
    AccountRateLimit.objects.create(account=customer.planfix_account, next_request_at=timezone.now(), requests_left=41)
    AccountRateLimit.objects.create(account=other.planfix_account, next_request_at=ago(2 * DAY), requests_left=7)

    left = {health.customer: health.requests_left for health in health_of(Customer.objects.all())}

    assert left == {customer: 41, other: None}


def test_the_number_of_queries_does_not_grow_with_the_customers() -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            found = health_of(Customer.objects.all())
            calls_per_day([health.customer for health in found], 14)
        return len(captured)

    seen(make_customer())
    few = queries()
    for _ in range(5):
        seen(make_customer())

    assert queries() == few


def test_calls_are_counted_by_the_days_of_the_customers_own_zone() -> None:
    customer = make_customer(timezone="Pacific/Auckland")
    start = timezone.now().astimezone(customer.zone).replace(hour=0, minute=30)
    make_call(customer, call_facts(exact_start=start))
    make_call(customer, call_facts(exact_start=start - HOUR))
    make_call(customer, call_facts(exact_start=start - 40 * DAY))
    make_call(make_customer(), call_facts(exact_start=start))

    days = calls_per_day([customer], 14)[customer.pk]

    assert [calls for _day, calls in days] == [0] * 12 + [1, 1]
    assert days[-1][0].date() == start.date()
