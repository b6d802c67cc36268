"""The pages of exports: the stream of a small CSV file, the start of a background job, and the files that are ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.calllog.export.columns import table
from integrations.calllog.export.jobs import (
    CONTENT_TYPES,
    TooManyExports,
    sole_customer,
    start_export,
    unfinished_exports,
)
from integrations.calllog.list.filters import CallFilter
from integrations.models import BackgroundJob, BackgroundJobKind, JobFile
from integrations.services.calls.spreadsheet_files import csv_lines
from integrations.services.queue.job_files import FILE_LIFETIME, pieces_of
from integrations.services.recordings.stream_limit import NoFreeSlot, StreamSlot, within_time
from integrations.ui.page_context import page_context
from integrations.users.audit import audit_record
from integrations.users.visibility import customers_visible_to, job_files_visible_to

MAX_XLSX_ROWS = 200_000
"""The limit exists because the worker's disk, which may be memory, holds the file while it is made."""
PERSONAL_FILTERS = ("number", "call_id")
"""Filters whose values must not reach the audit log."""

View = Callable[..., HttpResponseBase]


def takes_stream_slot(view: View) -> View:
    """Decorates a view with a long response. Takes one of the few stream slots, and releases it with the response."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            slot = StreamSlot(user_id=request.user.pk or 0, customer_id=_customer_id(request))
        except NoFreeSlot:
            return _busy_response(request)
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            slot.release()
            raise
        response._resource_closers.append(slot.release)  # type: ignore[attr-defined]
        return response

    return limited


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def export_csv(request: HttpRequest) -> HttpResponseBase:
    """GET streams a small file; for a large one it offers the background job, which POST starts."""
    filters = CallFilter.for_user(request.user, request.GET)
    if not filters.is_valid():
        return _back_to_list(request)
    if request.method == "POST":
        return _start(request, filters, "csv")
    if not _has_at_most(filters, settings.EXPORT_STREAM_ROWS):
        return _offer(request, "csv", status=413)
    return _stream_csv(request)


@require_http_methods(["GET", "POST"])
@login_required
@never_cache
def export_xlsx(request: HttpRequest) -> HttpResponseBase:
    """GET offers the background job, which POST starts."""
    filters = CallFilter.for_user(request.user, request.GET)
    if not filters.is_valid():
        return _back_to_list(request)
    if not _has_at_most(filters, MAX_XLSX_ROWS):
        text = _("An XLSX file holds up to %(most)s calls. Narrow the filter, or export CSV.")
        messages.warning(request, text % {"most": MAX_XLSX_ROWS})
        return _back_to_list(request)
    return _start(request, filters, "xlsx") if request.method == "POST" else _offer(request, "xlsx", status=200)


@require_safe
@login_required
@never_cache
def exports(request: HttpRequest) -> HttpResponse:
    """The page of the user's export files and export jobs."""
    user = cast(User, request.user)
    recent = BackgroundJob.objects.filter(
        kind=BackgroundJobKind.EXPORT, asked_by=user.pk, finished_at__gt=timezone.now() - FILE_LIFETIME
    )
    context = {
        "jobs": unfinished_exports(user).order_by("-pk"),
        "failed": recent.exclude(trouble="").order_by("-pk")[:5],
        "files": job_files_visible_to(user).select_related("job__customer").order_by("-pk"),
        "hours": settings.EXPORT_HOURS,
    }
    return render(request, "calllog/export/exports.html", {**page_context(request, _("Exports")), **context})


@require_safe
@login_required
@never_cache
def export_file(request: HttpRequest, file_id: int) -> HttpResponseBase:
    return _stream_file(request, get_object_or_404(job_files_visible_to(request.user), pk=file_id))


@require_POST
@login_required
@never_cache
def delete_export(request: HttpRequest, file_id: int) -> HttpResponse:
    count, _rows = JobFile.objects.filter(pk=file_id, user=request.user.pk).delete()
    if not count:
        raise Http404
    messages.success(request, _("The file is deleted."))
    return redirect("calllog:exports")


@takes_stream_slot
def _stream_csv(request: HttpRequest) -> HttpResponseBase:
    filters = CallFilter.for_user(request.user, request.GET)
    _audit_export(request, filters, "CSV")
    lines = within_time(csv_lines(*table(filters.qs)))
    return _attachment(lines, f"calls-{timezone.now():%Y-%m-%d}.csv", CONTENT_TYPES["csv"])


@takes_stream_slot
def _stream_file(request: HttpRequest, file: JobFile) -> HttpResponseBase:
    response = _attachment(within_time(pieces_of(file)), file.name, file.content_type)
    response["Content-Length"] = str(file.size)
    return response


def _start(request: HttpRequest, filters: CallFilter, form: str) -> HttpResponse:
    try:
        start_export(cast(User, request.user), filters, form)
    except TooManyExports as error:
        messages.warning(request, str(error))
    else:
        _audit_export(request, filters, form.upper())
    return redirect("calllog:exports")


def _offer(request: HttpRequest, form: str, *, status: int) -> HttpResponse:
    context = {"kind": form.upper(), "most": settings.EXPORT_STREAM_ROWS, "hours": settings.EXPORT_HOURS}
    return render(
        request, "calllog/export/offer.html", {**page_context(request, _("Export")), **context}, status=status
    )


def _busy_response(request: HttpRequest) -> HttpResponse:
    context = page_context(request, _("Export"))
    response = render(request, "calllog/export/busy.html", context, status=503)
    response["Retry-After"] = "60"
    return response


def _back_to_list(request: HttpRequest) -> HttpResponse:
    """Redirects to the list, which shows the error beside its field."""
    return redirect(f"{reverse('calllog:list')}?{request.GET.urlencode()}")


def _has_at_most(filters: CallFilter, count: int) -> bool:
    return filters.qs.order_by()[: count + 1].count() <= count


def _customer_id(request: HttpRequest) -> int | None:
    """The customer whose stream slot a download takes; None if the user sees several customers."""
    ids = customers_visible_to(request.user).values_list("pk", flat=True)[:2]
    return ids[0] if len(ids) == 1 else None


def _audit_export(request: HttpRequest, filters: CallFilter, kind: str) -> None:
    chosen = {name: value for name, value in filters.values.items() if name != "customer"}
    named = [name if name in PERSONAL_FILTERS else f"{name}: {value}" for name, value in chosen.items()]
    text = _("Exported calls as %(kind)s (%(filters)s)")
    filled = text % {"kind": kind, "filters": ", ".join(named) or _("all")}
    audit_record(request.user, filled, sole_customer(filters))


def _attachment(content: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition or "attachment"}
    )
