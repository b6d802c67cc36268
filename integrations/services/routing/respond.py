"""Answers Ringostat's question whom to ring, from this database alone. The client hears the ringing tone until then, so
every statement has a time limit, and any error gives an empty answer, after which Ringostat continues its forwarding
scheme.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from django.db import InterfaceError, OperationalError
from psycopg.errors import QueryCanceled

from integrations.models import RoutingReason
from integrations.ringostat.body import RawRequest
from integrations.ringostat.telephone.answer import NO_DIRECTION, RoutingReply, reply
from integrations.ringostat.telephone.question import read_question
from integrations.services.intake.sql import (
    forget_recipient_of,
    recipient_of,
    remembered_recipient_of,
)
from integrations.services.routing.answer_log import AskedCall, store_answer, store_empty_answer
from integrations.services.routing.decide import decide
from integrations.services.routing.situation import settings_and_situation

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class GivenAnswer:
    """The answer to one question. `store` stores it: call it after the response. It never raises a database error."""

    reply: RoutingReply
    store: Callable[[], None] = lambda: None


def answer_at(token: str, raw: RawRequest) -> GivenAnswer | None:
    """Answers a question to this address. Returns None for an unknown address.

    Raises OperationalError or InterfaceError while the database is unreachable.
    """
    began = time.monotonic()
    recipient = remembered_recipient_of(token) or recipient_of(token)
    if recipient is None:
        return None
    question = read_question(raw, timezone=recipient.zone, region=recipient.region)
    asked = AskedCall(customer_id=recipient.customer_id, question=question, began=began)
    try:
        return _answer(token, asked)
    except (OperationalError, InterfaceError) as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        reason = RoutingReason.TOO_SLOW
    except Exception:
        log.exception("routing question failed", customer_id=recipient.customer_id)
        reason = RoutingReason.TROUBLE
    return GivenAnswer(reply=NO_DIRECTION, store=partial(store_empty_answer, asked.answered(), reason))


def _answer(token: str, asked: AskedCall) -> GivenAnswer | None:
    found = settings_and_situation(token, asked.customer_id, asked.question.client.number)
    if found is None:  # Routing is off, or the address has expired.
        forget_recipient_of(token)
        return GivenAnswer(reply=NO_DIRECTION) if recipient_of(token) else None
    settings, situation = found
    decision = decide(situation)
    directions = decision.chosen.directions if decision.chosen else ()
    return GivenAnswer(
        reply=reply(directions, form=settings.form, key=settings.key, rpc_id=asked.question.rpc_id),
        store=partial(store_answer, asked.answered(), decision),
    )
