"""The list of calls, its older rows, its news and its chart. They ask scope what may be seen; templates ask nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.list.active_filters import active_filters
from integrations.calllog.list.chart import SERIES, chart_of
from integrations.calllog.list.counts import MOST_OVER_TIME, counts_by_state
from integrations.calllog.list.date_ranges import PERIODS
from integrations.calllog.list.filter_form import fields_of
from integrations.calllog.list.filters import INPUT, CallFilter
from integrations.calllog.list.keyset_paging import NEWEST, PAGE_SIZE, BadPosition, Page, newer_than, page_of
from integrations.calllog.list.query_string import list_query, list_url
from integrations.calllog.list.saved_views import views_of
from integrations.calllog.list.table_rows import listed, with_fields
from integrations.models import Call, CallState
from integrations.ui.labels import STATES
from integrations.ui.page_context import page_context
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import customers_visible_to

MOST_NEWS = 99


@require_safe
@login_required_htmx
@never_cache
def call_list(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") and ("before" in request.GET or "after" in request.GET):
        filters = CallFilter.for_user(request.user, request.GET)
        fresh = {"fresh_chips": list(_chips(filters))} if "after" in request.GET else {}
        return render(request, "calllog/list/_table_rows.html", _rows(filters, _page(filters)) | fresh)
    views = views_of(request.user)  # type: ignore[arg-type]
    first = next((view for view in views if view.is_default), None)
    if first and not request.GET:
        return HttpResponseRedirect(f"?{first.query}" if first.query else "?all=1")
    filters = CallFilter.for_user(request.user, request.GET)
    query = list_query(filters.data)
    context = {
        **page_context(request, _("Calls")),
        **_rows(filters, _page(filters)),
        "filter": filters,
        "fields": fields_of(filters),
        "input_class": INPUT,
        "query": query,
        "active": active_filters(filters),
        "chips": list(_chips(filters)),
        "periods": list(_periods(filters)),
        "views": views,
        "chosen_view": next((view for view in views if view.query == query), None),
        "chart_by": _chart_by(request),
    }
    return render(request, "calllog/list/list.html", context)


@require_safe
@login_required_htmx
@never_cache
def news(request: HttpRequest) -> HttpResponse:
    """How many calls have come above the newest one that the page shows."""
    filters = CallFilter.for_user(request.user, request.GET)
    try:
        newer = newer_than(filters.qs, request.GET.get("after", "")).order_by(*NEWEST)
    except BadPosition as error:
        raise Http404(_("There is no such place in the list.")) from error
    count = len(newer.values_list("pk")[: MOST_NEWS + 1])
    return render(
        request,
        "calllog/list/_new_calls.html",
        {
            "count": count,
            "is_more": count > MOST_NEWS,
            "query": list_query(filters.data),
            "address": list_url(filters.data, after=request.GET.get("after", "")),
            "fits_in": count <= PAGE_SIZE and "after" in request.GET,
        },
    )


@require_safe
@login_required_htmx
@never_cache
def customer_names(request: HttpRequest) -> HttpResponse:
    """What the field for a customer's name proposes."""
    names = customers_visible_to(request.user).order_by("name").values_list("name", flat=True)
    return HttpResponse(format_html_join("", '<option value="{}">', ((name,) for name in names)))


@require_safe
@login_required_htmx
@never_cache
def chart(request: HttpRequest) -> HttpResponse:
    filters, by = CallFilter.for_user(request.user, request.GET), _chart_by(request)
    others = [(each, list_url(request.GET, chart=each)) for each in SERIES]
    shown = {"chart": chart_of(filters, by=by), "ways": others, "by": by, "most": MOST_OVER_TIME}
    return render(request, "calllog/list/_chart.html", shown)


def _page(filters: CallFilter) -> Page:
    place = filters.data.get
    try:
        newer = [newer_than(part, place("after", "")) for part in filters.parts]
        return page_of(newer, rows=with_fields(Call.objects.all()), before=place("before", ""))
    except BadPosition as error:
        raise Http404(_("There is no such place in the list.")) from error


def _rows(filters: CallFilter, page: Page) -> dict[str, Any]:
    goes_on = page.older and not filters.data.get("after")
    return {
        "rows": listed(page.calls),
        "older": list_url(filters.data, before=page.older) if goes_on else "",
        "shows_customer": not filters.shows_one_customer,
    }


def _chips(filters: CallFilter) -> Iterator[dict[str, Any]]:
    """All calls and those of each state: how many, and the address that shows them."""
    counts, chosen = counts_by_state(filters), filters.data.get("state", "")
    looks = [("", _("All"), "list"), *((state, STATES[state].label, STATES[state].icon) for state in CallState)]
    for state, words, icon in looks:
        yield {
            "words": words,
            "icon": icon,
            "count": counts.by_key.get(state, 0) if state else counts.total,
            "is_more": not counts.is_complete,
            "address": list_url(filters.data, state=state),
            "is_chosen": chosen == state,
        }


def _periods(filters: CallFilter) -> Iterator[dict[str, Any]]:
    chosen = filters.chosen_period
    for period, words in PERIODS.items():
        named = {"first_day": "", "last_day": "", "hour": "", "period": "" if period == chosen else period}
        yield {"words": words, "address": list_url(filters.data, **named), "is_chosen": period == chosen}


def _chart_by(request: HttpRequest) -> str:
    by = request.GET.get("chart", "")
    return by if by in SERIES else "outcome"
