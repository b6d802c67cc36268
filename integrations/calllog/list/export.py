"""Exports the filtered calls as CSV or XLSX, with labels in the user's language and times in the customer's zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from integrations.calllog.list.filters import CallFilter
from integrations.calllog.list.keyset_paging import page_of
from integrations.calllog.list.table_rows import with_fields
from integrations.models import Call
from integrations.services.calls.spreadsheet import Cell, csv_lines, xlsx_file
from integrations.services.recordings.stream_limit import NoFreeSlot, StreamSlot
from integrations.ui.call_row import CallRow, call_row
from integrations.ui.labels import STATES
from integrations.ui.page_context import page_context
from integrations.users.audit import audit_record
from integrations.users.visibility import customers_visible_to

BATCH = 2000
"""Calls that are loaded at once."""
MAX_XLSX_ROWS = 50_000
"""The whole XLSX file is made before its first byte is sent, and occupies a web thread meanwhile."""
PERSONAL_FILTERS = ("number", "call_id")
"""Filters whose values are not written to the audit log."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


Column = Callable[[Call, CallRow], Cell]


def _columns() -> dict[str, Column]:
    """The columns by title, in the user's language. Labels are translated here once, not in every row."""
    directions = _labels(Call._meta.get_field("direction").flatchoices)
    outcomes = _labels(Call._meta.get_field("outcome").flatchoices)
    states = _labels((state, badge.label) for state, badge in STATES.items())
    return {
        _("Time"): lambda call, row: row.started_at.astimezone(row.zone).replace(tzinfo=None, microsecond=0),
        _("Time zone"): lambda call, row: row.zone.key,
        _("Customer"): lambda call, row: row.customer,
        _("Direction"): lambda call, row: directions.get(call.direction, ""),
        _("Outcome"): lambda call, row: outcomes.get(call.outcome, ""),
        _("Client number"): lambda call, row: row.client_number,
        _("Employee"): lambda call, row: row.employee,
        _("Wait, seconds"): lambda call, row: row.facts.wait_seconds,
        _("Talk, seconds"): lambda call, row: row.facts.talk_seconds,
        _("UTM source"): _parameter("utm_source"),
        _("UTM medium"): _parameter("utm_medium"),
        _("UTM campaign"): _parameter("utm_campaign"),
        _("UTM content"): _parameter("utm_content"),
        _("UTM term"): _parameter("utm_term"),
        _("Project or pool"): lambda call, row: row.facts.line_name,
        _("State"): lambda call, row: states[call.state],
        _("Why"): lambda call, row: str(row.reason),
        _("Contact in Planfix"): lambda call, row: row.contact_url,
        _("Task in Planfix"): lambda call, row: row.task_url,
        _("Ringostat call ID"): lambda call, row: row.ringostat_id,
    }


def _labels(choices: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return {str(code): str(label) for code, label in choices}


def _parameter(name: str) -> Column:
    return lambda call, row: row.facts.parameters.get(name, "")


View = Callable[[HttpRequest], HttpResponseBase]


def _customer_id(request: HttpRequest) -> int | None:
    """The customer whose slots a download takes; None for a user who sees several."""
    ids = customers_visible_to(request.user).values_list("pk", flat=True)[:2]
    return ids[0] if len(ids) == 1 else None


def takes_stream_slot(view: View) -> View:
    """Decorates a view with a long response: takes one of the few stream slots, and releases it with the response."""

    @wraps(view)
    def limited(request: HttpRequest) -> HttpResponseBase:
        try:
            slot = StreamSlot(user_id=request.user.pk or 0, customer_id=_customer_id(request))
        except NoFreeSlot:
            return _busy_response(request)
        try:
            response = view(request)
        except BaseException:
            slot.release()
            raise
        response._resource_closers.append(slot.release)  # type: ignore[attr-defined]
        return response

    return limited


@require_GET
@login_required
@never_cache
@takes_stream_slot
def export_csv(request: HttpRequest) -> HttpResponseBase:
    filters = CallFilter.for_user(request.user, request.GET)
    if not filters.is_valid():
        return _back_to_list(request)
    _audit_export(request, filters, "CSV")
    return StreamingHttpResponse(csv_lines(*_table(filters.qs)), **_file("csv", "text/csv; charset=utf-8"))


@require_GET
@login_required
@never_cache
@takes_stream_slot
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    filters = CallFilter.for_user(request.user, request.GET)
    if not filters.is_valid():
        return _back_to_list(request)
    if filters.qs.order_by()[: MAX_XLSX_ROWS + 1].count() > MAX_XLSX_ROWS:
        text = _("An XLSX file holds up to %(most)s calls. Narrow the filter, or export CSV, which has no limit.")
        messages.warning(request, text % {"most": MAX_XLSX_ROWS})
        return _back_to_list(request)
    _audit_export(request, filters, "XLSX")
    return FileResponse(xlsx_file(*_table(filters.qs)), **_file("xlsx", XLSX))


def _busy_response(request: HttpRequest) -> HttpResponse:
    context = page_context(request, _("Export"))
    response = render(request, "calllog/list/export_busy.html", context, status=503)
    response["Retry-After"] = "60"
    return response


def _back_to_list(request: HttpRequest) -> HttpResponse:
    """Redirects to the list, which shows the error beside its field."""
    return redirect(f"{reverse('calllog:list')}?{request.GET.urlencode()}")


def _table(calls: QuerySet[Call]) -> tuple[list[str], Iterator[list[Cell]]]:
    """The titles and the rows."""
    columns = _columns()
    return list(columns), _rows(calls, list(columns.values()))


def _rows(calls: QuerySet[Call], columns: Sequence[Column]) -> Iterator[list[Cell]]:
    """Reads page by page, so that a slow download keeps no database cursor open."""
    older, is_last = "", False
    while not is_last:
        page = page_of([calls], rows=with_fields(Call.objects.all()), before=older, size=BATCH)
        for call in page.calls:
            row = call_row(call)
            yield [value(call, row) for value in columns]
        older, is_last = page.older, not page.older


def _audit_export(request: HttpRequest, filters: CallFilter, kind: str) -> None:
    customer = filters.chosen_customer or (None if filters.offers_customers else filters.customers.first())
    chosen = {name: value for name, value in filters.values.items() if name != "customer"}
    named = [name if name in PERSONAL_FILTERS else f"{name}: {value}" for name, value in chosen.items()]
    text = _("Exported calls as %(kind)s (%(filters)s)")
    audit_record(request.user, text % {"kind": kind, "filters": ", ".join(named) or _("all")}, customer)


def _file(ending: str, content_type: str) -> dict[str, Any]:
    name = f"calls-{timezone.now():%Y-%m-%d}.{ending}"
    return {
        "content_type": content_type,
        "headers": {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)},
    }
