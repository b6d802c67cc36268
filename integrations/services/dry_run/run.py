"""Tries a call: makes an unsaved call from a stored request, a stored call, a pasted body or a typed number, and
simulates its delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.folding import fold
from integrations.models import BackgroundJob, Call, Customer, Employee, EventResult, WebhookEvent
from integrations.ringostat.body import RawRequest
from integrations.services.dry_run.delivery import deliver_dry
from integrations.services.dry_run.report import DryRunReport
from integrations.services.intake.receive import findings_of, raw_request_of, understand
from integrations.services.intake.sql import Recipient
from integrations.services.queue.background import forget_old_dry_runs
from integrations.services.queue.progress import Progress

TYPED_ID = "dry-run"
EXAMPLE = "example"
"""The value of every mapped parameter of a typed call."""

TALK_SECONDS, WAIT_SECONDS = 60, 12
"""Of a typed call."""


@dataclass(frozen=True, kw_only=True)
class TriedCall:
    """`call`: the call to try; None when the request contains none. `report`: how the request was understood."""

    call: Call | None
    report: DryRunReport = field(default_factory=DryRunReport)


def dry_run_job(job: BackgroundJob, progress: Progress) -> dict[str, Any]:
    """The background job. Its arguments have one of the keys of SOURCES, and the values that this source needs."""
    forget_old_dry_runs()
    customer = Customer.objects.prefetch_related("employees", "utm_fields").get(background_jobs=job.pk)
    source = next(name for name in SOURCES if name in job.arguments)
    tried = SOURCES[source](customer, job.arguments)
    report = deliver_dry(tried.call, customer, tried.report) if tried.call else tried.report
    return report.to_json()


def _stored_event(customer: Customer, arguments: Mapping[str, Any]) -> TriedCall:
    event = WebhookEvent.objects.get(customer=customer, pk=arguments["event"])
    return _request(customer, event.event, raw_request_of(event), event.received_at)


def _stored_call(customer: Customer, arguments: Mapping[str, Any]) -> TriedCall:
    return TriedCall(call=Call.objects.get(customer=customer, pk=arguments["call"]))


def _pasted_body(customer: Customer, arguments: Mapping[str, Any]) -> TriedCall:
    raw = RawRequest(method="POST", content_type="", query_string="", body=arguments["body"].encode())
    return _request(customer, arguments["event_name"], raw, timezone.now())


def _typed_number(customer: Customer, arguments: Mapping[str, Any]) -> TriedCall:
    employee = Employee.objects.filter(customer=customer, pk=arguments["employee"]).first()
    facts = typed_facts(
        customer,
        number=arguments["number"],
        direction=Direction(arguments["direction"]),
        outcome=Outcome(arguments["outcome"]),
        employee=employee,
    )
    return TriedCall(call=_unsaved(customer, facts))


SOURCES: Mapping[str, Callable[[Customer, Mapping[str, Any]], TriedCall]] = {
    "event": _stored_event,
    "call": _stored_call,
    "body": _pasted_body,
    "number": _typed_number,
}


def typed_facts(
    customer: Customer, *, number: str, direction: Direction, outcome: Outcome, employee: Employee | None
) -> CallFacts:
    """The facts of a call as Ringostat reports them, with a value for every mapped parameter."""
    is_answered, is_incoming = outcome is Outcome.ANSWERED, direction is Direction.INCOMING
    login = employee.sip_logins[0] if employee and employee.sip_logins else ""
    return CallFacts(
        ringostat_id=TYPED_ID,
        is_final=True,
        call_type="in" if is_incoming else "out",
        direction=direction,
        status="ANSWERED" if is_answered else "NO ANSWER",
        exact_start=timezone.now(),
        total_seconds=TALK_SECONDS + WAIT_SECONDS if is_answered else WAIT_SECONDS,
        wait_seconds=WAIT_SECONDS,
        talk_seconds=TALK_SECONDS if is_answered else 0,
        caller=number if is_incoming else login,
        destination="" if is_incoming else number,
        connected_with=login if is_incoming else "",
        staff_id=employee.staff_id if employee else "",
        employee_name=employee.name if employee else "",
        employee_email=employee.email if employee else "",
        extension=employee.extension if employee else "",
        has_recording=False,
        parameters={mapping.parameter: EXAMPLE for mapping in customer.utm_fields.all()},
    )


def _request(customer: Customer, event: str, raw: RawRequest, received_at: datetime) -> TriedCall:
    """Parses the request as intake does."""
    recipient = Recipient.of(customer)
    understood = understand(recipient, event, raw, received_at)
    # The reason of a failed parser is a traceback, which says nothing to the reader of the report.
    reason = "" if understood.result is EventResult.FAILED else understood.reason
    report = DryRunReport(
        understood=understood.result.value,
        kind=understood.kind,
        why_not=reason,
        notes=findings_of(understood)["notes"] or [],
    )
    return TriedCall(call=_unsaved(customer, understood.facts) if understood.facts else None, report=report)


def _unsaved(customer: Customer, facts: CallFacts) -> Call:
    return Call(
        customer=customer,
        ringostat_id=facts.ringostat_id,
        facts=fold(None, facts),
        started_at=facts.started_at or timezone.now(),
    )
