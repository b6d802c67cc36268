"""A worker that was held up for longer than its lease, and comes back while another one is at its call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Call, CallState, Delivery, DeliveryLease, Step
from integrations.planfix.call_tags.schema import CallTags
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import logged_client
from integrations.services.delivery.call_delivery import CallDelivery
from integrations.services.delivery.outcome import finished
from integrations.services.delivery.receipts import ReceiptBook, begin_attempt
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, answered


def test_receipts_of_an_attempt_after_which_another_has_begun_are_not_stored(scenario: Scenario) -> None:
    scenario.post(answered())
    call = scenario.customer.calls.get()
    late = begun(call, next_turn(scenario))
    turn = next_turn(scenario)
    newer = begun(call, turn)
    newer.note(unclear=Step.TAG)
    turn.acquire_slot(1, newer.unstored())
    late.note(comment_id=1, unclear=Step.COMMENT)
    turn.acquire_slot(1, late.unstored())

    stored = Delivery.objects.get()
    assert (stored.comment_id, stored.unclear) == (None, Step.TAG)


def test_where_a_call_stands_is_said_by_the_attempt_that_began_last(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    call = scenario.call(CALL_ID)
    Call.objects.update(state=CallState.PENDING, due_at=call.received_at)
    late, newer = (attempt(scenario, Call.objects.get()) for _ in range(2))
    newer.finish(**finished(CallState.DELIVERED))
    late.finish(**finished(CallState.FAILED))

    assert scenario.call(CALL_ID).state == CallState.DELIVERED


def test_who_has_lost_its_turn_begins_no_attempt_beside_its_successors(scenario: Scenario) -> None:
    scenario.post(answered())
    call = scenario.customer.calls.get()
    late, turn = next_turn(scenario), next_turn(scenario)
    newer = begun(call, turn)
    with pytest.raises(LeaseLost):
        begun(call, late)
    newer.note(comment_id=1)
    turn.acquire_slot(1, newer.unstored())

    assert Delivery.objects.get().comment_id == 1


def next_turn(scenario: Scenario) -> HeldLease:
    """Taken from whoever has it, as if that one's time had run out."""
    DeliveryLease.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    turn = HeldLease(scenario.customer)
    assert turn.take()
    return turn


def begun(call: Call, turn: HeldLease) -> ReceiptBook:
    return ReceiptBook(call, begin_attempt(call, turn))


def attempt(scenario: Scenario, call: Call) -> CallDelivery:
    scenario.customer.refresh_from_db()
    return CallDelivery(
        call,
        scenario.customer,
        planfix=logged_client(scenario.customer),
        tags=CallTags.from_json(scenario.customer.planfix_tags or {}),
        book=begun(call, next_turn(scenario)),
    )
