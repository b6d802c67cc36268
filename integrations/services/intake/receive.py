"""Stores a webhook request as an event, folds it into its call and enqueues the delivery, in one transaction.

Sends no requests.
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
from integrations.services.intake.sql import (
    AddressGone,
    CallMoved,
    Columns,
    Origin,
    Recipient,
    StoredCall,
    forget_recipient_of,
    recipient_of,
    remembered_recipient_of,
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
"""The columns of a call that is due now, by the database's clock."""
NEW_AND_DUE = {name: DUE[name] for name in ("state", "due_at", "due_since")}
"""The same for a call that has no row yet: the other columns have these values by default."""


@dataclass(frozen=True, kw_only=True)
class Understood:
    """How the parser understood a request."""

    result: EventResult
    kind: str = ""
    problem: str = ""
    """The kind of problem if the request was not understood; `reason` names the place."""
    reason: str = ""
    facts: CallFacts | None = None
    notes: tuple[Note, ...] = ()
    """Remarks about a request that was understood."""


def receive_at(token: str, *, event: str, raw: RawRequest) -> EventResult | None:
    """Calls receive() for the customer of the webhook address. For an unknown address stores nothing and returns None.

    Takes the customer from memory, without a query. The statement that writes checks whether the address is still
    valid.
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
    """Stores a request and folds it into its call. A repeated request changes no call, and the order of requests does
    not matter.

    Raises AddressGone; OperationalError or InterfaceError when the database is unreachable. Stores any other error with
    the event.
    """
    now = timezone.now()
    understood = understand(recipient, event, raw, now)
    try:
        _store(recipient, _event(event, raw, understood, now), understood.facts, now)
    except (AddressGone, OperationalError, InterfaceError):
        raise
    except Exception:
        # Our mistake must not cost the customer a call: keep the request, so that it can be replayed after the fix.
        log.exception("webhook failed", customer_id=recipient.customer_id)
        understood = Understood(result=EventResult.FAILED, kind=understood.kind, reason=traceback.format_exc(limit=-5))
        _store(recipient, _event(event, raw, understood, now), None, now)
    return understood.result


def understand(recipient: Recipient, event: str, raw: RawRequest, received_at: datetime) -> Understood:
    """Parses a request that arrived at `received_at`. Stores nothing and never raises."""
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
    """Rebuilds the request from a stored event."""
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
    """The columns of an event that say how the parser understood its request."""
    notes = [[note.kind.value, note.name, note.value] for note in understood.notes]
    return {"problem": understood.problem, "reason": understood.reason, "notes": notes or None}


def _store(recipient: Recipient, event: Columns, facts: CallFacts | None, now: datetime) -> None:
    if facts is None:
        write_event(Origin(recipient=recipient, event=event), None)
    else:
        fold_into_call(recipient, facts, now, event=event)


def fold_into_call(recipient: Recipient, facts: CallFacts, now: datetime, *, event: Columns | None = None) -> int:
    """Folds the facts of one event into its call. Returns the call's id.

    The first event creates the call, and a final event makes it due. `now`: when the event arrived. `event`: the row of
    its webhook request, which is stored in the same transaction. Raises AddressGone.
    """
    origin = Origin(recipient=recipient, event=event)
    while True:
        try:
            return _fold_into_call(origin, facts, now)
        except CallMoved:  # Another event of this call was faster: fold this one into its result.
            continue


def _fold_into_call(origin: Origin, facts: CallFacts, now: datetime) -> int:
    region = origin.recipient.region
    fresh = fold(None, facts)
    columns = columns_of(fresh, facts, region, now) | (NEW_AND_DUE if fresh["final"] else {})
    call = write_new(origin, facts.ringostat_id, {"received_at": now, **columns})
    if isinstance(call, int):
        return call
    folded = fold(call.facts, facts)
    if folded == call.facts:
        if origin.event:
            write_event(origin, call)
        return call.id
    all_facts = facts_of(folded, "")
    columns = columns_of(folded, all_facts, region, now) | _change(call, folded, all_facts)
    if all_facts.started_at is None:
        del columns["started_at"]  # Keep the arrival of the first event: nothing better is known.
    if call.state is CallState.DELIVERED:
        del columns["outcome"]  # Keep the outcome that was written to Planfix.
    write_change(origin, call, columns)
    return call.id


def columns_of(folded: Folded, facts: CallFacts, region: str, now: datetime) -> dict[str, Any]:
    """The call's columns that follow from its facts. Lists filter by them. `facts`: those of `folded`."""
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


def _due_if_final(folded: Folded) -> dict[str, Any]:
    """The columns that change when a call in progress gets its final event."""
    return DUE if folded["final"] else {}


def _change(call: StoredCall, folded: Folded, facts: CallFacts) -> dict[str, Any]:
    """The columns of state and due time that an event changes in a stored call. Often it changes none."""
    if call.state is CallState.IN_PROGRESS:
        return _due_if_final(folded)
    if call.state is CallState.SKIPPED and call.reason not in (Reason.ERASED, Reason.DISMISSED) and facts.is_final:
        # The event may bring the number, the employee or the end that was missing.
        return DUE
    if call.state is CallState.DELIVERED and _has_news(facts, facts_of(call.facts, "")):
        return {"due_at": Now()}
    return {}


def _has_news(facts: CallFacts, earlier: CallFacts) -> bool:
    """Is there anything new for a delivered call's comment: a recording, an analysis, a rating, or another outcome?"""
    return facts.says_more_than(earlier) or outcome_of(facts) is not outcome_of(earlier)
