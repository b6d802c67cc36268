"""Looks up one call in Ringostat's call list."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from integrations.models import Call
from integrations.ringostat.api import RingostatError
from integrations.ringostat.webhook import parse_list_row
from integrations.services.clients.ringostat import ringostat_client
from integrations.services.intake.receive import fold_into_call
from integrations.services.intake.sql import Recipient

log = structlog.get_logger(__name__)

AROUND = timedelta(minutes=2)
"""How much of the call list to read before and after the call's start."""


def look_up_call(call_id: int) -> None:
    """Reads the call's row from Ringostat's call list and folds it into the call. New facts make the call due.

    Does nothing if the call, the customer's Auth-key or the row is missing. Logs a failed request: the catch-up reads
    the row later.
    """
    call = Call.objects.select_related("customer").filter(pk=call_id).first()
    if call is None:
        return
    customer = call.customer
    try:
        client = ringostat_client(customer)
        rows = client.calls(call.started_at - AROUND, call.started_at + AROUND, customer.zone) if client else []
    except RingostatError as error:
        log.warning("call list not read", customer_id=customer.pk, call_id=call.pk, error=str(error))
        return
    for row in rows:
        facts = parse_list_row(row, timezone=customer.zone)
        if facts and facts.ringostat_id == call.ringostat_id:
            with transaction.atomic():
                fold_into_call(Recipient.of(customer), facts, timezone.now())
