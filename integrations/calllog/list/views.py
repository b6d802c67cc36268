"""The list of calls, its older and newer rows, and its chart.

Every view starts with the calls that the user may see. The templates make no queries.
"""

from __future__ import annotations

from collections import Counter
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
from integrations.calllog.list.counts import MAX_OVER_TIME, MAX_TALKS, Counts, counts_by_state, talk_time
from integrations.calllog.list.date_ranges import PERIODS
from integrations.calllog.list.filter_form import filter_form
from integrations.calllog.list.filters import CallFilter
from integrations.calllog.list.keyset_paging import NEWEST, PAGE_SIZE, BadPosition, Page, newer_than, page_of
from integrations.calllog.list.query_string import list_query, list_url
from integrations.calllog.list.row_html import rows_html
from integrations.calllog.list.saved_views import saved_views_of
from integrations.calllog.list.table_rows import TableRow, listed, table_rows
from integrations.domain.calls import Outcome
from integrations.models import Call, CallState
from integrations.ui.call_row import format_duration
from integrations.ui.inputs import INPUT_CLASSES, customers_named
from integrations.ui.labels import STATES, LazyText
from integrations.ui.page_context import page_context
from integrations.ui.parse_pk import parse_pk
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import calls_visible_to, customers_visible_to, may_act_on_calls

DEFAULT_CHART = next(iter(SERIES))
MAX_NEW_CALLS = 99
MAX_LIVE_ROWS = 60
"""The most waiting rows of a page that one poll checks."""
MAX_SUGGESTED_CUSTOMERS = 100


