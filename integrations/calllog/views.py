"""The pages of the call log. They ask scope what may be seen, and templates ask nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.days import PERIODS
from integrations.calllog.facts_table import facts_table
from integrations.calllog.filters import CallFilter
from integrations.calllog.paging import BadPosition, Page, page_of
from integrations.calllog.rows import RELATED, receipts_of, row_of
from integrations.calllog.scope import calls_visible_to, customers_visible_to
from integrations.calllog.story import story
from integrations.calllog.traffic import request_row, webhook_row
from integrations.calllog.words import STATES
from integrations.models import Call, CallState

DETAILS = 100
"""So many webhooks and requests of one call are shown; the newest ones, should there ever be more."""


@require_safe
@login_required
@never_cache
def call_list(request: HttpRequest) -> HttpResponse:
    customers = customers_visible_to(request.user)
    filters = CallFilter(request.GET, queryset=calls_visible_to(request.user), customers=customers)
    page = _page(filters.qs.select_related(*RELATED), request)
    context = {
        "rows": [row_of(call) for call in page.calls],
        "older": _address(request.GET, before=page.older) if page.older else "",
        "shows_customer": not filters.shows_one_customer,
    }
    if request.headers.get("HX-Request") and "before" in request.GET:
        return render(request, "calllog/_rows.html", context)
    context |= {"filter": filters, "chips": _chips(filters), "periods": _periods(filters)}
    return render(request, "calllog/list.html", {**_shell(request, _("Calls")), **context})


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
    return render(request, "calllog/call.html", {**_shell(request, call.client_number or _("Call")), **context})


def _page(calls: QuerySet[Call], request: HttpRequest) -> Page:
    try:
        return page_of(calls, before=request.GET.get("before", ""))
    except BadPosition as error:
        raise Http404(_("There is no such place in the list.")) from error


def _chips(filters: CallFilter) -> list[dict[str, Any]]:
    """All calls and those of each state: how many, and the address that shows them."""
    counts, chosen = filters.counts_by_state(), filters.data.get("state", "")
    every = {
        "words": _("All"),
        "icon": "list",
        "count": sum(counts.values()),
        "address": _address(filters.data, state=""),
        "is_chosen": not chosen,
    }
    states = [
        {
            "words": STATES[state].words,
            "icon": STATES[state].icon,
            "count": counts.get(state, 0),
            "address": _address(filters.data, state=state),
            "is_chosen": chosen == state,
        }
        for state in CallState
    ]
    return [every, *states]


def _periods(filters: CallFilter) -> list[dict[str, Any]]:
    chosen = filters.chosen_period
    return [
        {
            "words": words,
            "address": _address(filters.data, first_day="", last_day="", period="" if period == chosen else period),
            "is_chosen": period == chosen,
        }
        for period, words in PERIODS.items()
    ]


def _address(parameters: QueryDict, **changes: str) -> str:
    """The list with these filters, from its newest call unless `before` is among the changes."""
    kept = {name: str(value) for name, value in parameters.items() if name != "before"} | changes
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in kept.items() if value})
    return f"?{query.urlencode()}"


def _shell(request: HttpRequest, title: str) -> dict[str, Any]:
    """What the admin's base template needs. A viewer gets its header without the menu, where nothing is for viewers."""
    shell = admin.site.each_context(request)
    is_viewer = not shell["has_permission"]
    if is_viewer:
        shell |= {"is_nav_sidebar_enabled": False, "has_permission": True}
    return {**shell, "title": title, "is_viewer": is_viewer, "is_fullwidth": "1"}
