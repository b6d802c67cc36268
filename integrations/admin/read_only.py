"""The base of read-only lists."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnly:
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
