"""Works off a customer's due calls, and says what an error means: for the call, for its customer, for the next
attempt.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from requests import Session

from integrations.domain.reasons import Reason
from integrations.domain.rules import Skip
from integrations.models import Call, CallState, Customer
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixUnavailable
from integrations.planfix.http.masking import masked_text
from integrations.planfix.rights import is_missing_right
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import planfix_client, planfix_session
from integrations.services.customers.account_discovery import call_tags_of
from integrations.services.delivery.call_delivery import ATTEMPTS_AT_ADDITIONS, CallDelivery
from integrations.services.delivery.customer_cache import customer_to_serve
from integrations.services.delivery.outcome import finished
from integrations.services.delivery.pause import pause
from integrations.services.delivery.receipts import ReceiptBook, begin_attempt
from integrations.services.queue.defer import deliver_soon, wait_for_intake

log = structlog.get_logger(__name__)

TURN_SECONDS = 20
"""After this time a customer with more calls stands in line again, behind the others."""

LONGEST_DELAY_SECONDS = 3600
DAILY_LIMIT_SECONDS = (1800, 3600)
"""When an account's day begins anew is not documented: it is asked so rarely that asking costs next to nothing of it.
"""
FAILURES_TO_WAIT = 2
"""So many calls in a row that find Planfix unavailable make the whole customer wait; one alone may be that call's own
trouble.
"""
LONGEST_HOLD_UP_SECONDS = 300
"""A customer waits no longer than this without asking again: a call that comes now should not pay for the last night.
"""

Trouble = PlanfixUnavailable | PlanfixAccessDenied
"""What one call met and the customer's other calls may meet as well."""

COLUMNS = [field.attname for field in Call._meta.concrete_fields]
NEXT_CALL = f"""
    SELECT {", ".join(COLUMNS)} FROM integrations_call
     WHERE customer_id = %s AND due_at <= statement_timestamp()
     ORDER BY due_at, id
     LIMIT 1
"""  # noqa: S608 - the model's own columns


def deliver_due_calls(customer_id: int, *, should_stop: Callable[[], bool]) -> None:
    """Delivers what is due for one customer, for one turn at the most. Safe to run at any time, any number of times."""
    wait_for_intake(customer_id)
    customer = customer_to_serve(customer_id)
    if customer is None:
        return
    turn = HeldLease(customer)
    if not turn.take():
        return
    try:
        _work_off(customer, turn, should_stop)
    except LeaseLost:
        log.warning("turn lost", customer_id=customer_id)
    finally:
        turn.give_back()


def customers_with_due_calls() -> list[int]:
    """Whom the sweep must wake: calls due, not paused, not waiting, and nobody at it. One look into the index of due
    calls for each customer, however many there are.
    """
    now = Now()
    due = Call.objects.filter(customer=OuterRef("pk"), due_at__lte=now)
    return list(
        Customer.objects.filter(Exists(due), paused_reason="")
        .filter(Q(delivery_lease=None) | Q(delivery_lease__held_until__lte=now))
        .filter(Q(delivery_lease__retry_at=None) | Q(delivery_lease__retry_at__lte=now))
        .values_list("pk", flat=True)
    )


def try_one_call(customer: Customer, turn: HeldLease) -> PlanfixError | None:
    """One attempt at the customer's next call. What it met that may stand in the way of others too, or None."""
    try:
        tags = call_tags_of(customer, acquire_slot=turn.acquire_slot)
    except PlanfixError as error:
        return error
    call = _next_call(customer)
    return _deliver(call, customer, tags, turn, planfix_session(customer)) if call else None


def _work_off(customer: Customer, turn: HeldLease, should_stop: Callable[[], bool]) -> None:
    turn_ends = time.monotonic() + TURN_SECONDS
    try:
        tags = call_tags_of(customer, acquire_slot=turn.acquire_slot)
    except PlanfixError as error:
        # Before any call was touched: all of them wait, and none is counted as tried.
        turn.failed()
        _hold_up(customer, turn, error)
        return
    session = planfix_session(customer)
    while not should_stop():
        call = _next_call(customer)
        if call is None:
            return
        trouble = _deliver(call, customer, tags, turn, session)
        if trouble and not _goes_on(customer, turn, trouble):
            return
        if time.monotonic() > turn_ends:
            break
    deliver_soon(customer.pk)


