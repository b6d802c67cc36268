"""A worker stands still for longer than its lease and continues while another one delivers its call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Call, CallState, Delivery, DeliveryLease, Step
from integrations.planfix.call_tags.schema import CallTags
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import logged_client
from integrations.services.delivery.attempt import (
    Attempt,
    ReceiptBook,
    begin_next_attempt,
    finished,
    save_attempt_result,
)
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, answered


def test_receipts_of_an_older_attempt_are_not_stored(scenario: Scenario) -> None:
    scenario.post(answered())
    late = begun(next_lease(scenario))
    lease = next_lease(scenario)
    newer = begun(lease)
    newer.note(in_flight_step=Step.TAG)
    lease.acquire_slot(1, newer.take_unstored())
    late.note(comment_id=1, in_flight_step=Step.COMMENT)
    lease.acquire_slot(1, late.take_unstored())

    stored = Delivery.objects.get()
    assert (stored.comment_id, stored.in_flight_step) == (None, Step.TAG)


def test_the_attempt_that_began_last_sets_the_calls_state(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    call = scenario.call(CALL_ID)
    Call.objects.update(state=CallState.PENDING, due_at=call.received_at)
    late, newer = (attempt(scenario) for _ in range(2))
    save_attempt_result(newer, finished(CallState.DELIVERED))
    save_attempt_result(late, finished(CallState.FAILED))

    assert scenario.call(CALL_ID).state == CallState.DELIVERED


def test_a_worker_without_its_lease_cannot_begin_an_attempt(scenario: Scenario) -> None:
    scenario.post(answered())
    late, lease = next_lease(scenario), next_lease(scenario)
    newer = begun(lease)
    with pytest.raises(LeaseLost):
        begun(late)
    newer.note(comment_id=1)
    lease.acquire_slot(1, newer.take_unstored())

    assert Delivery.objects.get().comment_id == 1


def test_the_result_of_the_last_due_call_ends_the_lease(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.post(answered(uniqueid="next.1"))
    scenario.post(answered(uniqueid="next.2"))
    lease = next_lease(scenario)
    save_attempt_result(attempt_under(lease), finished(CallState.DELIVERED), lease=lease)
    assert lease.is_held
    assert not HeldLease(scenario.customer).acquire()

    save_attempt_result(attempt_under(lease), finished(CallState.DELIVERED), lease=lease)

    assert not lease.is_held
    assert HeldLease(scenario.customer).acquire()


def next_lease(scenario: Scenario) -> HeldLease:
    """A new lease, acquired after the last one has expired."""
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    lease = HeldLease(scenario.customer)
    assert lease.acquire()
    return lease


def begun(lease: HeldLease) -> ReceiptBook:
    """An attempt at the only call, which stays due."""
    found = begin_next_attempt(lease)
    assert found
    return ReceiptBook(*found[:2])


def attempt(scenario: Scenario) -> Attempt:
    scenario.customer.refresh_from_db()
    return attempt_under(next_lease(scenario))


def attempt_under(lease: HeldLease) -> Attempt:
    book = begun(lease)
    return Attempt(
        call=book.call,
        facts=book.call.folded,
        customer=lease.customer,
        planfix=logged_client(lease.customer),
        tags=CallTags.from_json(lease.customer.planfix_tags or {}),
        book=book,
    )
