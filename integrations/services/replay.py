"""Does again what went wrong: stored webhook events through today's parser, and calls that failed or were skipped."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet

from integrations.models import Call, CallState, Customer, EventResult, Turn, WebhookEvent, Work
from integrations.ringostat.body import RawRequest
from integrations.services.intake import DUE, ERASED, NO_FINAL_EVENT, Understood, fold_into_call, understand
from integrations.services.recipients import Recipient
from integrations.services.jobs import deliver_soon
from integrations.services.progress import Progress

log = structlog.get_logger(__name__)

REPLAYABLE = (CallState.FAILED, CallState.SKIPPED)
NEVER_REPLAYED = (ERASED, NO_FINAL_EVENT)
"""Reasons of calls of which too little is known to say anything of them."""
BATCH = 500


def replay_events(events: QuerySet[WebhookEvent]) -> Counter[EventResult]:
    """Reads stored requests as if they came today; each event's row then says what became of it. Idempotent.

    Returns how many had which result. Raises OperationalError or InterfaceError when the database is lost; what was
    done until then stays done.
    """
    results: Counter[EventResult] = Counter()
    for event_id in list(events.order_by("pk").values_list("pk", flat=True)):
        event = WebhookEvent.objects.select_related("customer").filter(pk=event_id).first()
        if event:
            results[_replay(event)] += 1
    return results


def replay_calls(calls: QuerySet[Call], *, done: Callable[[int], None] = lambda count: None) -> int:
    """Makes calls that failed or were skipped due again, from their receipts on. Other calls are left alone, and
    paused customers stay paused. `done` is told of each batch.

    Returns how many.
    """
    call_ids = list(replayable(calls).order_by("pk").values_list("pk", flat=True))
    made_due = 0
    for first in range(0, len(call_ids), BATCH):
        batch = call_ids[first : first + BATCH]
        made_due += _make_due(batch)
        done(len(batch))
    return made_due


def replayable(calls: QuerySet[Call]) -> QuerySet[Call]:
    """Those of them that replay_calls would make due."""
    return calls.filter(state__in=REPLAYABLE).exclude(reason__in=NEVER_REPLAYED)


def send_again_as_asked(work: Work, progress: Progress) -> dict[str, int]:
    """Long work: the calls whose numbers are its argument `calls`."""
    calls = Call.objects.filter(pk__in=work.arguments["calls"])
    progress.expect(replayable(calls).count())
    return {"calls": replay_calls(calls, done=progress.add)}


RUNNING: Mapping[str, Any] = {
    "paused_reason": "",
    "paused_at": None,
    "paused_by_hand": False,
    "access_check_at": None,
}


def resume_customer(customer: Customer, *, by_hand: bool = False) -> None:
    """Lets a paused or waiting customer's calls go on now. Whom a person has paused, a person resumes: `by_hand`."""
    with transaction.atomic():
        theirs = Customer.objects.filter(pk=customer.pk)
        if not (theirs if by_hand else theirs.filter(paused_by_hand=False)).update(**RUNNING):
            return
        for column, value in RUNNING.items():
            setattr(customer, column, value)
        Turn.objects.filter(customer=customer).update(retry_at=None, failures=0)
        deliver_soon(customer.pk)


def _make_due(call_ids: list[int]) -> int:
    with transaction.atomic():
        calls = Call.objects.select_for_update(no_key=True).filter(pk__in=call_ids, state__in=REPLAYABLE)
        customer_of = dict(calls.order_by("pk").values_list("pk", "customer_id"))
        Call.objects.filter(pk__in=customer_of).update(**DUE)
        for customer_id in sorted(set(customer_of.values())):
            deliver_soon(customer_id)
    return len(customer_of)


def _replay(event: WebhookEvent) -> EventResult:
    customer = event.customer
    recipient = Recipient(customer_id=customer.pk, zone=ZoneInfo(customer.timezone), region=customer.region)
    raw = RawRequest(
        method=event.method,
        content_type=event.content_type,
        query_string=event.query_string,
        body=bytes(event.body),
    )
    understood = understand(recipient, event.event, raw)
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
    # As of its own time: a call that is made only now came when its event did.
    call_id = fold_into_call(recipient, understood.facts, event.received_at) if understood.facts else None
    WebhookEvent.objects.filter(pk=event.pk).update(
        call_id=call_id, kind=understood.kind, result=understood.result, reason=understood.reason
    )
