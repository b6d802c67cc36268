"""The page of one call, the bodies in its request log, and its updates while the call waits.

Every view starts with the calls that the user may see. The templates make no queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.call.actions import available_actions
from integrations.calllog.call.analysis import analysis_of
from integrations.calllog.call.client_history import client_history
from integrations.calllog.call.details import call_details
from integrations.calllog.call.status_summary import status_summary
from integrations.calllog.call.timeline import timeline
from integrations.domain.reasons import Reason
from integrations.models import Call, CallHistory, CallState, PlanfixRequest, RoutingAnswer, WebhookEvent
from integrations.services.contacts.names import client_name, with_client_names
from integrations.services.routing.answer_log import answers_of
from integrations.ui.call_row import (
    RELATED,
    call_row,
    callback_task_id_of,
    callback_task_of,
    receipts_of,
    recording_link,
)
from integrations.ui.links import call_links, comment_url
from integrations.ui.page_context import page_context
from integrations.ui.phone_text import grouped
from integrations.ui.read_back import read_back_result
from integrations.ui.request_log import LoggedBody, request_bodies, request_row, webhook_bodies, webhook_row
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import calls_visible_to, may_act_on_calls

MAX_LOGGED = 100
"""The most webhooks and requests that the page of one call shows, the newest ones."""


@dataclass(frozen=True, kw_only=True)
class RequestLog:
    """The newest rows of each kind about one call, the oldest first."""

    events: Sequence[WebhookEvent]
    requests: Sequence[PlanfixRequest]
    history: Sequence[CallHistory]
    answers: Sequence[RoutingAnswer]


@dataclass(frozen=True, kw_only=True)
class Player:
    has_link: bool
    """False if there is nothing to play: Ringostat has not sent the link yet, or retention has deleted it."""
    is_recorded: bool
    seconds: int
    """The expected length, until the browser knows the real one."""
    copy_url: str
    """The comment in Planfix that holds the copied file; "" without a copy."""


@require_safe
@login_required_htmx
@never_cache
def call_page(request: HttpRequest, call_id: int) -> HttpResponse:
    call = _call(request, call_id)
    context = {
        **page_context(request, grouped(call.client_number) or _("Call")),
        **_call_context(request, call, _request_log(call)),
        "player": _player(call),
        "client_history": client_history(call),
    }
    return render(request, "calllog/call/call.html", context)


@require_safe
@login_required_htmx
@never_cache
def call_updates(request: HttpRequest, call_id: int) -> HttpResponse:
    """Answers with the page's current parts, or with 204 if the page already shows this `version`."""
    call = _call(request, call_id)
    log = _request_log(call)
    if _version(call, log) == request.GET.get("version"):
        return HttpResponse(status=204)
    return render(request, "calllog/call/updates.html", _call_context(request, call, log))


@require_safe
@login_required_htmx
@never_cache
def webhook_body(request: HttpRequest, call_id: int, event_id: int) -> HttpResponse:
    event = get_object_or_404(WebhookEvent.objects.filter(call=_call(request, call_id)), pk=event_id)
    return _bodies(request, webhook_bodies(event))


@require_safe
@login_required_htmx
@never_cache
def request_body(request: HttpRequest, call_id: int, request_id: int) -> HttpResponse:
    sent = get_object_or_404(PlanfixRequest.objects.filter(call=_call(request, call_id)), pk=request_id)
    return _bodies(request, request_bodies(sent))


def _call(request: HttpRequest, call_id: int) -> Call:
    calls = with_client_names(calls_visible_to(request.user).select_related(*RELATED, "customer__routing"))
    return get_object_or_404(calls.defer("customer__routing__online"), pk=call_id)


def _request_log(call: Call) -> RequestLog:
    """Loads the log without the bodies. They are large, so a body is loaded only when a user opens it."""
    events = call.events.defer("body", "query_string").order_by("-pk")[:MAX_LOGGED]
    requests = call.planfix_requests.defer("body", "answer").order_by("-pk")[:MAX_LOGGED]
    history = call.history.order_by("-at", "-pk")[:MAX_LOGGED] if _may_have_history(call) else []
    return RequestLog(
        events=list(events)[::-1],
        requests=list(requests)[::-1],
        history=list(history)[::-1],
        answers=answers_of(call) if hasattr(call.customer, "routing") else [],
    )


def _may_have_history(call: Call) -> bool:
    """Tells whether the call may have history. A call delivered or skipped at its first attempt has none."""
    is_settled = call.state in (CallState.DELIVERED, CallState.SKIPPED)
    return not is_settled or receipts_of(call).attempts > 1 or call.reason in (Reason.DISMISSED, Reason.NOT_ADDED)


def _call_context(request: HttpRequest, call: Call, log: RequestLog) -> dict[str, Any]:
    row, receipts, facts, now = call_row(call), receipts_of(call), call.folded, timezone.now()
    return {
        "row": row,
        "client_name": client_name(call, receipts.contact_id),
        "client_number": grouped(row.client_number),
        "number_url": _number_url(row.client_number),
        "links": call_links(call, receipts, callback_task_id_of(call)),
        "status_summary": status_summary(call, receipts, now),
        "actions": available_actions(call) if may_act_on_calls(request.user) else None,
        "analysis": analysis_of(facts),
        "details": call_details(row, facts, receipts, callback_task_id_of(call)),
        "read_back": read_back_result(getattr(call, "read_back", None)),
        "timeline": timeline(
            call,
            receipts,
            events=log.events,
            requests=log.requests,
            history=log.history,
            answers=log.answers,
            now=now,
        ),
        "events": [webhook_row(event) for event in log.events],
        "requests": [request_row(sent) for sent in log.requests],
        "version": _version(call, log),
        "may_change": _may_change(call),
    }


def _may_change(call: Call) -> bool:
    """Tells whether the call, an addition to it or its callback task is still to be delivered."""
    task = callback_task_of(call)
    is_task_due = task is not None and task.due_at is not None
    return call.state in (CallState.IN_PROGRESS, CallState.PENDING) or call.due_at is not None or is_task_due


def _number_url(number: str) -> str:
    """The URL of the list of all calls with the number; "" without a number."""
    return f"{reverse('calllog:list')}?{urlencode({'number': number})}" if number else ""


def _player(call: Call) -> Player:
    facts, receipts = call.folded, receipts_of(call)
    has_link = bool(recording_link(facts))
    return Player(
        has_link=has_link,
        is_recorded=has_link or facts.has_recording is True,
        seconds=facts.talk_seconds or facts.total_seconds or 0,
        copy_url=comment_url(call.customer.planfix_url, receipts) if receipts.file_id else "",
    )


def _version(call: Call, log: RequestLog) -> str:
    """A hash that changes whenever the page's content changes."""
    receipts = receipts_of(call)
    columns = (call.facts, call.state, call.reason, call.detail, call.due_at, call.finished_at, call.employee_id)
    written = (receipts.attempts, receipts.in_flight_step, receipts.contact_id, receipts.comment_id, receipts.tag_key)
    newest = [rows[-1].pk if rows else 0 for rows in (log.events, log.requests, log.history, log.answers)]
    task = callback_task_of(call)
    of_task = (task.task_id, task.due_at, task.problem, task.reached_comment_id) if task else ()
    text = repr((columns, written, newest, of_task, call.customer.paused_reason))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _bodies(request: HttpRequest, bodies: list[LoggedBody]) -> HttpResponse:
    return render(request, "calllog/call/bodies.html", {"bodies": bodies})
