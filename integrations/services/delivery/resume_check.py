"""Checks whether a paused customer's access to Planfix works again, and if so resumes its calls."""

from __future__ import annotations

import structlog

from integrations.models import Customer
from integrations.planfix.http.errors import PlanfixError
from integrations.planfix.http.ping import ping
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.planfix import logged_client, stored_call_tags
from integrations.services.delivery.customer_run import try_one_call
from integrations.services.delivery.pause import resume_customer, stay_paused, waits_for_planfix
from integrations.services.queue.defer import discover_soon

log = structlog.get_logger(__name__)


def check_access(customer_id: int) -> None:
    """Sends one harmless request, and if that succeeds tries one call: only a call shows that a right is missing.

    The customer stays paused during the check, so that a failed check is no new pause. If its account is not discovered
    yet, that job comes first and asks for another check. Safe to call at any time.
    """
    customer = waits_for_planfix().prefetch_related("employees", "utm_fields").filter(pk=customer_id).first()
    if customer is None:
        return
    tags = stored_call_tags(customer)
    lease = HeldLease(customer)
    if not lease.acquire():
        return
    try:
        error = _ping(customer, lease) or (try_one_call(customer, tags, lease) if tags else None)
    except LeaseLost:
        return
    finally:
        lease.release()
    if error:
        stay_paused(customer, error)
    elif tags is None:
        discover_soon(customer_id)
    else:
        log.info("customer resumed", customer_id=customer_id)
        resume_customer(customer)


def _ping(customer: Customer, lease: HeldLease) -> PlanfixError | None:
    try:
        ping(logged_client(customer, acquire_slot=lease.acquire_slot))
    except PlanfixError as error:
        return error
    return None
