"""The section of a customer's overview about calls that were read back from Planfix."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from integrations.models import Customer, ReadBack
from integrations.services.read_back.findings import ReadBackCounts, newest_differing, read_back_counts_of
from integrations.ui.read_back import ReadBackResult, read_back_result

RECENT = 5


@dataclass(frozen=True, kw_only=True)
class DifferingCall:
    title: str
    address: str
    result: ReadBackResult | None


@dataclass(frozen=True, kw_only=True)
class ReadBackOverview:
    counts: ReadBackCounts
    calls: list[DifferingCall]


def read_back_overview(customer: Customer) -> ReadBackOverview:
    counts = read_back_counts_of([customer])[customer.pk]
    rows = newest_differing(customer)[:RECENT] if counts.differing else []
    return ReadBackOverview(counts=counts, calls=[_differing(row) for row in rows])


def _differing(row: ReadBack) -> DifferingCall:
    return DifferingCall(
        title=row.call.client_number or row.call.ringostat_id,
        address=reverse("calllog:call", args=[row.call_id]),
        result=read_back_result(row),
    )
