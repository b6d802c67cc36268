"""Counts the webhook requests of the last week that Ringofix did not understand, and those that report no call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Max
from django.db.models.functions import Now

from integrations.models import Customer, EventResult, WebhookEvent
from integrations.ringostat.webhook import TEST_EVENT

PERIOD = timedelta(days=7)
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class CommonProblem:
    """A kind of problem. `problem`: a ringostat.problems.Problem; "" for requests stored by an earlier release."""

    problem: str
    requests: int
    newest_event: int
    """The primary key of the newest such request, with which a person can try a dry run."""


@dataclass(frozen=True, kw_only=True)
class NotUnderstoodRequests:
    requests: int = 0
    problems: tuple[CommonProblem, ...] = ()
    """The three most frequent problems, the most frequent first."""


def not_understood_last_week(customer_ids: Iterable[int]) -> dict[int, NotUnderstoodRequests]:
    """Requests that were not understood, by customer ID; leaves out customers without any. One query, which uses the
    index `event_not_understood`.
    """
    lately = WebhookEvent.objects.filter(
        customer_id__in=list(customer_ids), result=EventResult.NOT_UNDERSTOOD, received_at__gt=Now() - PERIOD
    )
    found: dict[int, list[CommonProblem]] = defaultdict(list)
    rows = lately.order_by().values_list("customer_id", "problem").annotate(Count("pk"), Max("pk"))
    for customer_id, problem, requests, newest in rows:
        found[customer_id].append(CommonProblem(problem=problem, requests=requests, newest_event=newest))
    return {
        customer_id: NotUnderstoodRequests(
            requests=sum(problem.requests for problem in problems),
            problems=tuple(sorted(problems, key=lambda one: (-one.requests, one.problem))[:SHOWN]),
        )
        for customer_id, problems in found.items()
    }


def not_calls_last_week(customer: Customer) -> int:
    """The number of requests that were understood but report no call. Test requests do not count."""
    lately = customer.events.filter(result=EventResult.IGNORED, received_at__gt=Now() - PERIOD)
    return lately.exclude(event=TEST_EVENT).count()
