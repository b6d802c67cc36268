"""Tries a call out: a stored request, a stored call, a pasted body or a typed number becomes a call that is not kept,
and is delivered dry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.folding import fold
from integrations.models import BackgroundJob, Call, Customer, Employee, EventResult, WebhookEvent
from integrations.ringostat.body import RawRequest
from integrations.services.dry_run.delivery import Told, deliver_dry
from integrations.services.intake.receive import raw_request_of, understand
from integrations.services.intake.recipients import Recipient
from integrations.services.queue.background import forget_old_dry_runs
from integrations.services.queue.progress import Progress

TYPED_ID = "dry-run"
EXAMPLE = "example"
"""Stands for the value of each parameter that the customer hands over."""

TALK, WAITING = 60, 12
"""Seconds of a typed call."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`call`: what to deliver dry, if there is anything; `told`: what is to be said of how it came about."""

    call: Call | None
    told: Told


def dry_run_job(work: BackgroundJob, progress: Progress) -> dict[str, Any]:
    """Long work. Its arguments have one of the keys of SOURCES, and what belongs to it."""
    forget_old_dry_runs()
    customer = Customer.objects.prefetch_related("employees", "utm_fields").get(background_jobs=work.pk)
    source = next(name for name in SOURCES if name in work.arguments)
    trial = SOURCES[source](customer, work.arguments)
    return trial.told | (deliver_dry(trial.call, customer) if trial.call else {})


def _stored_event(customer: Customer, arguments: Mapping[str, Any]) -> Trial:
    event = WebhookEvent.objects.get(customer=customer, pk=arguments["event"])
    return _request(customer, event.event, raw_request_of(event), event.received_at)


def _stored_call(customer: Customer, arguments: Mapping[str, Any]) -> Trial:
    return Trial(call=Call.objects.get(customer=customer, pk=arguments["call"]), told={})


def _pasted_body(customer: Customer, arguments: Mapping[str, Any]) -> Trial:
    raw = RawRequest(method="POST", content_type="", query_string="", body=arguments["body"].encode())
    return _request(customer, arguments["event_name"], raw, timezone.now())


def _typed_number(customer: Customer, arguments: Mapping[str, Any]) -> Trial:
    employee = Employee.objects.filter(customer=customer, pk=arguments["employee"]).first()
    facts = typed_facts(
        customer,
        number=arguments["number"],
        direction=Direction(arguments["direction"]),
        outcome=Outcome(arguments["outcome"]),
        employee=employee,
    )
    return Trial(call=_unsaved(customer, facts), told={})


SOURCES: Mapping[str, Callable[[Customer, Mapping[str, Any]], Trial]] = {
    "event": _stored_event,
    "call": _stored_call,
    "body": _pasted_body,
    "number": _typed_number,
}


def typed_facts(
    customer: Customer, *, number: str, direction: Direction, outcome: Outcome, employee: Employee | None
) -> CallFacts:
    """The facts of a call as Ringostat would tell them, with every parameter that the customer hands over."""
    is_answered, is_incoming = outcome is Outcome.ANSWERED, direction is Direction.INCOMING
    login = employee.sip_logins[0] if employee and employee.sip_logins else ""
    return CallFacts(
        ringostat_id=TYPED_ID,
        is_final=True,
        call_type="in" if is_incoming else "out",
        direction=direction,
        status="ANSWERED" if is_answered else "NO ANSWER",
        exact_start=timezone.now(),
        total_seconds=TALK + WAITING if is_answered else WAITING,
        wait_seconds=WAITING,
        talk_seconds=TALK if is_answered else 0,
        caller=number if is_incoming else login,
        destination="" if is_incoming else number,
        connected_with=login if is_incoming else "",
        staff_id=employee.staff_id if employee else "",
        employee_name=employee.name if employee else "",
        employee_email=employee.email if employee else "",
        extension=employee.extension if employee else "",
        has_recording=False,
        parameters={utm.parameter: EXAMPLE for utm in customer.utm_fields.all()},
    )


def _request(customer: Customer, event: str, raw: RawRequest, received_at: datetime) -> Trial:
    """By the intake's own parser."""
    recipient = Recipient.of(customer)
    understood = understand(recipient, event, raw, received_at)
    # A mistake of ours comes with its traceback, which is no sentence for anybody.
    reason = "" if understood.result is EventResult.FAILED else understood.reason
    told = {"understood": understood.result.value, "kind": understood.kind, "why_not": reason}
    return Trial(call=_unsaved(customer, understood.facts) if understood.facts else None, told=told)


def _unsaved(customer: Customer, facts: CallFacts) -> Call:
    return Call(
        customer=customer,
        ringostat_id=facts.ringostat_id,
        facts=fold(None, facts),
        started_at=facts.started_at or timezone.now(),
    )
