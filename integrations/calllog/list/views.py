"""The list of calls, its older and newer rows, and its chart.

Every view starts with the calls visible to the user. The templates make no query.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.list.active_filters import active_filters
from integrations.calllog.list.chart import SERIES, build_chart
from integrations.calllog.list.counts import MAX_OVER_TIME, counts_by_state
from integrations.calllog.list.date_ranges import PERIODS
from integrations.calllog.list.filter_form import filter_form
from integrations.calllog.list.filters import CallFilter
from integrations.calllog.list.keyset_paging import NEWEST, PAGE_SIZE, BadPosition, Page, newer_than, page_of
from integrations.calllog.list.query_string import list_query, list_url
from integrations.calllog.list.saved_views import saved_views_of
from integrations.calllog.list.table_rows import table_rows, with_fields
from integrations.models import Call, CallState
from integrations.ui.inputs import INPUT_CLASSES
from integrations.ui.labels import STATES, LazyText
from integrations.ui.page_context import page_context
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import customers_visible_to

MAX_NEW_CALLS = 99


@dataclass(frozen=True, kw_only=True)
class StateChip:
    """A link that filters the list by a state, or removes that filter."""

    label: LazyText
    icon: str
    count: int
    is_more: bool
    """There are more calls than were counted."""
    url: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class PeriodLink:
    """A link that filters the list by a period. The link of the chosen period removes the filter."""

    label: LazyText
    url: str
    is_chosen: bool


@require_safe
@login_required_htmx
@never_cache
def call_list(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") and ("before" in request.GET or "after" in request.GET):
        return _more_rows(request)
    views = saved_views_of(request.user)  # type: ignore[arg-type]
    default = next((view for view in views if view.is_default), None)
    if default and not request.GET:
        return HttpResponseRedirect(f"?{default.query}" if default.query else "?all=1")
    filters = CallFilter.for_user(request.user, request.GET)
    query, rows = list_query(filters.data), _rows(filters, _page(filters))
    chips = _state_chips(filters)  # after the rows: copies of the filters share what the rows have queried
    context = {
        **page_context(request, _("Calls")),
        **rows,
        "filter": filters,
        "form": filter_form(filters),
        "input_classes": INPUT_CLASSES,
        "query": query,
        "active_filters": active_filters(filters),
        "chips": chips,
        "result_count": _result_count(chips),
        "periods": _period_links(filters),
        "views": views,
        "chosen_view": next((view for view in views if view.query == query), None),
        "chart_by": _chart_by(request),
    }
    return render(request, "calllog/list/list.html", context)


@require_safe
@login_required_htmx
@never_cache
def new_calls(request: HttpRequest) -> HttpResponse:
    """The banner with the number of calls that are newer than the newest one on the page."""
    filters = CallFilter.for_user(request.user, request.GET)
    after = request.GET.get("after", "")
    try:
        newer = newer_than(filters.qs, after).order_by(*NEWEST)
    except BadPosition as error:
        raise Http404(_("There is no such position in the list.")) from error
    count = len(newer.values_list("pk")[: MAX_NEW_CALLS + 1])
    context = {
        "count": count,
        "is_more": count > MAX_NEW_CALLS,
        "query": list_query(filters.data),
        "url": list_url(filters.data, after=after),
        "fits_in": count <= PAGE_SIZE and "after" in request.GET,
    }
    return render(request, "calllog/list/_new_calls.html", context)


@require_safe
@login_required_htmx
@never_cache
def customer_names(request: HttpRequest) -> HttpResponse:
    """The suggestions for the customer field."""
    names = customers_visible_to(request.user).order_by("name").values_list("name", flat=True)
    return HttpResponse(format_html_join("", '<option value="{}">', ((name,) for name in names)))


@require_safe
@login_required_htmx
@never_cache
def chart(request: HttpRequest) -> HttpResponse:
    filters, by = CallFilter.for_user(request.user, request.GET), _chart_by(request)
    context = {
        "chart": build_chart(filters, by=by),
        "groupings": [(grouping, list_url(request.GET, chart=grouping)) for grouping in SERIES],
        "by": by,
        "most": MAX_OVER_TIME,
    }
    return render(request, "calllog/list/_chart.html", context)


def _more_rows(request: HttpRequest) -> HttpResponse:
    """Older rows, or newer rows with the new counts of the states."""
    filters = CallFilter.for_user(request.user, request.GET)
    new_chips = {"new_chips": _state_chips(filters)} if "after" in request.GET else {}
    return render(request, "calllog/list/_table_rows.html", _rows(filters, _page(filters)) | new_chips)


def _page(filters: CallFilter) -> Page:
    position = filters.data.get
    try:
        newer = [newer_than(part, position("after", "")) for part in filters.parts]
        return page_of(newer, rows=with_fields(Call.objects.all()), before=position("before", ""))
    except BadPosition as error:
        raise Http404(_("There is no such position in the list.")) from error


def _rows(filters: CallFilter, page: Page) -> dict[str, Any]:
    """The context of _table_rows.html."""
    has_older = page.older and not filters.data.get("after")
    return {
        "rows": table_rows(page.calls),
        "older": list_url(filters.data, before=page.older) if has_older else "",
        "shows_customer": not filters.shows_one_customer,
    }


def _state_chips(filters: CallFilter) -> list[StateChip]:
    """A chip for all calls, and one for each state."""
    counts, chosen = counts_by_state(filters), filters.data.get("state", "")
    labels = [("", _("All"), "list"), *((state, STATES[state].label, STATES[state].icon) for state in CallState)]
    return [
        StateChip(
            label=label,
            icon=icon,
            count=counts.by_key.get(state, 0) if state else counts.total,
            is_more=not counts.is_complete,
            url=list_url(filters.data, state=state),
            is_chosen=chosen == state,
        )
        for state, label, icon in labels
    ]


def _result_count(chips: Iterable[StateChip]) -> int | None:
    """The number of calls that match the filters; None if not all of them were counted."""
    return next((chip.count for chip in chips if chip.is_chosen and not chip.is_more), None)


def _period_links(filters: CallFilter) -> Iterator[PeriodLink]:
    chosen = filters.chosen_period
    for period, label in PERIODS.items():
        changes = {"first_day": "", "last_day": "", "hour": "", "period": "" if period == chosen else period}
        yield PeriodLink(label=label, url=list_url(filters.data, **changes), is_chosen=period == chosen)


def _chart_by(request: HttpRequest) -> str:
    by = request.GET.get("chart", "")
    return by if by in SERIES else "outcome"
