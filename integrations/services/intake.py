"""From a webhook request to a stored event, a folded call and a waiting job, in one transaction. Asks nobody over the
network.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now
from django.utils import timezone

from integrations.domain.calls import CallFacts
from integrations.domain.folding import Folded, facts_of, fold
from integrations.domain.outcome import outcome_of
from integrations.domain.parties import client_number
from integrations.models import CallState, EventResult, WebhookToken
from integrations.ringostat.body import NotUnderstood, RawRequest
from integrations.ringostat.webhook import parse
from integrations.services.call_writes import AddressGone, CallMoved, Columns, Origin, StoredCall, write_change, write_event, write_new
from integrations.services.recipients import Recipient, recipient_of

log = structlog.get_logger(__name__)

NO_FINAL_EVENT = "no_final_event"
"""The reason of a call that was closed because its end was never told. A final event opens it again."""
ERASED = "erased"
SETTLED = "settled"
"""The reason of a call that a person has dealt with: it is not sent unless a person says so."""

DUE: dict[str, Any] = {
    "state": CallState.PENDING,
    "due_at": Now(),
    "due_since": Now(),
    "reason": "",
    "detail": "",
    "finished_at": None,
}
"""The columns of a call that is to be delivered now. By the database's clock, which decides what is due."""


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What the parser made of a request."""

    result: EventResult
    kind: str = ""
    reason: str = ""
    facts: CallFacts | None = None


def receive_at(token: str, *, event: str, raw: RawRequest) -> EventResult | None:
    """receive() for whom the webhook address belongs to; None when it is nobody's, and then nothing is stored."""
    token_hash = WebhookToken.hash_of(token)
    for find in (_last_found.get, _look_up):
        recipient = find(token_hash)
def understand(recipient: Recipient, event: str, raw: RawRequest) -> Understood:
    """What today's parser makes of a request. Stores nothing and never raises."""
    try:
        parsed = parse(raw, event=event or None, timezone=recipient.zone)
    except NotUnderstood as error:
        return Understood(result=EventResult.NOT_UNDERSTOOD, reason=str(error))
    except Exception:
        log.exception("webhook parser failed", customer_id=recipient.customer_id)
        return Understood(result=EventResult.FAILED, reason=traceback.format_exc(limit=-5))
    kind = parsed.kind.value if parsed.kind else ""
    if parsed.facts is None:
        return Understood(result=EventResult.IGNORED, kind=kind, reason=parsed.ignored)
    return Understood(result=EventResult.CALL, kind=kind, facts=parsed.facts)


def _store(recipient: Recipient, event: str, raw: RawRequest, understood: Understood) -> EventResult:
    now = timezone.now()
    call_id = fold_into_call(recipient, understood.facts, now) if understood.facts else None
    WebhookEvent.objects.create(
        customer_id=recipient.customer_id,
        call_id=call_id,
        received_at=now,
        event=event[:64].replace("\0", ""),
        method=raw.method[:8],
        content_type=raw.content_type[:200],
        query_string=raw.query_string,
        body=raw.body,
        kind=understood.kind,
        result=understood.result,
        reason=understood.reason,
    )
    return understood.result


def fold_into_call(recipient: Recipient, facts: CallFacts, now: datetime) -> int:
    """Adds what one event says to its call, made when it is the first, and has it delivered when it is final. Within a
    transaction.

    `now`: when the event came.
    """
    fresh = fold(None, facts)
    columns = columns_of(fresh, recipient.region, now) | _standing(fresh)
    call = _insert_or_lock(recipient.customer_id, facts.ringostat_id, columns, now)
    if not call.is_new:
        folded = fold(call.facts, facts)
        if folded == call.facts:
            return call.id
        columns = columns_of(folded, recipient.region, now) | _change(call, folded)
        if facts_of(folded, "").started_at is None:
            del columns["started_at"]  # the first event's arrival stays the best that is known
        if call.state is CallState.DELIVERED:
            del columns["outcome"]  # as it stands in Planfix, whatever Ringostat says now
        Call.objects.filter(pk=call.id).update(**columns)
    if columns.get("due_at"):
        deliver_soon(recipient.customer_id)
    return call.id


def columns_of(folded: Folded, region: str, now: datetime) -> dict[str, Any]:
    """The folded facts, and the columns that lists filter by."""
    facts = facts_of(folded, "")
    number = client_number(facts, region)
    return {
        "facts": folded,
        "direction": facts.direction.value if facts.direction else "",
        "outcome": outcome_of(facts).value if facts.is_final else "",
        "client_number": (number.number or number.raw)[:64],
        "started_at": facts.started_at or now,
        "utm_source": facts.parameters.get("utm_source", "")[:255],
        "has_recording": bool(facts.has_recording),
    }


def _standing(folded: Folded) -> dict[str, Any]:
    """Where a call stands that nothing has been done with yet: due once its final event is in."""
    if facts_of(folded, "").is_final:
        return DUE
    return {"state": CallState.IN_PROGRESS, "due_at": None}


def _change(call: _Stored, folded: Folded) -> dict[str, Any]:
    """What the news does to where a call stands: often nothing."""
    facts = facts_of(folded, "")
    if call.state is CallState.IN_PROGRESS:
        return _standing(folded)
    if call.state is CallState.SKIPPED and call.reason not in (ERASED, SETTLED) and facts.is_final:
        # What was skipped for want of a number, an employee or an end may be decided otherwise now.
        return DUE
    if call.state is CallState.DELIVERED and facts.says_more_than(facts_of(call.facts, "")):
        return {"due_at": Now()}
    return {}


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """The call as it stands in the database, locked."""

    id: int
    facts: Folded
    state: CallState
    reason: str
    is_new: bool


def _insert_or_lock(customer_id: int, ringostat_id: str, columns: dict[str, Any], now: datetime) -> _Stored:
    """One statement that makes the call, or locks and reads the one that is there: two first events at once cannot
    make two calls.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO integrations_call AS call
                   (customer_id, ringostat_id, facts, direction, outcome, client_number, started_at,
                    utm_source, has_recording, state, due_at, due_since, reason, detail, received_at)
            VALUES (%(customer_id)s, %(ringostat_id)s, %(facts)s, %(direction)s, %(outcome)s, %(client_number)s,
                    %(started_at)s, %(utm_source)s, %(has_recording)s, %(state)s,
                    CASE WHEN %(is_due)s THEN statement_timestamp() END,
                    CASE WHEN %(is_due)s THEN statement_timestamp() END, '', '', %(now)s)
            ON CONFLICT (customer_id, ringostat_id) DO UPDATE SET ringostat_id = call.ringostat_id
            RETURNING id, facts::text, state, reason, xmax = 0
            """,
            {
                **columns,
                "state": columns["state"].value,
                "is_due": columns["due_at"] is not None,
                "facts": json.dumps(columns["facts"]),
                "customer_id": customer_id,
                "ringostat_id": ringostat_id,
                "now": now,
            },
        )
        call_id, stored, state, reason, is_new = cursor.fetchone()
    return _Stored(id=call_id, facts=json.loads(stored), state=CallState(state), reason=reason, is_new=is_new)
