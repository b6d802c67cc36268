"""Streams a call's recording to the player on its page. The browser never sees the recording's own URL."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.models import Call
from integrations.services.database import release_connection
from integrations.services.markers import mark, marked
from integrations.services.recordings.proxy import NoRecording, NoRecordingReason, OpenRecording, Wanted, open_recording
from integrations.ui.call_row import recording_link
from integrations.ui.labels import LazyText
from integrations.users.audit import audit_record
from integrations.users.visibility import calls_visible_to

PLAYED_AGAIN_AFTER = timedelta(hours=1)

MESSAGES: dict[NoRecordingReason, tuple[int, LazyText]] = {
    NoRecordingReason.NO_LINK: (404, _("Ringostat sent no recording link for this call.")),
    NoRecordingReason.FOREIGN: (404, _("The recording's link does not lead to Ringostat, so it is not opened.")),
    NoRecordingReason.GONE: (
        410,
        _("The recording is not available in Ringostat: its link has expired, or it was deleted or never made."),
    ),
    NoRecordingReason.NOT_AUDIO: (502, _("Ringostat sent a file that is not a recording.")),
    NoRecordingReason.TOO_LARGE: (502, _("The recording is too large to play here. Open it in Ringostat.")),
    NoRecordingReason.UNAVAILABLE: (502, _("Ringostat does not answer. Press play to try again.")),
    NoRecordingReason.BUSY: (503, _("Too many downloads at the moment. Press play to try again.")),
}
"""The HTTP status and the player's message for each reason."""


@require_safe
@login_required
@never_cache
def recording(request: HttpRequest, call_id: int) -> HttpResponseBase:
    """Answers with the recording or the requested range of it. If there is none, with a plain text that says why."""
    call = get_object_or_404(calls_visible_to(request.user).select_related("customer"), pk=call_id)
    wanted = Wanted(
        user_id=request.user.pk or 0,
        customer_id=call.customer_id,
        method=request.method or "GET",
        range=request.headers.get("Range", ""),
        if_range=request.headers.get("If-Range", ""),
    )
    api_url = call.customer.ringostat_api_url
    release_connection()
    try:
        opened = open_recording(recording_link(call.folded), api_url=api_url, wanted=wanted)
    except NoRecording as error:
        return _error_response(error.reason)
    try:
        _audit_play(request, call)
        return _recording_response(request, call, opened)
    except BaseException:
        opened.close()
        raise


def _audit_play(request: HttpRequest, call: Call) -> None:
    """Writes to the audit log, once an hour at most: a player requests one recording in many pieces."""
    what = f"played|{request.user.pk}|{call.pk}"
    if request.method == "GET" and not marked([what]):
        mark(what, PLAYED_AGAIN_AFTER)
        text = gettext("Played the recording of call %(id)s")
        audit_record(request.user, text % {"id": call.ringostat_id}, call.customer)
    release_connection()


def _error_response(reason: NoRecordingReason) -> HttpResponse:
    status, message = MESSAGES[reason]
    response = HttpResponse(str(message), status=status, content_type="text/plain; charset=utf-8")
    if reason is NoRecordingReason.BUSY:
        response["Retry-After"] = "1"
    return response


def _recording_response(request: HttpRequest, call: Call, opened: OpenRecording) -> HttpResponseBase:
    response: HttpResponseBase
    if request.method == "HEAD" or opened.status == 416:
        opened.close()
        response = HttpResponse(status=opened.status, content_type=opened.content_type)
    else:
        response = StreamingHttpResponse(opened, status=opened.status, content_type=opened.content_type)
    for name, value in opened.headers.items():
        response[name] = value
    is_download = "download" in request.GET
    name = f"{call.ringostat_id}{opened.suffix}"
    response["Content-Disposition"] = content_disposition_header(is_download, name) or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    return response
