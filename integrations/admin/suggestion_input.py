"""A text input with suggestions: the browser searches them while a person types. Needs no script."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextInputWidget

Suggestions = Callable[[], Iterable[tuple[str, str]]]
"""Values with the text shown beside each."""


class SuggestingInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    def __init__(self, suggestions: Suggestions, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.suggestions = suggestions

    def render(self, name: str, value: object, attrs: dict[str, Any] | None = None, **options: Any) -> SafeString:
        list_id = f"suggestions_{name}"
        field = super().render(name, value, {**(attrs or {}), "list": list_id}, **options)
        choices = format_html_join("", '<option value="{}">{}</option>', self.suggestions())
        return format_html('{}<datalist id="{}">{}</datalist>', field, list_id, choices)
