"""The calls of the list as a file for a spreadsheet: its filters, its words, the customer's own time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
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
from integrations.calllog.scope import calls_visible_to, customers_visible_to
from integrations.calllog.words import Words
from integrations.domain.calls import CallFacts
from integrations.models import Call
from integrations.services.audit import record
from integrations.services.spreadsheet import Cell, csv_lines, xlsx_file

AT_ONCE = 2000
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


@require_GET
@login_required
@never_cache
def export_csv(request: HttpRequest) -> HttpResponseBase:
    filters = _filters(request)
    if not filters.is_valid():
        return _back_to_list(request)
    _write_down(request, filters, "CSV")
    return StreamingHttpResponse(csv_lines(_titles(), _rows(filters.qs)), **_file("csv", "text/csv; charset=utf-8"))


@require_GET
@login_required
@never_cache
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    filters = _filters(request)
    if not filters.is_valid():
        return _back_to_list(request)
    _write_down(request, filters, "XLSX")
    return FileResponse(xlsx_file(_titles(), _rows(filters.qs)), **_file("xlsx", XLSX))


def _filters(request: HttpRequest) -> CallFilter:
    return CallFilter(
        request.GET, queryset=calls_visible_to(request.user), customers=customers_visible_to(request.user)
    )


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
