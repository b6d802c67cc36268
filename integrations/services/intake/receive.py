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
from integrations.domain.reasons import Reason
from integrations.models import CallState, EventResult, WebhookEvent
from integrations.ringostat.body import RawRequest
from integrations.ringostat.problems import Note, NotUnderstood
from integrations.ringostat.webhook import parse
from integrations.services.intake.recipients import (
    Recipient,
    forget_recipient_of,
    recipient_of,
    remembered_recipient_of,
)
from integrations.services.intake.sql import (
    AddressGone,
    CallMoved,
    Columns,
    Origin,
    StoredCall,
    write_change,
    write_event,
    write_new,
)

log = structlog.get_logger(__name__)

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
    problem: str = ""
    """The kind of what was not understood; `reason` has the place."""
    reason: str = ""
    facts: CallFacts | None = None
    notes: tuple[Note, ...] = ()
    """What to tell of a request that was understood."""


def receive_at(token: str, *, event: str, raw: RawRequest) -> EventResult | None:
    """receive() for whom the webhook address belongs to. None: it is nobody's, and nothing was stored.

    Who it was last time is taken for true without asking: what is written is written only if it still is.
    """
    for find in (remembered_recipient_of, recipient_of):
        recipient = find(token)
        if recipient is not None:
            try:
                return receive(recipient, event=event, raw=raw)
            except AddressGone:
                forget_recipient_of(token)
    return None


def receive(recipient: Recipient, *, event: str, raw: RawRequest) -> EventResult:
    """Stores a request and what it says of a call. Repeating it changes nothing; the order of requests does not
    matter.

    Raises AddressGone; OperationalError or InterfaceError when the database cannot be reached. Every other trouble
    ends as a stored event that says so.
    """
    now = timezone.now()
    understood = understand(recipient, event, raw, now)
    try:
        _store(recipient, _event(event, raw, understood, now), understood.facts, now)
    except (AddressGone, OperationalError, InterfaceError):
        raise
    except Exception:
        # A mistake of ours must not cost the customer a call: keep the request, so that it can be replayed once we
        # are mended.
        log.exception("webhook failed", customer_id=recipient.customer_id)
        understood = Understood(result=EventResult.FAILED, kind=understood.kind, reason=traceback.format_exc(limit=-5))
        _store(recipient, _event(event, raw, understood, now), None, now)
    return understood.result


def understand(recipient: Recipient, event: str, raw: RawRequest, received_at: datetime) -> Understood:
    """What today's parser makes of a request that came at `received_at`. Stores nothing and never raises."""
    try:
        parsed = parse(raw, event=event or None, timezone=recipient.zone, received_at=received_at)
    except NotUnderstood as error:
        return Understood(result=EventResult.NOT_UNDERSTOOD, problem=error.problem, reason=error.reason)
    except Exception:
        log.exception("webhook parser failed", customer_id=recipient.customer_id)
        return Understood(result=EventResult.FAILED, reason=traceback.format_exc(limit=-5))
    kind = parsed.kind.value if parsed.kind else ""
    if parsed.facts is None:
        return Understood(result=EventResult.IGNORED, kind=kind, reason=parsed.ignored)
    return Understood(result=EventResult.CALL, kind=kind, facts=parsed.facts, notes=parsed.notes)


def raw_request_of(event: WebhookEvent) -> RawRequest:
    """The request that a stored event keeps."""
    return RawRequest(
        method=event.method,
        content_type=event.content_type,
        content_encoding=event.content_encoding,
        query_string=event.query_string,
        body=bytes(event.body),
    )


def _event(event: str, raw: RawRequest, understood: Understood, now: datetime) -> Columns:
    return {
        "received_at": now,
        "event": event[:64].replace("\0", ""),
        "method": raw.method[:8],
        "content_type": raw.content_type[:200],
        "content_encoding": raw.content_encoding[:64],
        "query_string": raw.query_string,
        "body": raw.body,
        "kind": understood.kind,
        "result": understood.result,
        **findings_of(understood),
    }


def findings_of(understood: Understood) -> dict[str, Any]:
    """The columns of an event that say how its request was read."""
    notes = [[note.kind.value, note.name, note.value] for note in understood.notes]
    return {"problem": understood.problem, "reason": understood.reason, "notes": notes or None}


def _store(recipient: Recipient, event: Columns, facts: CallFacts | None, now: datetime) -> None:
    if facts is None:
        write_event(Origin(recipient=recipient, event=event), None)
    else:
        fold_into_call(recipient, facts, now, event=event)


def fold_into_call(recipient: Recipient, facts: CallFacts, now: datetime, *, event: Columns | None = None) -> int:
    """Adds what one event says to its call, made when it is the first, and has it delivered when it is final; its
    number.

    `now`: when the event came. `event`: the row of its webhook request, which is written with it. Raises AddressGone.
    """
    origin = Origin(recipient=recipient, event=event)
    while True:
        try:
            return _fold_into_call(origin, facts, now)
        except CallMoved:  # events of one call at the same moment: one of them got further, and this one follows it
            continue


def _fold_into_call(origin: Origin, facts: CallFacts, now: datetime) -> int:
    region = origin.recipient.region
    fresh = fold(None, facts)
    columns = columns_of(fresh, region, now) | _standing(fresh)
    call = write_new(origin, facts.ringostat_id, {"received_at": now, **columns})
    if isinstance(call, int):
        return call
    folded = fold(call.facts, facts)
    if folded == call.facts:
        if origin.event:
            write_event(origin, call)
        return call.id
    columns = columns_of(folded, region, now) | _change(call, folded)
    if facts_of(folded, "").started_at is None:
        del columns["started_at"]  # the first event's arrival stays the best that is known
    if call.state is CallState.DELIVERED:
        del columns["outcome"]  # as it stands in Planfix, whatever Ringostat says now
    write_change(origin, call, columns)
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
        "has_recording": facts.is_recorded,
    }


def _standing(folded: Folded) -> dict[str, Any]:
    """Where a call stands that nothing has been done with yet: due once its final event is in."""
    if folded["final"]:
        return DUE
    return {"state": CallState.IN_PROGRESS, "due_at": None, "reason": "", "detail": ""}


def _change(call: StoredCall, folded: Folded) -> dict[str, Any]:
    """What the news does to where a call stands: often nothing."""
    facts = facts_of(folded, "")
    if call.state is CallState.IN_PROGRESS:
        return _standing(folded)
    if call.state is CallState.SKIPPED and call.reason not in (Reason.ERASED, Reason.DISMISSED) and facts.is_final:
        # What was skipped for want of a number, an employee or an end may be decided otherwise now.
        return DUE
    if call.state is CallState.DELIVERED and facts.says_more_than(facts_of(call.facts, "")):
        return {"due_at": Now()}
    return {}
