"""The calls of the list as a file for a spreadsheet: its filters, its words, the customer's own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from integrations.calllog.filters import CallFilter
from integrations.calllog.paging import page_of
from integrations.calllog.rows import RELATED, CallRow, row_of
from integrations.calllog.shell import shell
from integrations.calllog.words import Words
from integrations.domain.calls import CallFacts
from integrations.models import Call
from integrations.services.audit import record
from integrations.services.long_answers import NoPlace, Place
from integrations.services.spreadsheet import Cell, csv_lines, xlsx_file

AT_ONCE = 2000
MOST_IN_XLSX = 50_000
"""Excel's file is made before its first byte is sent, by a thread that webhooks may wait for."""
PERSONAL = ("number", "call_id")
"""Filters whose values are not written into the audit trail."""

# Looked up at once: Django's get_…_display would cost more than all the rest of a row.
DIRECTIONS: dict[str, Words] = dict(Call._meta.get_field("direction").flatchoices)
OUTCOMES: dict[str, Words] = dict(Call._meta.get_field("outcome").flatchoices)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _local_time(call: Call, row: CallRow, facts: CallFacts) -> Cell:
    return row.started_at.astimezone(row.zone).replace(tzinfo=None, microsecond=0)


def _parameter(name: str) -> Callable[[Call, CallRow, CallFacts], Cell]:
    return lambda call, row, facts: facts.parameters.get(name, "")


COLUMNS: dict[Promise, Callable[[Call, CallRow, CallFacts], Cell]] = {
    gettext_lazy("Time"): _local_time,
    gettext_lazy("Time zone"): lambda call, row, facts: row.zone.key,
    gettext_lazy("Customer"): lambda call, row, facts: row.customer,
    gettext_lazy("Direction"): lambda call, row, facts: str(DIRECTIONS.get(call.direction, "")),
    gettext_lazy("Outcome"): lambda call, row, facts: str(OUTCOMES.get(call.outcome, "")),
    gettext_lazy("Client number"): lambda call, row, facts: row.client_number,
    gettext_lazy("Employee"): lambda call, row, facts: row.employee,
    gettext_lazy("Wait, seconds"): lambda call, row, facts: facts.waiting,
    gettext_lazy("Talk, seconds"): lambda call, row, facts: facts.talk,
    gettext_lazy("UTM source"): _parameter("utm_source"),
    gettext_lazy("UTM medium"): _parameter("utm_medium"),
    gettext_lazy("UTM campaign"): _parameter("utm_campaign"),
    gettext_lazy("UTM content"): _parameter("utm_content"),
    gettext_lazy("UTM term"): _parameter("utm_term"),
    gettext_lazy("Project or pool"): lambda call, row, facts: facts.line_name,
    gettext_lazy("State"): lambda call, row, facts: str(row.state.words),
    gettext_lazy("Why"): lambda call, row, facts: str(row.reason),
    gettext_lazy("Contact in Planfix"): lambda call, row, facts: row.contact_url,
    gettext_lazy("Task in Planfix"): lambda call, row, facts: row.task_url,
    gettext_lazy("Ringostat call ID"): lambda call, row, facts: row.ringostat_id,
}


View = Callable[[HttpRequest], HttpResponseBase]


def takes_a_place(view: View) -> View:
    """Of the few that there are for answers that last; given back when the answer is closed."""

    @wraps(view)
    def placed(request: HttpRequest) -> HttpResponseBase:
        try:
            place = Place()
        except NoPlace:
            return _waits(request)
        try:
            response = view(request)
        except BaseException:
            place.leave()
            raise
        response._resource_closers.append(place.leave)  # type: ignore[attr-defined]
        return response

    return placed


@require_GET
@login_required
@never_cache
@takes_a_place
def export_csv(request: HttpRequest) -> HttpResponseBase:
    filters = CallFilter.seen_by(request.user, request.GET)
    if not filters.is_valid():
        return _back_to_list(request)
    _write_down(request, filters, "CSV")
    return StreamingHttpResponse(csv_lines(_titles(), _rows(filters.qs)), **_file("csv", "text/csv; charset=utf-8"))


@require_GET
@login_required
@never_cache
@takes_a_place
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    filters = CallFilter.seen_by(request.user, request.GET)
    if not filters.is_valid():
        return _back_to_list(request)
    if filters.qs.order_by()[: MOST_IN_XLSX + 1].count() > MOST_IN_XLSX:
        text = _("An XLSX file takes %(most)s calls at the most. Narrow the filter, or take CSV, which takes them all.")
        messages.warning(request, text % {"most": MOST_IN_XLSX})
        return _back_to_list(request)
    _write_down(request, filters, "XLSX")
    return FileResponse(xlsx_file(_titles(), _rows(filters.qs)), **_file("xlsx", XLSX))


def _waits(request: HttpRequest) -> HttpResponse:
    context = shell(request, _("Export"))
    response = render(request, "calllog/export_waits.html", context, status=503)
    response["Retry-After"] = "60"
    return response


def _back_to_list(request: HttpRequest) -> HttpResponse:
    """It says beside the field what is wrong with it."""
    return redirect(f"{reverse('calllog:list')}?{request.GET.urlencode()}")


def _titles() -> list[str]:
    return [str(title) for title in COLUMNS]


def _rows(calls: QuerySet[Call]) -> Iterator[list[Cell]]:
    """Page by page as the list reads them: nothing is held open in the database, however slowly somebody reads."""
    older, is_last = "", False
    while not is_last:
        page = page_of([calls], rows=Call.objects.select_related(*RELATED), before=older, size=AT_ONCE)
        for call in page.calls:
            row, facts = row_of(call), call.folded
            yield [value(call, row, facts) for value in COLUMNS.values()]
        older, is_last = page.older, not page.older


def _write_down(request: HttpRequest, filters: CallFilter, kind: str) -> None:
    customer = filters.chosen_customer or (None if filters.offers_customers else filters.customers.first())
    chosen = {name: value for name, value in filters.values.items() if name != "customer"}
    named = [name if name in PERSONAL else f"{name}: {value}" for name, value in chosen.items()]
    text = _("Exported calls as %(kind)s (%(filters)s)")
    record(request.user, text % {"kind": kind, "filters": ", ".join(named) or _("all")}, customer)


def _file(ending: str, content_type: str) -> dict[str, Any]:
    name = f"calls-{timezone.now():%Y-%m-%d}.{ending}"
    return {
        "content_type": content_type,
        "headers": {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)},
    }
