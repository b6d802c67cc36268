"""Limits the contacts that are created for a customer within an hour, so that a leaked webhook address cannot fill its
Planfix account. Calls above the limit wait.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.domain.reasons import Reason
from integrations.domain.usual_traffic import usual_peak
from integrations.models import Call, CallState, Customer, NewContactCount
from integrations.services.database import database_time
from integrations.services.markers import mark, marked
from integrations.services.queue.defer import deliver_soon

log = structlog.get_logger(__name__)

HOUR = timedelta(hours=1)
USUAL_DAYS = 14
KEPT_FOR = timedelta(days=USUAL_DAYS + 1)
LIFTED_FOR = timedelta(days=1)
SPREAD_SECONDS = 300
"""Held calls come back over this time, not all at once."""


class CreationHeld(Exception):
    """The customer's new contacts of this hour reached the limit. `seconds`: until the call may be tried again."""

    def __init__(self, limit: int, seconds: float) -> None:
        super().__init__(f"{limit} contacts were created within an hour")
        self.limit = limit
        self.seconds = seconds


def check_creation_limit(customer: Customer) -> None:
    """Call it before a contact is created. Raises CreationHeld above the limit, unless a specialist has lifted it."""
    now = database_time()
    hour = _hour_of(now)
    this_hour = NewContactCount.objects.filter(customer=customer, hour=hour).values_list("count", flat=True).first()
    if (this_hour or 0) < settings.NEW_CONTACTS_PER_HOUR or _is_lifted(customer):
        return
    limit = _limit_of(customer, now)
    if (this_hour or 0) < limit:
        return
    if not marked([_held(customer.pk)]):
        log.warning("new contacts held", customer_id=customer.pk, limit=limit)
    mark(_held(customer.pk), HOUR)
    spread = random.uniform(0, SPREAD_SECONDS)  # noqa: S311 - spreading load, not secrets
    raise CreationHeld(limit, (hour + HOUR - now).total_seconds() + spread)


def count_new_contact(customer: Customer) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO integrations_newcontactcount AS counted (customer_id, hour, count)
            VALUES (%s, date_trunc('hour', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC', 1)
            ON CONFLICT (customer_id, hour) DO UPDATE SET count = counted.count + 1
            """,
            [customer.pk],
        )


def held_calls(customer: Customer) -> QuerySet[Call]:
    return Call.objects.filter(customer=customer, state=CallState.PENDING, reason=Reason.TOO_MANY_CONTACTS)


def lift_creation_limit(customer: Customer) -> int:
    """Makes the held calls due now, and limits no creation for LIFTED_FOR. Returns the number of calls."""
    mark(_lifted(customer.pk), LIFTED_FOR)
    with transaction.atomic():
        count: int = held_calls(customer).update(due_at=Now())
        deliver_soon(customer.pk)
    return count


def forget_old_counts() -> None:
    NewContactCount.objects.filter(hour__lt=Now() - KEPT_FOR).delete()


def _limit_of(customer: Customer, now: datetime) -> int:
    """NEW_CONTACTS_TIMES_USUAL times the usual busiest hour, and never below the floor. The last day does not count."""
    counts = NewContactCount.objects.filter(
        customer=customer, hour__gt=now - timedelta(days=USUAL_DAYS), hour__lt=now - timedelta(days=1)
    )
    usual = usual_peak(dict(counts.values_list("hour", "count")))
    limit: int = max(settings.NEW_CONTACTS_PER_HOUR, round(usual * settings.NEW_CONTACTS_TIMES_USUAL))
    return limit


def _is_lifted(customer: Customer) -> bool:
    return bool(marked([_lifted(customer.pk)]))


def _hour_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _held(customer_id: int) -> str:
    return f"new contacts held|{customer_id}"


def _lifted(customer_id: int) -> str:
    return f"limit of new contacts lifted|{customer_id}"
