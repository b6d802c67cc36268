"""Stores the answers to Ringostat's questions, and finds the answers that belong to a call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError
from django.db.models import Q, QuerySet

from integrations.domain.calls import Direction
from integrations.models import Call, Customer, RoutingAnswer, RoutingReason
from integrations.ringostat.telephone.question import RoutingQuestion
from integrations.services.routing.decide import Decision
from integrations.services.routing.sql import NEW_ANSWER, run_bounded

log = structlog.get_logger(__name__)

BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=2)
"""Questions may arrive this long before a call's start and after its end. They come while the call rings, but clocks
differ.
"""
MOST_OF_A_CALL = 20


@dataclass(frozen=True, kw_only=True)
class AskedCall:
    """A question of Ringostat. `began`: when it arrived, by time.monotonic()."""

    customer_id: int
    question: RoutingQuestion
    began: float
    milliseconds: int = 0
    """Time until the answer."""

    def answered(self) -> AskedCall:
        """Returns the question with the time that it has taken until now."""
        return replace(self, milliseconds=round((time.monotonic() - self.began) * 1000))


def store_answer(asked: AskedCall, decision: Decision) -> None:
    """Stores the answer. Never raises a database error: the answer itself matters more than its log."""
    chosen = decision.chosen
    if chosen is None:
        return store_empty_answer(asked, decision.reason)
    return _store(
        asked,
        source=chosen.source,
        directions=chosen.directions,
        names=chosen.names,
        contact_id=chosen.contact_id,
    )


def store_empty_answer(asked: AskedCall, reason: RoutingReason | None) -> None:
    """Stores an empty answer and its reason. Never raises a database error."""
    _store(asked, reason=reason or "")


def _store(
    asked: AskedCall,
    *,
    source: str = "",
    directions: Sequence[str] = (),
    names: Sequence[str] = (),
    contact_id: int | None = None,
    reason: str = "",
) -> None:
    client = asked.question.client
    columns = {
        "customer_id": asked.customer_id,
        "client_number": (client.number or client.raw)[:64],
        "call_id": asked.question.call_id,
        "source": source,
        "directions": list(directions),
        "names": list(names),
        "contact_id": contact_id,
        "reason": reason,
        "milliseconds": asked.milliseconds,
    }
    try:
        run_bounded(NEW_ANSWER, columns)
    except (DatabaseError, InterfaceError) as error:
        log.warning("routing answer not stored", customer_id=asked.customer_id, error=type(error).__name__)


def answers_of(call: Call) -> list[RoutingAnswer]:
    """The answers that were given while the call rang, the oldest first. Finds them by the question's call ID, else by
    the client's number.
    """
    if call.direction != Direction.INCOMING:
        return []
    ends = call.started_at + timedelta(seconds=call.folded.total_seconds or 0)
    is_of_call = Q(call_id=call.ringostat_id)
    if call.client_number:
        is_of_call |= Q(client_number=call.client_number)
    answers = RoutingAnswer.objects.filter(
        is_of_call, customer=call.customer_id, asked_at__range=(call.started_at - BEFORE, ends + AFTER)
    )
    found = list(answers.order_by("asked_at")[:MOST_OF_A_CALL])
    return [answer for answer in found if answer.call_id == call.ringostat_id] or found


def newest_answers(customer: Customer) -> QuerySet[RoutingAnswer]:
    return RoutingAnswer.objects.filter(customer=customer).order_by("-asked_at", "-pk")
