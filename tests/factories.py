"""Creates customers, users and calls directly in the database, for tests that need no webhook and no delivery."""

from __future__ import annotations

import itertools
from base64 import b32decode
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any

from django.contrib.auth.models import Group, User
from django_otp.oath import hotp

from integrations.domain.calls import CallFacts, Direction, EventKind
from integrations.domain.folding import fold
from integrations.domain.outcome import outcome_of
from integrations.domain.parties import client_number
from integrations.models import (
    Call,
    CallbackComment,
    CallbackTask,
    CallState,
    Customer,
    Delivery,
    Employee,
    EventResult,
    ParameterMapping,
    PlanfixRequest,
    SecondFactor,
    Secret,
    WebhookEvent,
    WebhookToken,
)
from integrations.users.visibility import SPECIALISTS

NOON = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""Noon in Kyiv, the customers' time zone."""

PLANFIX_TOKEN = "planfix-token-9f3a1c"
AUTH_KEY = "ringostat-key-77b2de"

_numbers = itertools.count(1)


def make_customer(**changes: Any) -> Customer:
    name = f"Customer {next(_numbers)}"
    columns: dict[str, Any] = {
        "name": name,
        "planfix_url": "https://acme.planfix.com",
        "planfix_token": Secret.of(PLANFIX_TOKEN),
        "ringostat_auth_key": Secret.of(AUTH_KEY),
        "ringostat_project_id": "110070",
    }
    customer = Customer.objects.create(**columns | changes)
    ParameterMapping.objects.create(customer=customer, parameter="utm_source", field="utm_source")
    WebhookToken.issue(customer)
    return customer


def make_employee(customer: Customer, **changes: Any) -> Employee:
    number = next(_numbers)
    columns: dict[str, Any] = {
        "name": "Iryna Bondar",
        "planfix_user_id": 5,
        "staff_id": str(331850 + number),
        "sip_logins": [f"acmecom_{number}"],
        "extension": "101",
        "email": "iryna@example.com",
    }
    return Employee.objects.create(customer=customer, **columns | changes)


def call_facts(**changes: Any) -> CallFacts:
    """Facts of a finished, answered incoming call."""
    columns: dict[str, Any] = {
        "ringostat_id": f"ua7_-{1_772_445_600 + next(_numbers)}.{next(_numbers)}",
        "is_final": True,
        "call_type": "in",
        "direction": Direction.INCOMING,
        "status": "ANSWERED",
        "exact_start": NOON,
        "total_seconds": 75,
        "wait_seconds": 12,
        "talk_seconds": 63,
        "e164": "+380671234567",
        "caller": "380671234567",
        "destination": "380443334455",
        "connected_with": "acmecom_iryna",
        "employee_name": "Iryna Bondar",
        "staff_id": "331851",
        "has_recording": True,
        "recording_url": "https://app.ringostat.com/recordings/ua7.mp3?token=link-token",
        "card_url": "https://app.ringostat.com/call/ua7",
        "parameters": {"utm_source": "google", "utm_medium": "cpc"},
    }
    return CallFacts(**columns | changes)


MISSED: dict[str, Any] = {
    "status": "NO ANSWER",
    "talk_seconds": 0,
    "total_seconds": 20,
    "has_recording": False,
    "recording_url": "",
    "employee_name": "",
    "staff_id": "",
    "connected_with": "",
}
"""Changes that turn an incoming call into a missed one."""

OUTGOING: dict[str, Any] = {
    "call_type": "out",
    "direction": Direction.OUTGOING,
    "e164": "",
    "caller": "acmecom_iryna",
    "destination": "0671234567",
    "parameters": {},
}


