"""The page of one call, and its pieces that come later: what was said, and how a waiting call has moved on. It asks
scope what may be seen, and its templates ask nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.call.actions import offers
from integrations.calllog.call.analysis import analysis_of
from integrations.calllog.call.details import facts_table
from integrations.calllog.call.recording import recording_link
from integrations.calllog.call.status_summary import answer
from integrations.calllog.call.timeline import story
from integrations.models import Call, CallState, PlanfixRequest, WebhookEvent
from integrations.ui.call_row import RELATED, call_row, receipts_of
from integrations.ui.links import comment_url, links_of
from integrations.ui.page_context import page_context
from integrations.ui.request_log import Said, request_row, said_by_webhook, said_in_request, webhook_row
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import calls_visible_to, may_act_on_calls

DETAILS = 100
"""So many webhooks and requests of one call are shown; the newest ones, should there ever be more."""

Events = Sequence[WebhookEvent]
Requests = Sequence[PlanfixRequest]


@require_safe
@login_required_htmx
@never_cache
def call_page(request: HttpRequest, call_id: int) -> HttpResponse:
    call = _call(request, call_id)
    context = _standing(request, call, *_traffic(call))
    title = call.client_number or _("Call")
    return render(request, "calllog/call/call.html", {**page_context(request, title), **context, **_recording(call)})


@require_safe
@login_required_htmx
@never_cache
def call_news(request: HttpRequest, call_id: int) -> HttpResponse:
    """How the call stands now; nothing (204) if that is what the page shows already, by its `mark`."""
    call = _call(request, call_id)
    events, requests = _traffic(call)
    if _mark(call, events, requests) == request.GET.get("mark"):
        return HttpResponse(status=204)
    return render(request, "calllog/call/updates.html", _standing(request, call, events, requests))


@require_safe
@login_required_htmx
@never_cache
def webhook_body(request: HttpRequest, call_id: int, event_id: int) -> HttpResponse:
    event = get_object_or_404(WebhookEvent.objects.filter(call=_call(request, call_id)), pk=event_id)
    return _bodies(request, said_by_webhook(event))


@require_safe
@login_required_htmx
@never_cache
def request_body(request: HttpRequest, call_id: int, request_id: int) -> HttpResponse:
    sent = get_object_or_404(PlanfixRequest.objects.filter(call=_call(request, call_id)), pk=request_id)
    return _bodies(request, said_in_request(sent))


def _call(request: HttpRequest, call_id: int) -> Call:
    return get_object_or_404(calls_visible_to(request.user).select_related(*RELATED), pk=call_id)


def _traffic(call: Call) -> tuple[Events, Requests]:
    """Without the bodies, which are large and mostly not looked at."""
    events = call.events.defer("body", "query_string").order_by("-pk")[:DETAILS]
    requests = call.planfix_requests.defer("body", "answer").order_by("-pk")[:DETAILS]
    return list(events)[::-1], list(requests)[::-1]


def _standing(request: HttpRequest, call: Call, events: Events, requests: Requests) -> dict[str, Any]:
    row, receipts, facts, now = call_row(call), receipts_of(call), call.folded, timezone.now()
    return {
        "row": row,
        "links": links_of(call, receipts),
        "answer": answer(call, receipts, now),
        "offers": offers(call) if may_act_on_calls(request.user) else None,
        "analysis": analysis_of(facts),
        "facts_table": facts_table(row, facts, receipts),
        "sentences": story(call, receipts, events=events, requests=requests, now=now),
        "events": [webhook_row(event) for event in events],
        "requests": [request_row(sent) for sent in requests],
        "mark": _mark(call, events, requests),
        "may_change": call.state in (CallState.IN_PROGRESS, CallState.PENDING) or call.due_at is not None,
    }


def _recording(call: Call) -> dict[str, Any]:
    """Of the player. A recording without a link is not ready yet, or its link was forgotten with time."""
    facts, receipts = call.folded, receipts_of(call)
    return {
        "has_recording_link": bool(recording_link(facts)),
        "is_recorded": facts.has_recording is True or bool(recording_link(facts)),
        "recording_seconds": facts.talk_seconds or facts.total_seconds or 0,
        "copy_url": comment_url(call.customer.planfix_url, receipts) if receipts.file_id else "",
    }


def _mark(call: Call, events: Events, requests: Requests) -> str:
    """Changes with whatever the page shows."""
    receipts = receipts_of(call)
    shown = (call.facts, call.state, call.reason, call.detail, call.due_at, call.finished_at, call.employee_id)
    written = (receipts.attempts, receipts.in_flight_step, receipts.contact_id, receipts.comment_id, receipts.tag_key)
    newest = (events[-1].pk if events else 0, requests[-1].pk if requests else 0)
    text = repr((shown, written, newest, call.customer.paused_reason))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bodies(request: HttpRequest, bodies: list[Said]) -> HttpResponse:
    return render(request, "calllog/call/bodies.html", {"bodies": bodies})
