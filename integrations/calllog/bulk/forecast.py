"""Forecasts a retry: how many of the selected calls today's settings would let pass, and why they would skip others.

Decides as a delivery does before its first request. It does not know what Planfix would answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from integrations.domain.reasons import Reason
from integrations.domain.rules import CustomerRules, Skip, decide
from integrations.models import Call, Customer
from integrations.services.calls.replay import replayable
from integrations.ui.labels import LazyText, reason_label

MAX_CALLS = 500
"""How many calls to decide. Of more calls, the newest."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    calls: int
    would_pass: int
    skipped_again: list[tuple[int, LazyText]]
    is_complete: bool
    """False if more calls are selected than were decided."""


def forecast(calls: QuerySet[Call]) -> Forecast:
    newest = list(replayable(calls).order_by("-started_at", "-pk")[: MAX_CALLS + 1])
    decided = newest[:MAX_CALLS]
    rules = _rules_of({call.customer_id for call in decided})
    reasons = Counter(_reason_to_skip(call, rules) for call in decided if call.customer_id in rules)
    would_pass = reasons.pop("", 0)
    return Forecast(
        calls=len(decided),
        would_pass=would_pass,
        skipped_again=[(count, reason_label(reason)) for reason, count in reasons.most_common()],
        is_complete=len(newest) <= MAX_CALLS,
    )


def _rules_of(customer_ids: set[int]) -> Mapping[int, CustomerRules]:
    customers = Customer.objects.filter(pk__in=customer_ids).prefetch_related("employees")
    return {customer.pk: customer.rules for customer in customers}


def _reason_to_skip(call: Call, rules: Mapping[int, CustomerRules]) -> str:
    """Why a delivery would skip the call; "" for a call that would go to Planfix."""
    decision = decide(call.folded, rules[call.customer_id])
    if isinstance(decision, Skip):
        return decision.reason
    is_known = call.reason != Reason.UNKNOWN_CONTACT or decision.may_create_contact
    return "" if is_known else Reason.UNKNOWN_CONTACT
