"""Works off a customer's due calls, and says what an error means: for the call, for its customer, for the next
attempt.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from integrations.domain.rules import Skip
from integrations.models import Call, CallState, Customer
from integrations.planfix.errors import PlanfixAccessDenied, PlanfixError, PlanfixRefused, PlanfixUnavailable
from integrations.planfix.tags import CallTags
from integrations.services.delivery import CallDelivery, Delivered, finished
from integrations.services.jobs import deliver_soon, wait_for_intake
from integrations.services.onboarding import call_tags_of
from integrations.services.turn import HeldTurn, TurnLost

log = structlog.get_logger(__name__)

TURN_SECONDS = 20
"""After this time a customer with more calls stands in line again, behind the others."""

FIRST_DELAY_SECONDS = 15
LONGEST_DELAY_SECONDS = 3600
FAILURES_TO_WAIT = 2
"""So many calls in a row that find Planfix unavailable make the whole customer wait; one alone may be that call's own
trouble.
"""


def deliver_due_calls(customer_id: int, *, should_stop: Callable[[], bool]) -> None:
    """Delivers what is due for one customer, for one turn at the most. Safe to run at any time, any number of times."""
    wait_for_intake(customer_id)
    customer = Customer.objects.filter(pk=customer_id, paused_reason="").first()
    if customer is None:
        return
    turn = HeldTurn(customer)
    if not turn.take():
        return
    try:
        _work_off(customer, turn, should_stop)
    except TurnLost:
        log.warning("turn lost", customer_id=customer_id)
    finally:
        turn.give_back()


def customers_with_due_calls() -> list[int]:
    """Whom the sweep must wake: calls due, not paused, not waiting."""
    now = Now()
    return list(
        Call.objects.filter(due_at__lte=now, customer__paused_reason="")
        .filter(Q(customer__turn=None) | Q(customer__turn__retry_at=None) | Q(customer__turn__retry_at__lte=now))
        .values_list("customer_id", flat=True)
        .distinct()
    )


def _work_off(customer: Customer, turn: HeldTurn, should_stop: Callable[[], bool]) -> None:
    turn_ends = time.monotonic() + TURN_SECONDS
    try:
        tags = call_tags_of(customer, wait_for_slot=turn.wait_for_slot)
    except PlanfixError as error:
        _customer_waits(customer, turn, error)
        return
    while not should_stop():
        call = Call.objects.filter(customer=customer, due_at__lte=Now()).order_by("due_at", "pk").first()
        if call is None:
            return
        if not _deliver(call, customer, tags, turn):
            return
        if time.monotonic() > turn_ends:
            break
    deliver_soon(customer.pk)


def _deliver(call: Call, customer: Customer, tags: CallTags, turn: HeldTurn) -> bool:
    """One attempt at one call. Returns whether the customer's next call may be tried now."""
    delivery = CallDelivery(call, customer, tags=tags, wait_for_slot=turn.wait_for_slot)
    try:
        result = delivery.run()
    except PlanfixUnavailable as error:
        delay = _delay(delivery.receipts.attempts, error)
        delivery.finish(reason="unavailable", detail=str(error)[:300], due_at=timezone.now() + timedelta(seconds=delay))
        return _customer_goes_on(turn, error)
    except PlanfixAccessDenied as error:
        delivery.finish(reason="access", detail=str(error)[:300])
        _pause(customer, error)
        return False
    except PlanfixRefused as error:
        delivery.finish(**finished(CallState.FAILED, reason="refused", detail=str(error)))
        log.warning("call refused", customer_id=customer.pk, call_id=call.pk, code=error.code)
        return True
    except (DatabaseError, TurnLost):
        raise
    except Exception as error:
        log.exception("call failed", customer_id=customer.pk, call_id=call.pk)
        delivery.finish(**finished(CallState.FAILED, reason="internal_error", detail=repr(error)))
        return True
    _settle(call, delivery, result)
    turn.went_well()
    return True


def _settle(call: Call, delivery: CallDelivery, result: Delivered | Skip) -> None:
    if isinstance(result, Skip):
        delivery.finish(**finished(CallState.SKIPPED, reason=result.reason, detail=result.detail))
    else:
        delivery.finish(**finished(CallState.DELIVERED), employee_id=result.employee_id)
    log.info("call settled", customer_id=call.customer_id, call_id=call.pk, skipped=isinstance(result, Skip))


def _customer_goes_on(turn: HeldTurn, error: PlanfixUnavailable) -> bool:
    failures = turn.failed()
    if failures < FAILURES_TO_WAIT and not error.daily_limit and error.retry_after is None:
        return True
    turn.wait(_delay(failures, error))
    return False


def _customer_waits(customer: Customer, turn: HeldTurn, error: PlanfixError) -> None:
    """Trouble before any call was touched: all of the customer's calls wait, none is counted as tried."""
    if isinstance(error, PlanfixUnavailable):
        turn.wait(_delay(turn.failed(), error))
    else:
        _pause(customer, error)


def _pause(customer: Customer, error: PlanfixError) -> None:
    Customer.objects.filter(pk=customer.pk).update(paused_reason=error.message)
    log.warning("customer paused", customer_id=customer.pk, code=error.code)


def _delay(attempt: int, error: PlanfixUnavailable) -> float:
    """Seconds until the next attempt: doubling, spread by a fifth, never sooner than Planfix asked for."""
    growing = min(FIRST_DELAY_SECONDS * 2.0 ** min(attempt - 1, 12), LONGEST_DELAY_SECONDS)
    return max(growing * random.uniform(0.8, 1.2), error.retry_after or 0)  # noqa: S311 - spreading load, not secrets