def _next_call(customer: Customer) -> Call | None:
    """The one that is due for longest. In SQL of our own: Django takes longer to write it than PostgreSQL to answer."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_CALL, [customer.pk])
        row = cursor.fetchone()
    if row is None:
        return None
    values = dict(zip(COLUMNS, row, strict=True))
    return Call(**values | {"facts": json.loads(values["facts"])})


def _deliver(call: Call, customer: Customer, tags: CallTags, turn: HeldLease, session: Session) -> Trouble | None:
    """One attempt at one call, or at what came later for it."""
    delivery = _begun(call, customer, tags, turn, session)
    try:
        columns = _follow_up(delivery) if call.state == CallState.DELIVERED else _hand_over(delivery)
    except (OperationalError, InterfaceError, LeaseLost):
        raise
    except Exception as error:
        return _end_in_trouble(delivery, error)
    delivery.finish(**columns)
    log.info("call settled", customer_id=customer.pk, call_id=call.pk, state=columns.get("state", call.state))
    turn.went_well()
    return None


def _begun(call: Call, customer: Customer, tags: CallTags, turn: HeldLease, session: Session) -> CallDelivery:
    # The client first: an attempt that fails for want of the key which opens the token is none of the call's.
    planfix = planfix_client(
        customer,
        session=session,
        pace=lambda seconds: turn.acquire_slot(seconds, book.unstored()),
        observe=lambda exchange: book.log(exchange),
    )
    book = ReceiptBook(call, begin_attempt(call, turn), looks_first=_looks_first(call, customer))
    return CallDelivery(call, customer, planfix=planfix, tags=tags, book=book)


def _end_in_trouble(delivery: CallDelivery, error: Exception) -> Trouble | None:
    """Stores what an error means for the call; returns it if it may be the other calls' trouble too."""
    call, attempts = delivery.call, delivery.receipts.attempts
    if isinstance(error, PlanfixUnavailable):
        delay = timedelta(seconds=_delay(attempts, error, longest=LONGEST_DELAY_SECONDS))
        delivery.finish(**_troubled(call, Reason.UNAVAILABLE, error), due_in=delay)
        return error
    if isinstance(error, PlanfixAccessDenied):
        if call.state == CallState.DELIVERED and is_missing_right(error):
            delivery.finish(**_put_off(call, error, attempts))
            return None
        delivery.finish(**_troubled(call, Reason.ACCESS_DENIED, error))
        return error
    if isinstance(error, PlanfixError):
        log.warning("call refused", customer_id=call.customer_id, call_id=call.pk, code=error.code)
        delivery.finish(**_given_up(call, Reason.REFUSED, error))
        return None
    log.error("call failed", customer_id=call.customer_id, call_id=call.pk, exc_info=error)
    delivery.finish(**_given_up(call, Reason.INTERNAL_ERROR, error))
    return None


def _looks_first(call: Call, customer: Customer) -> bool:
    return customer.look_first_before is not None and call.started_at < customer.look_first_before


def _hand_over(delivery: CallDelivery) -> dict[str, object]:
    result = delivery.run()
    if isinstance(result, Skip):
        return finished(CallState.SKIPPED, reason=result.reason, detail=result.detail)
    return {
        **finished(CallState.DELIVERED),
        "outcome": result.outcome,
        "employee_id": result.employee_id,
        "due_in": result.look_again,
    }


def _follow_up(delivery: CallDelivery) -> dict[str, object]:
    return {"due_in": delivery.follow_up(), "reason": "", "detail": ""}


def _troubled(call: Call, reason: str, error: PlanfixError) -> dict[str, object]:
    """Why a call waits. A delivered one stays delivered, without a reason: only its addition waits."""
    if call.state == CallState.DELIVERED:
        return {"reason": "", "detail": ""}
    return {"reason": reason, "detail": str(error)[:300]}


def _given_up(call: Call, reason: str, error: Exception) -> dict[str, object]:
    detail = masked_text(str(error) or repr(error))
    if call.state == CallState.DELIVERED:
        return {"due_in": None, "reason": Reason.NOT_ADDED, "detail": detail[:300]}
    return finished(CallState.FAILED, reason=reason, detail=detail)


def _put_off(call: Call, error: PlanfixError, attempts: int) -> dict[str, object]:
    """What comes later may need a right that nothing else does: it waits for it, and the customer's calls do not."""
    given_up = _given_up(call, Reason.ACCESS_DENIED, error)
    if attempts >= ATTEMPTS_AT_ADDITIONS:
        return given_up
    return given_up | {"due_in": timedelta(seconds=_growing(attempts, longest=LONGEST_DELAY_SECONDS))}


def _goes_on(customer: Customer, turn: HeldLease, trouble: Trouble) -> bool:
    """May the customer's next call be tried now, after this one could not be delivered?"""
    if isinstance(trouble, PlanfixUnavailable):
        failures = turn.failed()
        if failures < FAILURES_TO_WAIT and not trouble.daily_limit and trouble.retry_after is None:
            return True
    _hold_up(customer, turn, trouble)
    return False


def _hold_up(customer: Customer, turn: HeldLease, trouble: PlanfixError) -> None:
    """All of the customer's calls wait: for a while, or until its access works again."""
    if isinstance(trouble, PlanfixUnavailable):
        turn.wait(_delay(turn.failures, trouble, longest=LONGEST_HOLD_UP_SECONDS))
    else:
        pause(customer, trouble)


def _delay(attempt: int, error: PlanfixUnavailable, *, longest: float) -> float:
    """Seconds until the next attempt: doubling, spread by a fifth, never sooner than Planfix asked for."""
    spread = random.uniform(*DAILY_LIMIT_SECONDS)  # noqa: S311 - spreading load, not secrets
    return max(spread if error.daily_limit else _growing(attempt, longest=longest), error.retry_after or 0)


def _growing(attempt: int, *, longest: float) -> float:
    doubled: float = settings.FIRST_RETRY_SECONDS * 2.0 ** min(attempt - 1, 12)
    return min(doubled, longest) * random.uniform(0.8, 1.2)  # noqa: S311
