"""Webhooks and requests to Planfix as a call's page shows them: a line for each, and what was said once it is opened:
readable, cut where it gets long, and without the tokens of links.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from integrations.models import PlanfixRequest, WebhookEvent
from integrations.ui.labels import EVENTS, REQUEST_OUTCOMES, Badge, LazyText

SHOWN = 20_000
"""Characters of a body that a page shows."""

HIDDEN = re.compile(r"(?i)(\b[a-z_]*token(?:=|%3D))[\w.~-]+")
"""Whoever has a recording's link with its token may listen to it without logging in."""


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    id: int
    at: datetime
    kind: LazyText
    result: str
    request: str
    content_type: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    id: int
    at: datetime
    request: str
    status: int | None
    code: int | None
    seconds: float
    outcome: Badge


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one side said, under its name; "" if there is only one."""

    name: str
    text: str


def webhook_row(event: WebhookEvent) -> WebhookRow:
    return WebhookRow(
        id=event.pk,
        at=event.received_at,
        kind=EVENTS.get(event.kind, event.kind or event.event),
        result=event.get_result_display(),
        request=event.method,
        content_type=event.content_type,
        reason=event.reason,
    )


def said_by_webhook(event: WebhookEvent) -> list[Said]:
    return [Said(name="", text=readable(event.body_text) or readable(event.query_string))]


def request_row(sent: PlanfixRequest) -> RequestRow:
    return RequestRow(
        id=sent.pk,
        at=sent.sent_at,
        request=f"{sent.method} {sent.path}",
        status=sent.http_status,
        code=sent.code,
        seconds=sent.seconds,
        outcome=REQUEST_OUTCOMES.get(sent.outcome, Badge(label=sent.outcome, icon="help")),
    )


def said_in_request(sent: PlanfixRequest) -> list[Said]:
    asked = [] if sent.body is None else [Said(name=_("Sent"), text=_indented(sent.body))]
    return [*asked, Said(name=_("Answer"), text=readable(sent.answer))]


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
    return _shown(text)


def _indented(value: object) -> str:
    return _shown(json.dumps(value, ensure_ascii=False, indent=2))


def _shown(text: str) -> str:
    return HIDDEN.sub(r"\1…", text)[:SHOWN]
