"""The piece of a page that shows how far long work has come. It renews itself until the work is finished."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.scope import customers_visible_to
from integrations.models import Work


@require_safe
@login_required
@never_cache
def work_progress(request: HttpRequest, work_id: int) -> HttpResponse:
    """Of one's own work, and of that on customers whom one may see."""
    visible = Q(asked_by=request.user.pk) | Q(customer__in=customers_visible_to(request.user))
    work = get_object_or_404(Work.objects.filter(visible).select_related("customer"), pk=work_id)
    response = render(request, "calllog/_work.html", {"work": work})
    if work.is_finished and request.headers.get("HX-Request"):
        # What the work changed stands all over the page.
        response["HX-Refresh"] = "true"
    return response
