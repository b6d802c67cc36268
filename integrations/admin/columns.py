"""Columns of coloured words and of links, as unfold draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from integrations.calllog.words import Words

Column = TypeVar("Column", bound=Callable[..., tuple[str, str]])


def coloured(description: Words, colours: Mapping[str, str]) -> Callable[[Column], Column]:
    """Decorates a method that gives a code, which chooses the colour, and the words for it."""
    decorate: Any = display(description=description, label=dict(colours))

    def decorated(method: Column) -> Column:
        decorate(method)
        return method

    return decorated


def link(address: str, words: Words) -> SafeString:
    classes = "font-medium text-primary-600 dark:text-primary-500 underline"
    return format_html('<a class="{}" href="{}">{}</a>', classes, address, words)
