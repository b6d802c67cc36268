"""A customer's Ringostat client, and what the call list says of one call. Knows nothing of deliveries."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now, TruncDay
from django.utils import timezone

from integrations.domain.calls import CallFacts
from integrations.models import Call, CatchUpCursor, Customer
from integrations.outbound.public_session import guarded_session
from integrations.ringostat.api import RingostatClient, RingostatError
from integrations.ringostat.webhook import parse_list_row
from integrations.services.clients.lease import give_connection_back
from integrations.services.intake.receive import fold_into_call
from integrations.services.intake.recipients import Recipient

log = structlog.get_logger(__name__)

AROUND = timedelta(minutes=2)


def ringostat_client(customer: Customer) -> RingostatClient | None:
    """None for a customer without an Auth-key. Raises RingostatError for a key that cannot be one.

    Fields that the project refused are asked for again once a day: somebody may have given it to them meanwhile.
    Gives the database connection back: Ringostat may take its time to answer, and the connections are few.
    """
    if not customer.ringostat_auth_key:
        return None
    read_today = CatchUpCursor.objects.filter(customer=customer, read_until__gte=TruncDay(Now()))
    refused_fields = read_today.values_list("refused_fields", flat=True).first() or ()
    give_connection_back()
    return RingostatClient(
        customer.ringostat_api_url,
        customer.ringostat_auth_key.reveal(),
        customer.ringostat_project_id,
        session=guarded_session(),
        refused_fields=refused_fields,
    )


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
