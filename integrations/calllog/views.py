"""The list of calls. It asks scope what may be seen, and its templates ask nothing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.days import PERIODS
from integrations.calllog.filters import CallFilter
from integrations.calllog.paging import BadPosition, Page, page_of
from integrations.calllog.rows import RELATED, row_of
from integrations.calllog.scope import calls_visible_to, customers_visible_to
from integrations.calllog.shell import shell
from integrations.calllog.words import STATES
from integrations.models import Call, CallState


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
    return render(request, "calllog/list.html", {**shell(request, _("Calls")), **context})


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
