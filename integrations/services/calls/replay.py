"""Replays stored webhook events through today's parser, and makes failed or skipped calls due again."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.domain.folding import facts_of, refold
from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer, EventResult, HistoryKind, WebhookEvent
from integrations.services.calls.batches import in_batches
from integrations.services.calls.history import record_action
from integrations.services.intake.receive import (
    DUE,
    Understood,
    columns_of,
    findings_of,
    fold_into_call,
    raw_request_of,
    understand,
)
from integrations.services.intake.sql import Recipient
from integrations.services.queue.defer import deliver_soon

log = structlog.get_logger(__name__)

REPLAYABLE = (CallState.FAILED, CallState.SKIPPED)
NEVER_REPLAYED = (Reason.ERASED, Reason.NO_FINAL_EVENT)
"""Reasons of calls with too few facts to deliver."""
LEFT_ALONE = (*NEVER_REPLAYED, Reason.DISMISSED)
"""Reasons of calls that are not retried together with others. A dismissed call is retried by itself only."""


def replay_events(events: QuerySet[WebhookEvent]) -> Counter[EventResult]:
    """Reads stored requests again with today's parser, and stores each result with its event. Idempotent.

    Returns the number of events by result. Raises OperationalError or InterfaceError when the database is lost; earlier
    results remain stored.
    """
    results: Counter[EventResult] = Counter()
    for event_id in list(events.order_by("pk").values_list("pk", flat=True)):
        event = WebhookEvent.objects.select_related("customer").filter(pk=event_id).first()
        if event:
            results[_replay(event)] += 1
    return results


def replay_calls(
    calls: QuerySet[Call], *, by: User | None = None, done: Callable[[int], None] = lambda count: None
) -> int:
    """Makes calls that failed or were skipped due again; delivery continues from their receipts. Leaves other calls
    alone. Paused customers stay paused. Calls `done` with the size of each batch.

    `by`: who asked, for the calls' history. Returns the number of calls made due.
    """
    return sum(_make_due(batch, by) for batch in in_batches(replayable(calls), done))


def replayable(calls: QuerySet[Call]) -> QuerySet[Call]:
    """The calls that replay_calls() would make due."""
    return calls.filter(state__in=REPLAYABLE).exclude(reason__in=LEFT_ALONE)


def send_again(call: Call, *, by: User | None = None) -> bool:
    """Makes one call due now: one that failed, was skipped or dismissed, or waits for its next attempt. Returns False
    when there is nothing to send.
    """
    if call.state == CallState.PENDING:
        with transaction.atomic():
            waits = Call.objects.filter(pk=call.pk, state=CallState.PENDING).update(due_at=Now())
            if waits:
                record_action([call.pk], HistoryKind.RETRIED, by=by)
            deliver_soon(call.customer_id)
        return bool(waits)
    return call.reason not in NEVER_REPLAYED and bool(_make_due([call.pk], by))


def replay_call(call: Call, *, by: User | None = None) -> Counter[EventResult]:
    """Reads the call's stored events with today's parser, folds them again, and makes the call due for a decision with
    today's settings. Delivery updates what is in Planfix already and never writes it twice. Idempotent.

    Returns the number of events by result.
    """
    results = replay_events(call.events.all())
    with transaction.atomic():
        stored = Call.objects.select_for_update(no_key=True).get(pk=call.pk)
        record_action([stored.pk], HistoryKind.REREAD, by=by)
        Call.objects.filter(pk=stored.pk).update(**_decided_anew(stored, call.customer))
        deliver_soon(stored.customer_id)
    return results


def _decided_anew(call: Call, customer: Customer) -> dict[str, Any]:
    """The columns of the call after its events are folded again."""
    recipient = Recipient.of(customer)
    events = call.events.order_by("pk")
    read = (understand(recipient, event.event, raw_request_of(event), event.received_at).facts for event in events)
    folded = refold(call.facts, [facts for facts in read if facts and facts.ringostat_id == call.ringostat_id])
    facts = facts_of(folded, "")
    columns = columns_of(folded, facts, customer.region, call.received_at)
    if facts.started_at is None:
        del columns["started_at"]
    if call.state == CallState.DELIVERED:
        del columns["outcome"]  # keep the outcome that was written to Planfix
    if call.state in (CallState.DELIVERED, CallState.PENDING):
        return columns | {"due_at": Now()}
    may_be_decided = folded["final"] and call.reason != Reason.ERASED
    return columns | (DUE if may_be_decided else {})


def _make_due(call_ids: list[int], by: User | None) -> int:
    with transaction.atomic():
        calls = Call.objects.select_for_update(no_key=True).filter(pk__in=call_ids, state__in=REPLAYABLE)
        customer_of = dict(calls.order_by("pk").values_list("pk", "customer_id"))
        record_action(list(customer_of), HistoryKind.RETRIED, by=by)
        Call.objects.filter(pk__in=customer_of).update(**DUE)
        for customer_id in sorted(set(customer_of.values())):
            deliver_soon(customer_id)
    return len(customer_of)


def _replay(event: WebhookEvent) -> EventResult:
    customer, recipient = event.customer, Recipient.of(event.customer)
    understood = understand(recipient, event.event, raw_request_of(event), event.received_at)
    try:
        with transaction.atomic():
            _store(event, recipient, understood)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("replay failed", customer_id=customer.pk, event_id=event.pk)
        understood = Understood(result=EventResult.FAILED, kind=understood.kind, reason=traceback.format_exc(limit=-5))
        _store(event, recipient, understood)
    return understood.result


def _store(event: WebhookEvent, recipient: Recipient, understood: Understood) -> None:
    # By the event's time: a call that is created only now was received when its event was.
    call_id = fold_into_call(recipient, understood.facts, event.received_at) if understood.facts else None
    WebhookEvent.objects.filter(pk=event.pk).update(
        call_id=call_id, kind=understood.kind, result=understood.result, **findings_of(understood)
    )
