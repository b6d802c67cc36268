"""Webhooks and requests to Planfix as a call's page shows them: what was said, readable, and cut where it gets long."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from integrations.calllog.words import EVENTS, REQUEST_OUTCOMES, Look, Words
from integrations.models import PlanfixRequest, WebhookEvent

SHOWN = 20_000
"""Characters of a body that a page shows."""


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    at: datetime
    kind: Words
    result: str
    request: str
    content_type: str
    reason: str
    body: str


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    at: datetime
    request: str
    status: int | None
    code: int | None
    seconds: float
    outcome: Look
    body: str
    answer: str


def webhook_row(event: WebhookEvent) -> WebhookRow:
    return WebhookRow(
        at=event.received_at,
        kind=EVENTS.get(event.kind, event.kind or event.event),
        result=event.get_result_display(),
        request=event.method,
        content_type=event.content_type,
        reason=event.reason,
        body=readable(event.body_text) or readable(event.query_string),
    )


def request_row(sent: PlanfixRequest) -> RequestRow:
    return RequestRow(
        at=sent.sent_at,
        request=f"{sent.method} {sent.path}",
        status=sent.http_status,
        code=sent.code,
        seconds=sent.seconds,
        outcome=REQUEST_OUTCOMES.get(sent.outcome, Look(words=sent.outcome, icon="help")),
        body="" if sent.body is None else _indented(sent.body),
        answer=readable(sent.answer),
    )


def readable(text: str) -> str:
    """JSON indented, a form one parameter a line, anything else as it is."""
    text = text.strip()
    try:
        return _indented(json.loads(text))
    except (ValueError, RecursionError):
        pass
    is_form = "=" in text.split("&", 1)[0] and not any(character in text for character in "<>{\n ")
    if is_form:
        text = "\n".join(f"{name} = {value}" for name, value in parse_qsl(text, keep_blank_values=True))
    return text[:SHOWN]


def _indented(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)[:SHOWN]