@dataclass(frozen=True, kw_only=True)
class StateChip:
    """A link that filters the list by a state, or removes that filter."""

    label: LazyText
    icon: str
    count: int
    is_more: bool
    """True if there are more calls than were counted."""
    url: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The totals of the calls that match the filters."""

    calls: int
    answered_percent: int | None
    """The share of answered calls among those that have ended; None if none has ended."""
    is_more: bool
    """True if there are more calls than were counted."""


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
    query, rows = list_query(filters.data), _rows(request, filters, _page(filters))
    counts = _counts(filters)  # After the rows: copies of the filters share the results of their queries.
    context = {
        **page_context(request, _("Calls")),
        **rows,
        **counts,
        "filter": filters,
        "form": filter_form(filters),
        "input_classes": INPUT_CLASSES,
        "query": query,
        "active_filters": active_filters(filters),
        "result_count": _result_count(counts["chips"]),
        "periods": _period_links(filters),
        "views": views,
        "chosen_view": next((view for view in views if view.query == query), None),
        "chart_by": _chart_by(request),
        "default_chart": DEFAULT_CHART,
        "is_chart_open": not any(name in filters.values for name in ("number", "call_id")),
    }
    return render(request, "calllog/list/list.html", context)


@require_safe
@login_required_htmx
@never_cache
def new_calls(request: HttpRequest) -> HttpResponse:
    """Answers with the changes since the page was loaded: a banner with the number of newer calls, the counts of the
    states, and the changed rows among those in `live` ("12.1f2e3d4c,15.…": keys and versions).
    """
    filters = CallFilter.for_user(request.user, request.GET)
    after = request.GET.get("after", "")
    try:
        newer = newer_than(filters.qs, after).order_by(*NEWEST)
    except BadPosition as error:
        raise Http404(_("There is no such position in the list.")) from error
    count, rows = len(newer.values_list("pk")[: MAX_NEW_CALLS + 1]), _changed_rows(request)
    context = {
        "count": count,
        "is_more": count > MAX_NEW_CALLS,
        "query": list_query(filters.data),
        "url": list_url(filters.data, after=after),
        "fits_in": count <= PAGE_SIZE and "after" in request.GET,
        "rows": rows,
        "rows_html": rows_html(rows, **_row_context(request, filters), is_out_of_band=True),
        **_counts(filters),
    }
    return render(request, "calllog/list/_new_calls.html", context)


def _changed_rows(request: HttpRequest) -> list[TableRow]:
    shown = dict(each.partition(".")[::2] for each in request.GET.get("live", "").split(",")[:MAX_LIVE_ROWS])
    keys = [key for text in shown if (key := parse_pk(text)) is not None]
    if not keys:
        return []
    calls = listed(calls_visible_to(request.user).filter(pk__in=keys))
    return [row for row in table_rows(calls) if row.version != shown.get(str(row.id))]


@require_safe
@login_required_htmx
@never_cache
def talk(request: HttpRequest) -> HttpResponse:
    """The talk time of the filtered calls."""
    found = talk_time(CallFilter.for_user(request.user, request.GET))
    context = {
        "talk": found,
        "total": format_duration(found.seconds),
        "average": format_duration(found.average),
        "most": MAX_TALKS,
    }
    return render(request, "calllog/list/_talk_time.html", context)


@require_safe
@login_required_htmx
@never_cache
def customer_names(request: HttpRequest) -> HttpResponse:
    """Answers with suggestions for the customer field: customers whose name contains the text of `customer`."""
    named = customers_named(customers_visible_to(request.user), request.GET.get("customer", "").strip())
    names = named.values_list("name", flat=True)[:MAX_SUGGESTED_CUSTOMERS]
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
    """Answers with older rows, or with newer rows and the new counts of the states."""
    filters = CallFilter.for_user(request.user, request.GET)
    rows, is_newer = _rows(request, filters, _page(filters)), "after" in request.GET
    new_counts = {**_counts(filters), "has_new_counts": True} if is_newer else {}
    return render(request, "calllog/list/_table_rows.html", rows | new_counts)


def _page(filters: CallFilter) -> Page:
    position = filters.data.get
    try:
        newer = [newer_than(part, position("after", "")) for part in filters.parts]
        return page_of(newer, rows=listed(Call.objects.all()), before=position("before", ""))
    except BadPosition as error:
        raise Http404(_("There is no such position in the list.")) from error


def _rows(request: HttpRequest, filters: CallFilter, page: Page) -> dict[str, Any]:
    """The context of _table_rows.html."""
    has_older = page.older and not filters.data.get("after")
    rows, shared = table_rows(page.calls), _row_context(request, filters)
    return {
        "rows": rows,
        "rows_html": rows_html(rows, **shared),
        "older": list_url(filters.data, before=page.older) if has_older else "",
        **shared,
    }


def _row_context(request: HttpRequest, filters: CallFilter) -> dict[str, Any]:
    """The values that all rows share, for rows_html() and the head of the table."""
    labels = {
        "time": _("Time"),
        "call": _("Call"),
        "client": _("Client"),
        "employee": _("Employee"),
        "durations": _("Talk / wait"),
        "utm": _("UTM source"),
        "state": _("State"),
        "planfix": _("Planfix"),
    }
    may_select = may_act_on_calls(request.user)
    return {"labels": labels, "may_select": may_select, "shows_customer": not filters.shows_one_customer}


def _counts(filters: CallFilter) -> dict[str, Any]:
    """The context of _state_chips.html and _totals.html, from one query."""
    counts = counts_by_state(filters)
    return {"chips": _state_chips(filters, counts), "totals": _totals(filters, counts)}


def _totals(filters: CallFilter, counts: Counts) -> Totals:
    chosen = filters.values.get("state")
    by_outcome = Counter[str]()
    for (state, outcome), count in counts.by_key.items():
        if chosen in (None, state):
            by_outcome[outcome] += count
    answered, ended = by_outcome[Outcome.ANSWERED], by_outcome[Outcome.ANSWERED] + by_outcome[Outcome.MISSED]
    return Totals(
        calls=by_outcome.total(),
        answered_percent=round(100 * answered / ended) if ended else None,
        is_more=not counts.is_complete,
    )


def _state_chips(filters: CallFilter, counts: Counts) -> list[StateChip]:
    """A chip for all calls, and one for each state."""
    chosen, by_state = filters.data.get("state", ""), Counter[str]()
    for (state, _outcome), count in counts.by_key.items():
        by_state[state] += count
    labels = [("", _("All"), "list"), *((state, STATES[state].label, STATES[state].icon) for state in CallState)]
    return [
        StateChip(
            label=label,
            icon=icon,
            count=by_state[state] if state else counts.total,
            is_more=not counts.is_complete,
            url=list_url(filters.data, state=state),
            is_chosen=chosen == state,
        )
        for state, label, icon in labels
    ]


def _result_count(chips: Iterable[StateChip]) -> int | None:
    """The number of calls that match the filters; None if some were not counted."""
    return next((chip.count for chip in chips if chip.is_chosen and not chip.is_more), None)


def _period_links(filters: CallFilter) -> Iterator[PeriodLink]:
    chosen = filters.chosen_period
    for period, label in PERIODS.items():
        changes = {"first_day": "", "last_day": "", "hour": "", "period": "" if period == chosen else period}
        yield PeriodLink(label=label, url=list_url(filters.data, **changes), is_chosen=period == chosen)


def _chart_by(request: HttpRequest) -> str:
    by = request.GET.get("chart", "")
    return by if by in SERIES else DEFAULT_CHART