def make_call(
    customer: Customer,
    facts: CallFacts | None = None,
    *,
    state: str = CallState.DELIVERED,
    receipts: dict[str, Any] | None = None,
    **columns: Any,
) -> Call:
    """Creates a call in this state. Fills its columns from its facts, as intake does."""
    facts = facts or call_facts()
    number = client_number(facts, customer.region)
    started_at = columns.pop("started_at", facts.started_at or NOON)
    ended_at = started_at + timedelta(seconds=facts.total_seconds or 0)
    is_reliable = state in (CallState.DELIVERED, CallState.SKIPPED, CallState.FAILED)
    filled: dict[str, Any] = {
        "ringostat_id": facts.ringostat_id,
        "facts": fold(None, facts),
        "direction": facts.direction or "",
        "outcome": outcome_of(facts) if facts.is_final else "",
        "client_number": number.number or number.raw,
        "started_at": started_at,
        "utm_source": facts.parameters.get("utm_source", ""),
        "has_recording": facts.is_recorded,
        "state": state,
        # Explicit: after create() an omitted column with a database default holds an expression.
        "reason": "",
        "detail": "",
        "due_at": ended_at if state == CallState.PENDING else None,
        "received_at": ended_at,
        "finished_at": ended_at + timedelta(seconds=4) if is_reliable else None,
    }
    call = Call.objects.create(customer=customer, **filled | columns)
    if state == CallState.DELIVERED and receipts is None:
        receipts = {"attempts": 1, "contact_id": 812, "contacts_found": 1, "comment_id": 90211, "tag_key": 4}
    if receipts is not None:
        Delivery.objects.create(call=call, **receipts)
    return call


def make_called_back_client(customer: Customer) -> tuple[Call, Call, Call]:
    """Three calls of a client: missed, missed, and 26 minutes later reached by Iryna. The first one has task 4711, and
    the second one a comment there. Fold the missed calls afterwards.
    """
    first = make_call(customer, call_facts(**MISSED))
    second = make_call(customer, call_facts(**MISSED | {"exact_start": NOON + timedelta(minutes=6)}))
    facts = call_facts(**OUTGOING | {"exact_start": NOON + timedelta(minutes=26)})
    reached = make_call(customer, facts, employee=make_employee(customer))
    task = CallbackTask.objects.create(
        customer=customer, kind="missed_call", subject=first.client_number, call=first, task_id=4711
    )
    CallbackComment.objects.create(task=task, call=second, comment_id=90300)
    return first, second, reached


def make_event(call: Call, **changes: Any) -> WebhookEvent:
    columns: dict[str, Any] = {
        "customer": call.customer,
        "call": call,
        "received_at": call.received_at,
        "event": "after_call",
        "method": "POST",
        "content_type": "application/json",
        "body": b'{"uniqueid": "ua7", "call_status": "ANSWERED"}',
        "kind": EventKind.AFTER_CALL,
        "result": EventResult.CALL,
        "content_encoding": "",
        "problem": "",
    }
    return WebhookEvent.objects.create(**columns | changes)


def make_request(call: Call, **changes: Any) -> PlanfixRequest:
    columns: dict[str, Any] = {
        "customer": call.customer,
        "call": call,
        "sent_at": call.received_at,
        "seconds": 0.21,
        "method": "POST",
        "path": "/contact/list",
        "body": {"offset": 0, "filters": [{"type": 4003, "value": "+380671234567"}]},
        "http_status": 200,
        "answer": '{"result": "success", "contacts": [{"id": 812}]}',
        "outcome": "ok",
    }
    return PlanfixRequest.objects.create(**columns | changes)


def make_user(name: str = "", **columns: Any) -> User:
    """Creates a user without a password: hashing one takes longer than most tests."""
    return User.objects.create_user(name or f"user{next(_numbers)}", **columns)


def make_superuser() -> User:
    return make_user(is_staff=True, is_superuser=True)


def make_specialist() -> User:
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=SPECIALISTS))
    return user


def make_viewer(*customers: Customer) -> User:
    user = make_user()
    for customer in customers:
        customer.viewers.add(user)
    return user


def make_second_factor(user: User) -> tuple[SecondFactor, list[str]]:
    """Returns the factor and its recovery codes."""
    factor = SecondFactor.to_be(user, SecondFactor.new_key())
    codes = factor.renew_recovery_codes()
    factor.save()
    return factor, codes


def code_of(key: str, at: float | None = None) -> str:
    """The code that an authenticator app with this key shows."""
    return f"{hotp(b32decode(key), int(at or time()) // 30):06d}"
