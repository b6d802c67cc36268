"""Answers Ringostat's question whom to ring, from this database alone.

A client listens to the ringing tone meanwhile: every statement is bounded, and whatever goes wrong gives an empty
answer, with which Ringostat's forwarding scheme goes on.
"""

from __future__ import annotations

import time

import structlog
from django.db import InterfaceError, OperationalError
from psycopg.errors import QueryCanceled

from integrations.models import RoutingReason
from integrations.ringostat.body import RawRequest
from integrations.ringostat.telephone.answer import NO_DIRECTION, RoutingReply, reply
from integrations.ringostat.telephone.question import read_question
from integrations.services.intake.recipients import (
    forget_recipient_of,
    recipient_of,
    remembered_recipient_of,
)
from integrations.services.routing.answer_log import AskedCall, store_answer, store_empty_answer
from integrations.services.routing.decide import decide
from integrations.services.routing.situation import settings_at, situation_of

log = structlog.get_logger(__name__)


def answer_at(token: str, raw: RawRequest) -> RoutingReply | None:
    """The answer to a question that came to this address. None for an unknown address.

    Raises OperationalError or InterfaceError while the database cannot be reached.
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
        store_empty_answer(asked, RoutingReason.TOO_SLOW)
    except Exception:
        log.exception("routing question failed", customer_id=recipient.customer_id)
        store_empty_answer(asked, RoutingReason.TROUBLE)
    return NO_DIRECTION


def _answer(token: str, asked: AskedCall) -> RoutingReply | None:
    settings = settings_at(token)
    if settings is None:  # routing is off, or the address has expired
        forget_recipient_of(token)
        return NO_DIRECTION if recipient_of(token) else None
    decision = decide(situation_of(settings, asked.question.client.number))
    store_answer(asked, decision)
    directions = decision.chosen.directions if decision.chosen else ()
    return reply(directions, form=settings.form, key=settings.key, rpc_id=asked.question.rpc_id)
