"""Paused customers, whose calls wait. After Planfix denies access, it is checked until it works again. After a pause by
hand, a person resumes the customer.

Does not know how access is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least, Now

from integrations.models import Customer, DeliveryLease
from integrations.planfix.http.errors import PlanfixError, PlanfixUnavailable
from integrations.services.clients.planfix import with_this_access
from integrations.services.queue.defer import CHECK_ACCESS, deliver_soon, one_job_each

log = structlog.get_logger(__name__)

FIRST_CHECK_AFTER = timedelta(minutes=5)
LONGEST_INTERVAL = timedelta(hours=1)

RUNNING: Mapping[str, Any] = {
    "paused_reason": "",
    "paused_at": None,
    "paused_by_hand": False,
    "access_check_at": None,
}
"""The columns of a customer that is not paused."""


def pause(customer: Customer, error: PlanfixError) -> None:
    """Makes the customer's calls wait until its access works again.

    Does nothing when the access was changed during the denied request: the new access has not been tried.
    """
    paused = (
        with_this_access(customer)
        .filter(paused_by_hand=False)
        .update(paused_reason=error.message, paused_at=Coalesce("paused_at", Now()), access_check_at=_next_check(error))
    )
    if paused:
        log.warning("customer paused", customer_id=customer.pk, code=error.code)


def pause_by_hand(customer: Customer, reason: str) -> None:
    """Makes the customer's calls wait until a person resumes them, even when the access works."""
    Customer.objects.filter(pk=customer.pk).update(
        paused_by_hand=True, paused_reason=reason, paused_at=Now(), access_check_at=None
    )
    log.info("customer paused by hand", customer_id=customer.pk)


def resume_customer(customer: Customer, *, by_hand: bool = False) -> None:
    """Resumes a paused or postponed customer's calls now. After a pause by hand this needs `by_hand`."""
    with transaction.atomic():
        row = Customer.objects.filter(pk=customer.pk)
        if not (row if by_hand else row.filter(paused_by_hand=False)).update(**RUNNING):
            return
        for column, value in RUNNING.items():
            setattr(customer, column, value)
        DeliveryLease.objects.filter(customer=customer).update(retry_at=None, failures=0)
        deliver_soon(customer.pk)


def waits_for_planfix() -> QuerySet[Customer]:
    """The paused customers whose access must be checked."""
    return Customer.objects.exclude(paused_reason="").filter(paused_by_hand=False)


def stay_paused(customer: Customer, error: PlanfixError) -> None:
    """Plans the next check after a failed one. A customer that was resumed meanwhile stays resumed."""
    still_paused = with_this_access(customer) & waits_for_planfix()
    still_paused.update(access_check_at=_next_check(error))
    if not isinstance(error, PlanfixUnavailable):
        still_paused.update(paused_reason=error.message)


def check_paused_customers() -> None:
    """Enqueues a check of every paused customer whose next check is due."""
    is_due = Q(access_check_at=None) | Q(access_check_at__lte=Now())
    due = waits_for_planfix().filter(is_due).order_by("pk")
    one_job_each(CHECK_ACCESS, due.values_list("pk", flat=True))


def _next_check(error: PlanfixError) -> Combinable:
    """5 minutes after the pause began, then after 10 more, 20, 40, and every hour: intervals grow with the pause."""
    age = Now() - Coalesce("paused_at", Now())
    asked_for = getattr(error, "retry_after", None) or 0.0
    return Now() + Greatest(Least(age + FIRST_CHECK_AFTER, LONGEST_INTERVAL), timedelta(seconds=asked_for))
