"""What people read in place of a page that is not there, that is not for them, or whose form cannot be believed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = _("It may have been deleted, the address may be misspelt, or it may not be for you to see.")
    return _page(request, 404, _("There is no such page"), text)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    text = _("Your account has no right to it. An administrator can give you another role.")
    return _page(request, 403, _("This page is not for you"), text)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For CSRF_FAILURE_VIEW; to a person it happens when a page was open while its session ended."""
    text = _("The page was open for too long, or you have signed in again since. Go back, reload it and try once more.")
    return _page(request, 403, _("Nothing was saved"), text)


def _page(request: HttpRequest, status: int, title: Promise, text: Promise) -> HttpResponse:
    shell: dict[str, Any] = {**admin.site.each_context(request), "site_url": None}
    return render(request, "error.html", {**shell, "title": title, "text": text}, status=status)
