"""Asks Ringostat's call list about one call."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from integrations.domain.calls import CallFacts
from integrations.models import Call, Customer
from integrations.ringostat.api import RingostatError
from integrations.ringostat.webhook import parse_list_row
from integrations.services.clients.ringostat import ringostat_client
from integrations.services.intake.receive import fold_into_call
from integrations.services.intake.recipients import Recipient

log = structlog.get_logger(__name__)

AROUND = timedelta(minutes=2)
"""The call list is read from so long before a call's start until so long after it."""


def facts_from_call_list(call: Call, customer: Customer) -> CallFacts | None:
    """Folds the call list's row into the call; its facts then, or None when there is no row to be had now."""
    try:
        client = ringostat_client(customer)
        rows = client.calls(call.started_at - AROUND, call.started_at + AROUND, customer.zone) if client else []
    except RingostatError as error:
        log.warning("call list not read", customer_id=customer.pk, call_id=call.pk, error=str(error))
        return None
    for row in rows:
        facts = parse_list_row(row, timezone=customer.zone)
        if facts and facts.ringostat_id == call.ringostat_id:
            return _folded(call, customer, facts)
    return None


def _folded(call: Call, customer: Customer, facts: CallFacts) -> CallFacts:
    recipient = Recipient.of(customer)
    with transaction.atomic():
        fold_into_call(recipient, facts, timezone.now())
    call.refresh_from_db(fields=["facts"])
    return call.folded
