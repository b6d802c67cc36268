"""What the admin's base template needs to be the shell of the call log's pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


def page_context(request: HttpRequest, title: str) -> dict[str, Any]:
    """The template's context. A viewer gets the header without the menu, where nothing is for viewers."""
    context = admin.site.each_context(request)
    is_viewer = not context["has_permission"]
    if is_viewer:
        context |= {"is_nav_sidebar_enabled": False, "has_permission": True}
    return {**context, "title": title, "is_viewer": is_viewer, "is_fullwidth": "1"}
