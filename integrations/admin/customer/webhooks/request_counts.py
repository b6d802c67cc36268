"""How many webhook requests of the last week were not understood or not about a call, and the commonest reasons.

A part of the webhook page and of the overview.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.admin.customer.pages import address_of, listed
from integrations.models import Customer, EventResult
from integrations.services.monitoring.not_understood import (
    CommonProblem,
    NotUnderstoodRequests,
    not_calls_last_week,
    not_understood_last_week,
)
from integrations.ui.labels import LazyText
from integrations.ui.webhook_findings import problem_label


@dataclass(frozen=True, kw_only=True)
class Count:
    label: LazyText
    number: int
    address: str
    """The list of these requests."""


@dataclass(frozen=True, kw_only=True)
class CommonReason:
    label: LazyText
    requests: int
    dry_run: str
    """The dry run page with the newest such request."""


@dataclass(frozen=True, kw_only=True)
class RequestCounts:
    counts: tuple[Count, ...]
    reasons: tuple[CommonReason, ...]


def request_counts(customer: Customer) -> RequestCounts:
    """The counts of the last week. Takes two queries."""
    strange = not_understood_last_week([customer.pk]).get(customer.pk, NotUnderstoodRequests())
    numbers = {EventResult.NOT_UNDERSTOOD: strange.requests, EventResult.IGNORED: not_calls_last_week(customer)}
    return RequestCounts(
        counts=tuple(_count(customer, result, number) for result, number in numbers.items()),
        reasons=tuple(_reason(customer, problem) for problem in strange.problems),
    )


def _count(customer: Customer, result: EventResult, number: int) -> Count:
    address = f"{listed('webhookevent', customer)}&result__exact={result.value}"
    return Count(label=result.label, number=number, address=address)


def _reason(customer: Customer, problem: CommonProblem) -> CommonReason:
    return CommonReason(
        label=problem_label(problem.problem) or EventResult.NOT_UNDERSTOOD.label,
        requests=problem.requests,
        dry_run=f"{address_of('dry_run', customer)}?event={problem.newest_event}",
    )
