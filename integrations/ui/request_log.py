"""Makes rows and bodies for pages that show webhooks and requests to Planfix.

It indents bodies, cuts them to MAX_SHOWN characters, and hides the tokens of links.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from integrations.models import PlanfixRequest, WebhookEvent
from integrations.planfix.rights import is_expected_refusal
from integrations.ringostat.encoding import readable_body
from integrations.ui.labels import EVENTS, REQUEST_OUTCOMES, Badge, LazyText
from integrations.ui.webhook_findings import IGNORED_REASONS, note_sentences

MAX_SHOWN = 20_000
"""How many characters of a body a page shows."""

TOKEN = re.compile(r"(?i)(\b[a-z_]*token(?:=|%3D))[\w.~-]+")
"""Matches the token of a link. Anybody who has a recording's link with its token can play the recording."""


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
class LoggedBody:
    """A body of a webhook, request or response. `name` is "" where there is only one body."""

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
        reason=str(IGNORED_REASONS.get(event.reason, event.reason)) or " ".join(note_sentences(event)),
    )


def webhook_bodies(event: WebhookEvent) -> list[LoggedBody]:
    return [LoggedBody(name="", text=webhook_text(event) or readable(event.query_string))]


def webhook_text(event: WebhookEvent) -> str:
    """The body of a webhook request, unpacked and readable."""
    return readable(readable_body(bytes(event.body), event.content_type, event.content_encoding))


def request_row(sent: PlanfixRequest) -> RequestRow:
    return RequestRow(
        id=sent.pk,
        at=sent.sent_at,
        request=f"{sent.method} {sent.path}",
        status=sent.http_status,
        code=sent.code,
        seconds=sent.seconds,
        outcome=outcome_badge(sent),
    )


def outcome_badge(sent: PlanfixRequest) -> Badge:
    """The badge for a request's outcome. A refusal that the access check expects gets no alarming colour."""
    badge = REQUEST_OUTCOMES.get(sent.outcome, Badge(label=sent.outcome, icon="help"))
    if sent.outcome == "refused" and is_expected_refusal(sent.path, sent.body or {}):
        return replace(badge, icon="check", colour="")
    return badge


def request_bodies(sent: PlanfixRequest) -> list[LoggedBody]:
    asked = [] if sent.body is None else [LoggedBody(name=_("Sent"), text=_indented(sent.body))]
    return [*asked, LoggedBody(name=_("Response"), text=readable(sent.answer))]


def readable(text: str) -> str:
    """Formats a body for people: indents JSON, puts each parameter of a form on a line, hides tokens in any text."""
    text = text.strip()
    try:
        return _indented(json.loads(text))
    except (ValueError, RecursionError):
        pass
    is_form = "=" in text.split("&", 1)[0] and not any(character in text for character in "<>{\n ")
    if is_form:
        text = "\n".join(f"{name} = {value}" for name, value in parse_qsl(text, keep_blank_values=True))
    return _masked(text)


def _indented(value: object) -> str:
    return _masked(json.dumps(value, ensure_ascii=False, indent=2))


def _masked(text: str) -> str:
    return TOKEN.sub(r"\1…", text)[:MAX_SHOWN]
