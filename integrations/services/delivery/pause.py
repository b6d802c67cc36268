"""Customers whose calls wait: because Planfix refuses the access, which is checked until it works again, or because a
person wishes it, until a person resumes them.

Knows nothing of how a check is made.
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
LONGEST_GAP = timedelta(hours=1)

RUNNING: Mapping[str, Any] = {
    "paused_reason": "",
    "paused_at": None,
    "paused_by_hand": False,
    "access_check_at": None,
}
"""The columns of a customer that is not paused."""


def pause(customer: Customer, error: PlanfixError) -> None:
    """Holds the customer's calls back until its access works again.

    Access that was changed while the request was under way is not what was refused: it gets its own chance.
    """
    paused = (
        with_this_access(customer)
        .filter(paused_by_hand=False)
        .update(paused_reason=error.message, paused_at=Coalesce("paused_at", Now()), access_check_at=_next_check(error))
    )
    if paused:
        log.warning("customer paused", customer_id=customer.pk, code=error.code)


def pause_by_hand(customer: Customer, reason: str) -> None:
    """Holds the customer's calls back until a person resumes them, whatever the access."""
    Customer.objects.filter(pk=customer.pk).update(
        paused_by_hand=True, paused_reason=reason, paused_at=Now(), access_check_at=None
    )
    log.info("customer paused by hand", customer_id=customer.pk)


def resume_customer(customer: Customer, *, by_hand: bool = False) -> None:
    """Lets a paused or waiting customer's calls go on now. Whom a person has paused, a person resumes: `by_hand`."""
    with transaction.atomic():
        theirs = Customer.objects.filter(pk=customer.pk)
        if not (theirs if by_hand else theirs.filter(paused_by_hand=False)).update(**RUNNING):
            return
        for column, value in RUNNING.items():
            setattr(customer, column, value)
        DeliveryLease.objects.filter(customer=customer).update(retry_at=None, failures=0)
        deliver_soon(customer.pk)


def waits_for_planfix() -> QuerySet[Customer]:
    """The paused customers whose access is to be checked."""
    return Customer.objects.exclude(paused_reason="").filter(paused_by_hand=False)


def stay_paused(customer: Customer, error: PlanfixError) -> None:
    """After a check that failed: the next one comes later. Who was resumed meanwhile stays so."""
    still_paused = with_this_access(customer) & waits_for_planfix()
    still_paused.update(access_check_at=_next_check(error))
    if not isinstance(error, PlanfixUnavailable):
        still_paused.update(paused_reason=error.message)


def check_paused_customers() -> None:
    """Has every paused customer checked whose time has come."""
    has_come = Q(access_check_at=None) | Q(access_check_at__lte=Now())
    due = waits_for_planfix().filter(has_come).order_by("pk")
    one_job_each(CHECK_ACCESS, due.values_list("pk", flat=True))


def _next_check(error: PlanfixError) -> Combinable:
    """5 minutes after the pause began, then 10 more, 20, 40, and each hour: a gap grows with the age of the pause."""
    age = Now() - Coalesce("paused_at", Now())
    asked_for = getattr(error, "retry_after", None) or 0.0
    return Now() + Greatest(Least(age + FIRST_CHECK_AFTER, LONGEST_GAP), timedelta(seconds=asked_for))
