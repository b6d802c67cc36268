"""Columns of coloured words, of links and of moments, as unfold draws them; and filters by words instead of codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from integrations.models import Customer
from integrations.ui.labels import LazyText

Column = TypeVar("Column", bound=Callable[..., tuple[str, str]])


def coloured(description: LazyText, colours: Mapping[str, str]) -> Callable[[Column], Column]:
    """Decorates a method that gives a code, which chooses the colour, and the words for it."""
    decorate: Any = display(description=description, label=dict(colours))

    def decorated(method: Column) -> Column:
        decorate(method)
        return method

    return decorated


def link(address: str, words: LazyText) -> SafeString:
    classes = "font-medium text-primary-600 dark:text-primary-500 underline"
    return format_html('<a class="{}" href="{}">{}</a>', classes, address, words)


def moment(name: str, description: LazyText) -> Callable[[Any], Any]:
    """A column of moments in the zone of the row's customer, as the other pages of the customer say them; in UTC, and
    saying so, where there is no customer.
    """

    def column(row: Any) -> str | None:
        at = getattr(row, name)
        if at is None:
            return None
        customer = row if isinstance(row, Customer) else getattr(row, "customer", None)
        text = date_format(at.astimezone(customer.zone if customer else UTC), _("j M Y, H:i:s"))
        return text if customer else f"{text} UTC"

    column.__name__ = name
    decorate: Any = display(description=description, ordering=name, empty_value="–")
    decorate(column)
    return column


def by_words(name: str, heading: LazyText, words: Mapping[str, LazyText]) -> type[DropdownFilter]:
    """A filter of the codes in a column that offers them by their words."""

    class WordsFilter(DropdownFilter):  # type: ignore[misc]
        title = heading
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, LazyText]]:
            return list(words.items())

        def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
            return rows.filter(**{name: self.value()}) if self.value() else rows

    return WordsFilter
