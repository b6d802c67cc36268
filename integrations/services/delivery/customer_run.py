"""Delivers a customer's due calls one after another, under the customer's delivery lease."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from integrations.domain.reasons import Reason
from integrations.domain.rules import Skip, unknown_employee
from integrations.models import Call, CallState, Customer
from integrations.planfix.call_tags.schema import CallTags
from integrations.services.callback_tasks.notes import note_unknown_employee
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import kept_session, planfix_client, stored_call_tags
from integrations.services.database import run_prepared
from integrations.services.delivery.attempt import (
    Attempt,
    ReceiptBook,
    begin_next_attempt,
    finished,
    save_attempt_result,
)
from integrations.services.delivery.call_delivery import CallDelivery, Delivered
from integrations.services.delivery.follow_up import follow_up
from integrations.services.delivery.retry import SharedError, may_continue, save_failed_attempt
from integrations.services.delivery.sql import CUSTOMER_VERSION
from integrations.services.queue.defer import deliver_soon, discover_soon

log = structlog.get_logger(__name__)

RUN_SECONDS = 20
"""After this time a customer with more due calls goes to the end of the queue, behind the others."""

CACHED_CUSTOMERS = 256
"""Customers whose rows this process keeps, and reads again only after a change."""


def deliver_due_calls(customer_id: int, *, should_stop: Callable[[], bool]) -> None:
    """Delivers a customer's due calls for one run. Safe to call at any time, any number of times.

    Until the customer's account is discovered, its calls wait for that job, which starts another run.
    """
    running = running_customer(customer_id)
    if running is None:
        return
    customer, tags = running
    if tags is None:
        discover_soon(customer_id)
        return
    lease = HeldLease(customer)
    if not lease.acquire():
        return
    try:
        _run(customer, tags, lease, should_stop)
    except LeaseLost:
        log.warning("lease lost", customer_id=customer_id)
    finally:
        lease.release()


def running_customer(customer_id: int) -> tuple[Customer, CallTags | None] | None:
    """The customer with its employees and parameter mappings, and its account's tags if they are discovered; None while
    it is paused. Waits for webhooks that rely on the running job: call it outside a transaction.

    Only the thread whose job holds the customer's queue lock may use the objects.
    """
    rows = run_prepared(CUSTOMER_VERSION, {"customer": customer_id})
    return _customer(customer_id, tuple(rows[0][1])) if rows else None


@lru_cache(CACHED_CUSTOMERS)
def _customer(customer_id: int, version: tuple[str, ...]) -> tuple[Customer, CallTags | None] | None:
    running = Customer.objects.prefetch_related("employees", "utm_fields").filter(paused_reason="")
    customer = running.filter(pk=customer_id).first()
    return (customer, stored_call_tags(customer)) if customer else None


def customers_with_due_calls() -> list[int]:
    """The customers with due calls that are not paused, not postponed, and not in a run now.

    Reads one entry of the index of due calls per customer, however many calls are due.
    """
    now = Now()
    due = Call.objects.filter(customer=OuterRef("pk"), due_at__lte=now)
    return list(
        Customer.objects.filter(Exists(due), paused_reason="")
        .filter(Q(delivery_lease=None) | Q(delivery_lease__held_until__lte=now))
        .filter(Q(delivery_lease__retry_at=None) | Q(delivery_lease__retry_at__lte=now))
        .values_list("pk", flat=True)
    )


def try_one_call(customer: Customer, tags: CallTags, lease: HeldLease) -> SharedError | None:
    """Makes one attempt at the customer's next call. Returns an error that its other calls may meet too."""
    attempt = _Run(customer, tags, lease).begin_next_attempt()
    return _deliver(attempt, lease).error if attempt else None


def _run(customer: Customer, tags: CallTags, lease: HeldLease, should_stop: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + RUN_SECONDS
    run = _Run(customer, tags, lease)
    while not should_stop():
        attempt = run.begin_next_attempt()
        if attempt is None:
            return
        ended = _deliver(attempt, lease)
        if ended.error and not may_continue(customer, lease, ended.error):
            return
        if not ended.is_more_due:  # A call that comes from now on brings its own job.
            return
        if time.monotonic() > ends_at:
            break
    deliver_soon(customer.pk)


class _Run:
    """What the attempts of a run share: read, decrypted and prepared once."""

    def __init__(self, customer: Customer, tags: CallTags, lease: HeldLease) -> None:
        self.customer, self.tags, self.lease = customer, tags, lease
        # Made before the first attempt is counted: a missing encryption key fails here.
        self.planfix = planfix_client(
            customer,
            session=kept_session(customer),
            pace=lambda seconds: lease.acquire_slot(seconds, self._book.take_unstored()),
            observe=lambda exchange: self._book.log(exchange),
        )

    def begin_next_attempt(self) -> Attempt | None:
        """An attempt at the call that has been due longest; None if none is due. Raises LeaseLost."""
        begun = begin_next_attempt(self.lease)
        if begun is None:
            return None
        call, receipts, traits = begun
        self.planfix.takes_emoji = traits.takes_emoji is not False
        self._book = ReceiptBook(call, receipts, searches_first=self.customer.searches_first(call.started_at))
        return Attempt(
            call=call,
            facts=call.folded,
            customer=self.customer,
            planfix=self.planfix,
            tags=self.tags,
            book=self._book,
            traits=traits,
        )


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """`error`: one that the customer's other calls may meet too. `is_more_due`: another call may be due."""

    error: SharedError | None = None
    is_more_due: bool = True


def _deliver(attempt: Attempt, lease: HeldLease) -> _Ended:
    """Makes an attempt at a call, or at an addition to a delivered one."""
    call = attempt.call
    try:
        columns = _follow_up(attempt) if call.state == CallState.DELIVERED else _first_delivery(attempt)
    except (OperationalError, InterfaceError, LeaseLost):
        raise
    except Exception as error:
        return _Ended(error=save_failed_attempt(attempt, error))
    lease.reset_failures()
    is_more_due = save_attempt_result(attempt, columns, lease=lease)
    state = columns.get("state", call.state)
    log.info("attempt finished", customer_id=call.customer_id, call_id=call.pk, state=state)
    return _Ended(is_more_due=is_more_due)


def _first_delivery(attempt: Attempt) -> dict[str, object]:
    result = CallDelivery(attempt).run()
    _note_unknown_employee(attempt, result)
    if isinstance(result, Skip):
        return finished(CallState.SKIPPED, reason=result.reason, detail=result.detail)
    return {
        **finished(CallState.DELIVERED),
        "outcome": result.outcome,
        "employee_id": result.employee_id,
        "due_in": result.due_in,
    }


def _note_unknown_employee(attempt: Attempt, result: Delivered | Skip) -> None:
    """Notes a task for the customer's person, if Ringostat names an employee whom nobody knows."""
    if isinstance(result, Skip):
        is_likely = result.reason in (Reason.UNKNOWN_EMPLOYEE, Reason.AMBIGUOUS_EMPLOYEE)
    else:
        is_likely = result.employee_id is not None and result.employee_id == attempt.customer.fallback_employee_id
    if is_likely and (who := unknown_employee(attempt.facts, attempt.customer.rules)):
        call, contact_id = attempt.call, attempt.book.row.contact_id
        note_unknown_employee(call.customer_id, call.pk, who=who, contact_id=contact_id)


def _follow_up(attempt: Attempt) -> dict[str, object]:
    return {"due_in": follow_up(attempt), "reason": "", "detail": ""}
