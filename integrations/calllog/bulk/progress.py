"""Shows the progress of a background job, in a part of a page that polls until the job is finished."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.users.visibility import jobs_visible_to


@require_safe
@login_required
@never_cache
def job_progress(request: HttpRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(jobs_visible_to(request.user).select_related("customer"), pk=job_id)
    response = render(request, "ui/_job_progress.html", {"job": job})
    if job.is_finished and request.headers.get("HX-Request"):
        # The job may have changed anything on the page.
        response["HX-Refresh"] = "true"
    return response
