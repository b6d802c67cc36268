"""Groups the failed and skipped calls of many customers by cause: how many, since when, whose, and what they share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import Call, CallState, Customer
from integrations.planfix.http.explanations import explain
from integrations.services.monitoring.customer_facts import RECENT, CustomerFacts, Fact, facts_of
from integrations.services.monitoring.customer_status import BY_SETTINGS
from integrations.services.monitoring.sql import FAILED_CALLS, FAILURES


class GroupKey(NamedTuple):
    """What the calls of a group have in common."""

    state: CallState
    reason: str
    error: str = ""
    """For failed calls: the explanation of their error message; its signature if there is no explanation."""


@dataclass(frozen=True, kw_only=True)
class CustomerShare:
    customer: Customer
    count: int


@dataclass(frozen=True, kw_only=True)
class ProblemGroup:
    key: GroupKey
    count: int
    first_at: datetime
    last_at: datetime
    shares: tuple[CustomerShare, ...]
    """The customers, the one with the most calls first."""
    detail: str
    """The newest error message, unchanged."""
    signatures: frozenset[str]

    @property
    def explanation(self) -> str:
        """The explanation of the newest error message; "" if there is none."""
        return explain(self.detail)

    @property
    def is_by_settings(self) -> bool:
        """Tells whether the customer's settings or a person caused the skips."""
        return self.key.state == CallState.SKIPPED and self.key.reason in BY_SETTINGS


@dataclass(frozen=True, kw_only=True)
class _CustomerCalls:
    """One customer's calls in a group."""

    customer: Customer
    count: int
    first_at: datetime
    last_at: datetime
    detail: str = ""
    signature: str = ""


def problem_groups(customers: QuerySet[Customer]) -> list[ProblemGroup]:
    """Groups all failed calls, and the calls skipped in the last days. Failures come first, then the largest groups."""
    facts = facts_of(customers)
    parts: dict[GroupKey, list[_CustomerCalls]] = defaultdict(list)
    for key, part in [*_failed(facts), *_skipped(facts)]:
        parts[key].append(part)
    groups = [_group(key, found) for key, found in parts.items()]
    return sorted(groups, key=lambda group: (group.key.state != CallState.FAILED, -group.count, group.key))


def calls_of(group: ProblemGroup) -> list[int]:
    """The ids of the calls that belong to the group now."""
    ids = [share.customer.pk for share in group.shares]
    if group.key.state == CallState.SKIPPED:
        calls = Call.objects.filter(state=CallState.SKIPPED, reason=group.key.reason, customer__in=ids)
        return list(calls.filter(started_at__gt=timezone.now() - RECENT).values_list("pk", flat=True))
    arguments: dict[str, Any] = {"ids": ids, "reason": group.key.reason, "signatures": list(group.signatures)}
    with connection.cursor() as cursor:
        cursor.execute(FAILED_CALLS, arguments)
        return [call_id for (call_id,) in cursor.fetchall()]


def _skipped(facts: Sequence[CustomerFacts]) -> Iterator[tuple[GroupKey, _CustomerCalls]]:
    for each in facts:
        for group in each.group(Fact.SKIPPED):
            if group.first_at and group.last_at:
                part = _CustomerCalls(
                    customer=each.customer, count=group.count, first_at=group.first_at, last_at=group.last_at
                )
                yield GroupKey(CallState.SKIPPED, group.code), part


def _failed(facts: Sequence[CustomerFacts]) -> Iterator[tuple[GroupKey, _CustomerCalls]]:
    customers = {each.customer.pk: each.customer for each in facts}
    with connection.cursor() as cursor:
        cursor.execute(FAILURES, {"ids": list(customers)})
        rows = cursor.fetchall()
    for pk, reason, signature, count, first_at, last_at, detail in rows:
        key = GroupKey(CallState.FAILED, reason, explain(detail) or signature)
        yield (
            key,
            _CustomerCalls(
                customer=customers[pk],
                count=count,
                first_at=first_at,
                last_at=last_at,
                detail=detail,
                signature=signature,
            ),
        )


def _group(key: GroupKey, parts: Sequence[_CustomerCalls]) -> ProblemGroup:
    counts: Counter[Customer] = Counter()
    for part in parts:
        counts[part.customer] += part.count
    return ProblemGroup(
        key=key,
        count=counts.total(),
        first_at=min(part.first_at for part in parts),
        last_at=max(part.last_at for part in parts),
        shares=tuple(CustomerShare(customer=customer, count=count) for customer, count in counts.most_common()),
        detail=max(parts, key=lambda part: part.last_at).detail,
        signatures=frozenset(part.signature for part in parts),
    )
