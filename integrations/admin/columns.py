"""Columns of the lists: coloured labels, links and times, as unfold draws them; and filters by label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from functools import wraps
from typing import Any, NamedTuple, TypeVar, cast

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
    """Decorates a method that returns a code, which chooses the colour, and its label."""
    decorate: Any = display(description=description, label=dict(colours))

    def decorated(method: Column) -> Column:
        @wraps(method)
        def labelled(*args: Any) -> tuple[str, str]:
            return CodeAndLabel(*method(*args))

        decorate(labelled)
        return cast(Column, labelled)

    return decorated


class CodeAndLabel(NamedTuple):
    """A code and its label. A list shows the label in the colour of the code; the page of one row shows it as text."""

    code: str
    label: str

    def __str__(self) -> str:
        return self.label


def link(address: str, words: LazyText) -> SafeString:
    classes = "font-medium text-primary-600 dark:text-primary-500 underline"
    return format_html('<a class="{}" href="{}">{}</a>', classes, address, words)


def time_column(name: str, description: LazyText) -> Callable[[Any], Any]:
    """A column of times in the zone of the row's customer. Without a customer the time is in UTC, and says so."""

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


def by_label(name: str, heading: LazyText, labels: Mapping[str, LazyText]) -> type[DropdownFilter]:
    """A filter of a column of codes that shows their labels."""

    class LabelFilter(DropdownFilter):  # type: ignore[misc]
        title = heading
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, LazyText]]:
            return list(labels.items())

        def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
            return rows.filter(**{name: self.value()}) if self.value() else rows

    return LabelFilter
