"""Counts and lists the results of read-backs for pages, alerts and metrics. Sends no requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Now, RowNumber

from integrations.models import Call, Customer, ReadBack
from integrations.services.read_back.compare import Difference, Part

LATELY = timedelta(days=30)
NEWEST = 3
"""A customer's calls count as differing while one of this many newest read-backs differs. A change of settings causes
as many new ones.
"""


@dataclass(frozen=True, kw_only=True)
class ReadBackCounts:
    """Counts of the last 30 days. `differs_now`: one of the NEWEST read-backs differs."""

    verified: int = 0
    differing: int = 0
    differs_now: bool = False


def read_back_counts_of(customers: Iterable[Customer]) -> Mapping[int, ReadBackCounts]:
    """The counts of each of these customers, by id. Two queries."""
    ids = [customer.pk for customer in customers]
    lately = _read_lately().filter(customer__in=ids)
    counts = (
        lately.order_by()
        .values_list("customer_id")
        .annotate(same=Count("pk", filter=Q(verified=True)), differing=Count("pk", filter=Q(verified=False)))
    )
    now = differing_customers(ids)
    found = {
        pk: ReadBackCounts(verified=same, differing=differing, differs_now=pk in now) for pk, same, differing in counts
    }
    return {pk: found.get(pk, ReadBackCounts()) for pk in ids}


def differing_customers(customer_ids: Iterable[int] | None = None) -> set[int]:
    """The ids of customers whose calls differ now, among these or all. One query."""
    rows = _read_lately()
    if customer_ids is not None:
        rows = rows.filter(customer__in=list(customer_ids))
    place = Window(RowNumber(), partition_by=F("customer"), order_by=F("read_at").desc())
    # Python checks `verified`: SQL would apply that condition before it numbers the rows.
    newest = rows.annotate(place=place).filter(place__lte=NEWEST).values_list("customer_id", "verified")
    return {customer_id for customer_id, verified in newest if not verified}


def _read_lately() -> QuerySet[ReadBack]:
    """The read-backs of the last 30 days whose calls still exist."""
    return ReadBack.objects.filter(read_at__gte=Now() - LATELY, call__customer=F("customer"))


def newest_differing(customer: Customer) -> QuerySet[ReadBack]:
    """The customer's calls that differ in Planfix, the newest first, each with its call."""
    rows = _read_lately().filter(customer=customer, verified=False)
    return rows.select_related("call").order_by("-read_at")


def is_verified(call: Call) -> bool | None:
    """Tells whether Planfix holds the call as it was sent. None if it was not read back.

    Needs no query if `read_back` is selected.
    """
    row: ReadBack | None = getattr(call, "read_back", None)
    return row.verified if row else None


def differences_in(row: ReadBack) -> list[Difference]:
    """The stored differences of a call. Leaves out parts that this release does not know."""
    return [
        Difference(part=Part(part), field=field, sent=sent, read=read)
        for part, field, sent, read in row.differences
        if part in PARTS
    ]


PARTS = frozenset(Part)
