"""Error pages: not found, forbidden, and a form with an invalid CSRF token."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = _("It may have been deleted, the address may be wrong, or you may not have access to it.")
    return _page(request, 404, _("Page not found"), text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = _("Your role does not allow it. An administrator can change your role.")
    return _page(request, 403, _("Access denied"), text)


def nul_refused(request: HttpRequest, names: list[str]) -> HttpResponseBase:
    """The error page for a request with a NUL. `names`: the parameters that have one; empty if the path has it.

    The API answers as its schema says.
    """
    text = _("The address or the form has characters that no page here understands.")
    if not request.path_info.startswith("/api/"):
        return _page(request, 400, _("This cannot be read"), text)
    if names:
        return JsonResponse({name: [str(text)] for name in names}, status=400)
    return JsonResponse({"detail": str(text)}, status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The error page for an invalid CSRF token (CSRF_FAILURE_VIEW), for example if the session ended while the page was
    open.
    """
    text = _("The page was open too long, or you logged in again. Go back, reload the page and try again.")
    return _page(request, 403, _("Nothing was saved"), text)


def _page(request: HttpRequest, status: int, title: Promise, text: Promise) -> HttpResponse:
    page: dict[str, Any] = {**admin.site.each_context(request), "site_url": None}
    response = render(request, "error.html", {**page, "title": title, "text": text}, status=status)
    add_never_cache_headers(response)
    return response
