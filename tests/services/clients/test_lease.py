"""One worker per customer writes to Planfix, and all requests keep the account's rate limit."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import AccountRateLimit, Customer, DeliveryLease
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.rate_limit import acquire_read_slot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer() -> Customer:
    return Customer.objects.create(name="Acme", planfix_url="https://acme.planfix.com", requests_per_second=20)


def test_only_one_worker_holds_the_delivery_lease(customer: Customer) -> None:
    assert HeldLease(customer).acquire()
    assert not HeldLease(customer).acquire()


def test_released_delivery_lease_can_be_acquired(customer: Customer) -> None:
    first = HeldLease(customer)
    first.acquire()
    first.release()
    assert HeldLease(customer).acquire()


def test_expired_lease_can_be_acquired_and_its_former_holder_must_stop(customer: Customer) -> None:
    first, second = HeldLease(customer), HeldLease(customer)
    first.acquire()
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert second.acquire()
    with pytest.raises(LeaseLost):
        first.acquire_slot(1)


def test_each_request_extends_the_delivery_lease(customer: Customer) -> None:
    lease = HeldLease(customer)
    lease.acquire()
    DeliveryLease.objects.update(held_until=timezone.now())
    lease.acquire_slot(1)
    assert not HeldLease(customer).acquire()


def test_a_worker_that_stood_still_before_its_request_checks_its_lease_again(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = HeldLease(customer), HeldLease(customer)
    first.acquire()

    def stand_still() -> None:
        time.sleep(0.02)
        DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
        assert second.acquire()

    monkeypatch.setattr("integrations.services.clients.lease.SLACK_SECONDS", 0.02)
    monkeypatch.setattr("integrations.services.clients.lease.release_connection", stand_still)
    with pytest.raises(LeaseLost):
        first.acquire_slot(1)


def test_no_worker_gets_the_lease_of_a_postponed_customer(customer: Customer) -> None:
    lease = HeldLease(customer)
    lease.acquire()
    lease.postpone(60)
    lease.release()
    assert not HeldLease(customer).acquire()
    DeliveryLease.objects.update(retry_at=timezone.now())
    assert HeldLease(customer).acquire()


def test_a_worker_without_its_lease_cannot_postpone_the_customer(customer: Customer) -> None:
    first, second = HeldLease(customer), HeldLease(customer)
    first.acquire()
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    second.acquire()
    first.postpone(60)
    second.release()
    assert HeldLease(customer).acquire()


def test_exactly_one_of_many_workers_gets_the_lease(customer: Customer) -> None:
    barrier = threading.Barrier(8)

    def acquire(_: int) -> bool:
        barrier.wait()
        try:
            return HeldLease(customer).acquire()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(acquire, range(8))) == [False] * 7 + [True]


def test_two_customers_of_one_account_share_its_rate_limit() -> None:
    rate = 20.0
    customers = [
        Customer.objects.create(name=name, planfix_url=url, requests_per_second=rate)
        for name, url in [("One", "https://acme.planfix.com"), ("Two", "https://ACME.planfix.com/rest/")]
    ]
    sent: list[float] = []

    def work(customer: Customer) -> None:
        lease = HeldLease(customer)
        lease.acquire()
        try:
            for _ in range(15):
                lease.acquire_slot(1)
                sent.append(time.monotonic())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, customers))

    sent.sort()
    assert len(sent) == 30
    # Slots are kept in the database, so none can be given twice; threads may wake late, never early.
    assert sent[-1] - sent[0] >= 28 / rate
    assert AccountRateLimit.objects.count() == 1


def test_the_first_request_to_an_idle_account_does_not_wait(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = HeldLease(customer)
    lease.acquire()
    lease.acquire_slot(1)
    lease.release()
    AccountRateLimit.objects.update(next_request_at=timezone.now() - timedelta(hours=1))
    lease = HeldLease(customer)
    lease.acquire()
    waits: list[float] = []
    monkeypatch.setattr("integrations.services.clients.lease.time.sleep", waits.append)
    lease.acquire_slot(1)
    assert waits == [0]


def test_read_requests_keep_the_rate_limit_without_a_lease(customer: Customer) -> None:
    lease = HeldLease(customer)
    lease.acquire()
    lease.acquire_slot(1)
    began = time.monotonic()

    for _ in range(3):
        acquire_read_slot(customer, 1)

    assert time.monotonic() - began >= 2 / customer.requests_per_second
    assert DeliveryLease.objects.get().held_until > timezone.now()


@pytest.mark.parametrize("same_lease", [True, False])
def test_the_request_after_a_late_one_waits_for_the_full_interval(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, same_lease: bool
) -> None:
    lease, late = HeldLease(customer), [0.04]
    sleep = time.sleep
    monkeypatch.setattr(
        "integrations.services.clients.lease.time.sleep", lambda seconds: sleep(seconds + (late.pop() if late else 0))
    )
    lease.acquire()
    lease.acquire_slot(1)
    sent = time.monotonic()
    if not same_lease:
        lease.release()
        lease = HeldLease(customer)
        lease.acquire()
    lease.acquire_slot(1)

    assert time.monotonic() - sent >= 1 / customer.requests_per_second
