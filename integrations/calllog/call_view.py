"""The page of one call. It asks scope what may be seen, and its template asks nothing."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.facts_table import facts_table
from integrations.calllog.rows import RELATED, receipts_of, row_of
from integrations.calllog.scope import calls_visible_to
from integrations.calllog.shell import shell
from integrations.calllog.story import story
from integrations.calllog.traffic import request_row, webhook_row

DETAILS = 100
"""So many webhooks and requests of one call are shown; the newest ones, should there ever be more."""


@require_safe
@login_required
@never_cache
def call_page(request: HttpRequest, call_id: int) -> HttpResponse:
    call = get_object_or_404(calls_visible_to(request.user).select_related(*RELATED), pk=call_id)
    row, receipts = row_of(call), receipts_of(call)
    events = list(call.events.order_by("-pk")[:DETAILS])[::-1]
    requests = list(call.planfix_requests.order_by("-pk")[:DETAILS])[::-1]
    context = {
        "row": row,
        "facts_table": facts_table(row, call.folded, receipts),
        "sentences": story(call, receipts, events=events, requests=requests, now=timezone.now()),
        "events": [webhook_row(event) for event in events],
        "requests": [request_row(sent) for sent in requests],
    }
    return render(request, "calllog/call.html", {**shell(request, call.client_number or _("Call")), **context})
