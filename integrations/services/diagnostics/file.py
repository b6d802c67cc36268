"""Makes a customer's diagnostics file: settings, traits, findings, versions, and its last failing calls with their
events, requests and answers. Sends no requests.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import django
import phonenumbers
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.utils import timezone

from integrations.models import (
    AccountTrait,
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallHistory,
    CallState,
    Customer,
    Delivery,
    EventResult,
    PlanfixRequest,
    ReadBack,
    WebhookEvent,
)
from integrations.services.customers.connection_report import Connection, limit_checks, newest_connection
from integrations.services.customers.import_export import export_customer
from integrations.services.diagnostics.bodies import replaced_body
from integrations.services.diagnostics.personal import personal_texts, protected_words
from integrations.services.diagnostics.pseudonyms import Pseudonyms
from integrations.services.diagnostics.records import JSON, RecordReplacer
from integrations.services.diagnostics.texts import TextReplacer
from integrations.services.read_back.findings import differences_in, newest_differing
from ringofix import __version__

FORMAT = "ringofix-diagnostics-1"
MOST_CALLS = 10
MOST_EVENTS = 20
MOST_REQUESTS = 60
"""Per call, the newest."""
MOST_DIFFERENCES = 10


def diagnostics_of(customer: Customer, *, salt: bytes = b"") -> dict[str, Any]:
    """The file as JSON. `salt`: for tests; by default a random one, which is kept nowhere."""
    calls = _failing_calls(customer)
    found = newest_connection(customer)
    records = _replacer(customer, calls, found, salt or secrets.token_bytes(32))
    return {
        "format": FORMAT,
        "made_at": _time(timezone.now()),
        "versions": _versions(),
        "settings": records.settings(export_customer(customer)),
        "state": _state(customer, records),
        "account": _account(customer, found, records),
        "traits": _traits(customer, records),
        "findings": {
            "connection": [
                {"finding": str(check.finding), "names": records.prose(dict(check.names))}
                for check in [*(found.checks if found else []), *limit_checks(customer)]
            ],
            "trial": _trial(customer, records),
            "read_back": [one for row in _differing(customer) for one in _differences(row, records)],
        },
        "calls": [_call(call, records) for call in calls],
        "not_understood": [_event(event, records) for event in _not_understood(customer)],
    }


def _failing_calls(customer: Customer) -> list[Call]:
    """The newest calls that failed or wait after a failed attempt, then those that differ in Planfix; oldest first."""
    calls = Call.objects.filter(customer=customer).select_related("delivery")
    failing = calls.filter(Q(state=CallState.FAILED) | Q(state=CallState.PENDING) & ~Q(reason=""))
    newest = list(failing.order_by("-started_at", "-pk")[:MOST_CALLS])
    differing = [row.call_id for row in _differing(customer)]
    newest += calls.filter(pk__in=differing).exclude(pk__in=[call.pk for call in newest])
    return sorted(newest[:MOST_CALLS], key=lambda call: (call.started_at, call.pk))


def _differing(customer: Customer) -> list[ReadBack]:
    return list(newest_differing(customer)[:MOST_DIFFERENCES])


def _not_understood(customer: Customer) -> Iterable[WebhookEvent]:
    events = WebhookEvent.objects.filter(customer=customer, result=EventResult.NOT_UNDERSTOOD)
    return events.order_by("-received_at")[:MOST_CALLS]


def _replacer(customer: Customer, calls: list[Call], found: Connection | None, salt: bytes) -> RecordReplacer:
    personal = personal_texts(customer, calls, found)
    words = protected_words(personal)
    pseudonyms = Pseudonyms(salt, customer.region, avoid=words)
    for number in [*(call.client_number for call in calls), *customer.ignored_numbers, *customer.own_numbers]:
        pseudonyms.phone(number)  # so that its parts are known before any text
    return RecordReplacer(TextReplacer(pseudonyms, protected=words))


def _versions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        [server] = cursor.fetchone()
    newest = MigrationRecorder.Migration.objects.filter(app="integrations").order_by("-name").first()
    return {
        "ringofix": __version__,
        "migration": newest.name if newest else "",
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": server,
        "phonenumbers": phonenumbers.__version__,
    }


def _state(customer: Customer, records: RecordReplacer) -> dict[str, JSON]:
    return {
        "paused_reason": records.texts.prose(customer.paused_reason),
        "paused_at": _time(customer.paused_at),
        "paused_by_hand": customer.paused_by_hand,
        "search_is_blind": customer.search_is_blind,
        "look_first_before": _time(customer.look_first_before),
    }


def _account(customer: Customer, found: Connection | None, records: RecordReplacer) -> dict[str, JSON]:
    """What is stored of the account: data tags, templates and employees."""
    return {
        "tags": records.planfix(customer.planfix_tags),
        "templates": records.planfix([{"id": pk, "name": name} for pk, name in found.templates]) if found else [],
        "users": records.planfix(found.users) if found else [],
    }


def _traits(customer: Customer, records: RecordReplacer) -> list[dict[str, JSON]]:
    rows = AccountTrait.objects.filter(account=customer.planfix_account).order_by("name")
    return [
        {
            "name": row.name,
            "value": row.value,
            "evidence": records.texts.prose(row.evidence),
            "learnt_at": _time(row.learnt_at),
        }
        for row in rows
    ]


def _trial(customer: Customer, records: RecordReplacer) -> list[dict[str, JSON]]:
    """The findings of the newest trial of the account."""
    jobs = BackgroundJob.objects.filter(customer=customer, kind=BackgroundJobKind.TRIAL)
    newest = jobs.filter(result__account=customer.planfix_account).exclude(result__findings=[]).order_by("-pk").first()
    findings = newest.result["findings"] if newest and newest.result else []
    return [
        {name: row[name] for name in ("question", "outcome", "answer")}
        | {"came": records.texts.prose(row["came"]), "names": records.prose(row["names"])}
        for row in findings
    ]


def _differences(row: ReadBack, records: RecordReplacer) -> Iterator[dict[str, JSON]]:
    for one in differences_in(row):
        yield {
            "call": records.texts.strict(row.call.ringostat_id),
            "part": str(one.part),
            "field": records.planfix(one.field),
            "sent": records.planfix(one.sent),
            "read": records.planfix(one.read),
        }


def _call(call: Call, records: RecordReplacer) -> dict[str, JSON]:
    events = call.events.order_by("-received_at", "-pk")[:MOST_EVENTS]
    requests = call.planfix_requests.order_by("-sent_at", "-pk")[:MOST_REQUESTS]
    return {
        "id": records.texts.strict(call.ringostat_id),
        "direction": call.direction,
        "outcome": call.outcome,
        "client_number": records.texts.strict(call.client_number),
        "started_at": _time(call.started_at),
        "state": call.state,
        "reason": call.reason,
        "detail": records.texts.prose(call.detail),
        "facts": records.webhook({name: _plain(value) for name, value in asdict(call.folded).items()}),
        "delivery": _delivery(getattr(call, "delivery", None), records),
        "history": [_history(entry, records) for entry in call.history.order_by("at", "pk")],
        "events": [_event(event, records) for event in reversed(events)],
        "requests": [_request(request, records) for request in reversed(requests)],
    }


def _delivery(delivery: Delivery | None, records: RecordReplacer) -> dict[str, JSON] | None:
    if delivery is None:
        return None
    ids = ("contact_id", "task_id", "file_id", "comment_id", "tag_key")
    return {
        **records.planfix({name: getattr(delivery, name) for name in ids}),
        "attempts": delivery.attempts,
        "contact_created": delivery.contact_created,
        "contacts_found": delivery.contacts_found,
        "recording_attached": delivery.recording_attached,
        "recording_tries": delivery.recording_tries,
        "recording_refused": records.texts.prose(delivery.recording_refused),
        "skipped_fields": [records.texts.prose(name) for name in delivery.skipped_fields],
        "in_flight_step": delivery.in_flight_step,
    }


def _history(entry: CallHistory, records: RecordReplacer) -> dict[str, JSON]:
    return {
        "at": _time(entry.at),
        "kind": entry.kind,
        "state": entry.state,
        "reason": entry.reason,
        "detail": records.texts.prose(entry.detail),
    }


def _event(event: WebhookEvent, records: RecordReplacer) -> dict[str, JSON]:
    return {
        "received_at": _time(event.received_at),
        "event": records.texts.name(event.event),
        "method": event.method,
        "kind": event.kind,
        "result": event.result,
        "problem": event.problem,
        "reason": records.texts.prose(event.reason),
        **asdict(replaced_body(event, records)),
    }


def _request(request: PlanfixRequest, records: RecordReplacer) -> dict[str, JSON]:
    return {
        "sent_at": _time(request.sent_at),
        "seconds": round(request.seconds, 3),
        "method": request.method,
        "path": records.path(request.path),
        "body": records.planfix(request.body),
        "http_status": request.http_status,
        "code": request.code,
        "answer": records.answer(request.answer),
        "outcome": request.outcome,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
