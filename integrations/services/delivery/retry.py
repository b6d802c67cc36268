"""What an error means: for the call, for the customer's other calls, and for the time of the next attempt."""

from __future__ import annotations

from datetime import timedelta

import structlog

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer
from integrations.planfix.http.errors import (
    PlanfixAccessDenied,
    PlanfixError,
    PlanfixRefused,
    PlanfixSearchBlind,
    PlanfixUnavailable,
)
from integrations.planfix.http.json_fields import masked_text
from integrations.planfix.rights import is_missing_right
from integrations.services.clients.lease import HeldLease
from integrations.services.clients.planfix import forget_call_tags
from integrations.services.clients.retry_delay import doubling_delay, retry_delay
from integrations.services.contacts.creation_limit import CreationHeld
from integrations.services.delivery.attempt import Attempt, finished, save_attempt_result
from integrations.services.delivery.pause import pause
from integrations.services.delivery.recording import ATTEMPTS_AT_ADDITIONS
from integrations.services.queue.defer import discover_soon

log = structlog.get_logger(__name__)

FAILURES_TO_POSTPONE = 2
"""So many calls in a row that find Planfix unavailable postpone the whole customer. One may be that call's own problem.
"""
LONGEST_POSTPONEMENT_SECONDS = 300
"""A customer waits no longer without a new attempt, so that new calls do not wait because of an outage last night."""

SharedError = PlanfixUnavailable | PlanfixAccessDenied | PlanfixRefused
"""An error that the customer's other calls may meet too."""


def save_failed_attempt(attempt: Attempt, error: Exception) -> SharedError | None:
    """Stores what an error means for the call. Returns the error if other calls may meet it too."""
    call = attempt.call
    if isinstance(error, CreationHeld):
        held = {"reason": Reason.TOO_MANY_CONTACTS, "detail": "", "due_in": timedelta(seconds=error.seconds)}
        save_attempt_result(attempt, held)
        return None
    if isinstance(error, PlanfixUnavailable):
        delay = retry_delay(attempt.book.row.attempts, error)
        is_blind = isinstance(error, PlanfixSearchBlind)
        reason = Reason.SEARCH_BLIND if is_blind else Reason.UNAVAILABLE
        save_attempt_result(attempt, _waiting(call, reason, error) | {"due_in": timedelta(seconds=delay)})
        # A blind search stops no call whose contact is known.
        return None if is_blind else error
    if isinstance(error, PlanfixAccessDenied):
        if call.state == CallState.DELIVERED and is_missing_right(error):
            save_attempt_result(attempt, _postponed_addition(attempt, error))
            return None
        save_attempt_result(attempt, _waiting(call, Reason.ACCESS_DENIED, error))
        return error
    if isinstance(error, PlanfixRefused) and error.may_be_missing_tag and call.reason != Reason.REFUSED:
        # The tag may have been replaced in Planfix. The call waits for one new discovery; a second refusal is final.
        save_attempt_result(attempt, _waiting(call, Reason.REFUSED, error))
        return error
    if isinstance(error, PlanfixError):
        log.warning("call refused", customer_id=call.customer_id, call_id=call.pk, code=error.code)
        save_attempt_result(attempt, _given_up(call, Reason.REFUSED, error))
        return None
    log.error("call failed", customer_id=call.customer_id, call_id=call.pk, exc_info=error)
    save_attempt_result(attempt, _given_up(call, Reason.INTERNAL_ERROR, error))
    return None


def may_continue(customer: Customer, lease: HeldLease, error: SharedError) -> bool:
    """May the customer's next call be tried now? If not, the customer is postponed or paused, or its account is
    discovered again.
    """
    if isinstance(error, PlanfixUnavailable):
        failures = lease.count_failure()
        if failures < FAILURES_TO_POSTPONE and not error.daily_limit and error.retry_after is None:
            return True
    if isinstance(error, PlanfixRefused):
        forget_call_tags(customer)
        discover_soon(customer.pk)
        return False
    postpone_or_pause(customer, lease, error)
    return False


def postpone_or_pause(customer: Customer, lease: HeldLease, error: PlanfixError) -> None:
    """Makes all of the customer's calls wait: for a while, or until its access works again."""
    if isinstance(error, PlanfixUnavailable):
        lease.postpone(retry_delay(lease.failures, error, longest=LONGEST_POSTPONEMENT_SECONDS))
    else:
        pause(customer, error)


def _waiting(call: Call, reason: Reason, error: PlanfixError) -> dict[str, object]:
    """Why a call waits. A delivered call gets no reason: only its addition waits."""
    if call.state == CallState.DELIVERED:
        return {"reason": "", "detail": ""}
    return {"reason": reason, "detail": str(error)[:300]}


def _given_up(call: Call, reason: Reason, error: Exception) -> dict[str, object]:
    detail = masked_text(str(error) or repr(error))
    if call.state == CallState.DELIVERED:
        return {"due_in": None, "reason": Reason.NOT_ADDED, "detail": detail[:300]}
    return finished(CallState.FAILED, reason=reason, detail=detail)


def _postponed_addition(attempt: Attempt, error: PlanfixError) -> dict[str, object]:
    """An addition may need a right that no delivery needs. Only the addition waits for it, not the customer's calls."""
    attempts = attempt.book.row.attempts
    given_up = _given_up(attempt.call, Reason.ACCESS_DENIED, error)
    if attempts >= ATTEMPTS_AT_ADDITIONS:
        return given_up
    return given_up | {"due_in": timedelta(seconds=doubling_delay(attempts))}
