"""Mixins for the lists of the console."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from integrations.admin.query_limits import SimpleLookups
from integrations.ui.labels import LazyText


class ListTitle:
    """A mixin of ModelAdmin: the list is titled by its model, “Alerts”, instead of Django's “Select alert to view”."""

    opts: Options[Model]
    list_title: LazyText = ""
    """Another title than the model's name, for a list whose entry in the menu has another name."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = self.list_title or capfirst(str(self.opts.verbose_name_plural))
        response: HttpResponse = super().changelist_view(request, {"title": title, **(extra_context or {})})  # type: ignore[misc]
        return response


class ReadOnly(SimpleLookups, ListTitle):
    """A mixin of ModelAdmin: users with the view permission look, nobody adds, changes or deletes."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def as_text(text: str) -> SafeString:
    """A body as received, with its line breaks. Long lines wrap."""
    return format_html(
        '<pre class="max-h-80 overflow-auto text-xs" tabindex="0"'
        ' style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>',
        text or "–",
    )
