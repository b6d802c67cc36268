"""The template context that the call log's pages need to extend the admin's base template."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def page_context(request: HttpRequest, title: str) -> dict[str, Any]:
    """The context of a page. Viewers get the header without the sidebar, which links only to the console."""
    context = admin.site.each_context(request)
    is_viewer = not context["has_permission"]
    if is_viewer:
        context |= {"is_nav_sidebar_enabled": False, "has_permission": True}
    return {**context, "title": title, "is_viewer": is_viewer, "is_fullwidth": "1"}
