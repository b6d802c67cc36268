"""Asks whether a paused customer's access to Planfix works again, and if so lets its calls go on."""

from __future__ import annotations

import structlog

from integrations.models import Customer
from integrations.planfix.http.errors import PlanfixError
from integrations.planfix.http.ping import ping
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import logged_client
from integrations.services.delivery.customer_run import try_one_call
from integrations.services.delivery.pause import resume_customer, stay_paused, waits_for_planfix

log = structlog.get_logger(__name__)


def check_access(customer_id: int) -> None:
    """One harmless request, and if that succeeds one call: a missing right shows nowhere but at what needs it.

    The customer stays paused meanwhile, so that a check which fails is no new pause. Safe to run at any time.
    """
    customer = waits_for_planfix().prefetch_related("employees", "utm_fields").filter(pk=customer_id).first()
    if customer is None:
        return
    turn = HeldLease(customer)
    if not turn.take():
        return
    try:
        trouble = _knock(customer, turn) or try_one_call(customer, turn)
    except LeaseLost:
        return
    finally:
        turn.give_back()
    if trouble:
        stay_paused(customer, trouble)
    else:
        log.info("customer goes on", customer_id=customer_id)
        resume_customer(customer)


def _knock(customer: Customer, turn: HeldLease) -> PlanfixError | None:
    try:
        ping(logged_client(customer, acquire_slot=turn.acquire_slot))
    except PlanfixError as error:
        return error
    return None
