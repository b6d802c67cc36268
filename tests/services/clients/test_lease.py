"""Leave to write to Planfix: one worker per customer, and the account's pace whoever asks."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.models import AccountRateLimit, Customer, DeliveryLease
from integrations.services.clients.lease import HeldLease, LeaseLost, acquire_read_slot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customer() -> Customer:
    return Customer.objects.create(name="Acme", planfix_url="https://acme.planfix.com", requests_per_second=20)


def test_a_turn_is_held_by_one_worker(customer: Customer) -> None:
    assert HeldLease(customer).take()
    assert not HeldLease(customer).take()


def test_a_turn_given_back_can_be_taken(customer: Customer) -> None:
    first = HeldLease(customer)
    first.take()
    first.give_back()
    assert HeldLease(customer).take()


def test_a_turn_whose_lease_ran_out_is_taken_over_and_its_last_holder_must_stop(customer: Customer) -> None:
    first, second = HeldLease(customer), HeldLease(customer)
    first.take()
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert second.take()
    with pytest.raises(LeaseLost):
        first.acquire_slot(1)


def test_a_request_renews_the_lease(customer: Customer) -> None:
    turn = HeldLease(customer)
    turn.take()
    DeliveryLease.objects.update(held_until=timezone.now())
    turn.acquire_slot(1)
    assert not HeldLease(customer).take()


def test_who_was_held_up_before_it_could_send_asks_again_whether_it_may(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = HeldLease(customer), HeldLease(customer)
    first.take()

    def stand_still() -> None:
        time.sleep(0.02)
        DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
        assert second.take()

    monkeypatch.setattr("integrations.services.clients.lease.SLACK_SECONDS", 0.02)
    monkeypatch.setattr("integrations.services.clients.lease.give_connection_back", stand_still)
    with pytest.raises(LeaseLost):
        first.acquire_slot(1)


def test_a_customer_that_waits_gets_no_turn_before_its_time(customer: Customer) -> None:
    turn = HeldLease(customer)
    turn.take()
    turn.wait(60)
    turn.give_back()
    assert not HeldLease(customer).take()
    DeliveryLease.objects.update(retry_at=timezone.now())
    assert HeldLease(customer).take()


def test_who_has_lost_its_turn_makes_nobody_wait(customer: Customer) -> None:
    first, second = HeldLease(customer), HeldLease(customer)
    first.take()
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    second.take()
    first.wait(60)
    second.give_back()
    assert HeldLease(customer).take()


def test_of_many_workers_at_once_one_gets_the_turn(customer: Customer) -> None:
    barrier = threading.Barrier(8)

    def take(_: int) -> bool:
        barrier.wait()
        try:
            return HeldLease(customer).take()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == [False] * 7 + [True]


def test_two_customers_of_one_account_share_its_pace_and_no_second_sees_more_than_the_rate() -> None:
    rate = 20.0
    customers = [
        Customer.objects.create(name=name, planfix_url=url, requests_per_second=rate)
        for name, url in [("One", "https://acme.planfix.com"), ("Two", "https://ACME.planfix.com/rest/")]
    ]
    sent: list[float] = []

    def work(customer: Customer) -> None:
        turn = HeldLease(customer)
        turn.take()
        try:
            for _ in range(15):
                turn.acquire_slot(1)
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


def test_an_account_at_rest_is_asked_at_once(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = HeldLease(customer)
    turn.take()
    turn.acquire_slot(1)
    turn.give_back()
    AccountRateLimit.objects.update(next_request_at=timezone.now() - timedelta(hours=1))
    turn = HeldLease(customer)
    turn.take()
    waits: list[float] = []
    monkeypatch.setattr("integrations.services.clients.lease.time.sleep", waits.append)
    turn.acquire_slot(1)
    assert waits == [0]


def test_who_only_reads_keeps_the_accounts_pace_without_a_turn(customer: Customer) -> None:
    turn = HeldLease(customer)
    turn.take()
    turn.acquire_slot(1)
    began = time.monotonic()

    for _ in range(3):
        acquire_read_slot(customer, 1)

    assert time.monotonic() - began >= 2 / customer.requests_per_second
    assert DeliveryLease.objects.get().held_until > timezone.now()


@pytest.mark.parametrize("same_turn", [True, False])
def test_after_a_request_that_left_late_the_next_one_waits_for_its_full_gap(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, same_turn: bool
) -> None:
    turn, late = HeldLease(customer), [0.04]
    sleep = time.sleep
    monkeypatch.setattr(
        "integrations.services.clients.lease.time.sleep", lambda seconds: sleep(seconds + (late.pop() if late else 0))
    )
    turn.take()
    turn.acquire_slot(1)
    sent = time.monotonic()
    if not same_turn:
        turn.give_back()
        turn = HeldLease(customer)
        turn.take()
    turn.acquire_slot(1)

    assert time.monotonic() - sent >= 1 / customer.requests_per_second
