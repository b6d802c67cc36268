"""The filters in use: their labels and values, and the list's URL without each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from integrations.calllog.list.filters import CallFilter
from integrations.calllog.list.query_string import list_url


@dataclass(frozen=True, kw_only=True)
class ActiveFilter:
    label: str | Promise
    value: str
    url_without: str


def active_filters(filters: CallFilter) -> list[ActiveFilter]:
    """The filters in use. Includes values that the form rejects, so that the user can remove them from the URL."""
    return [
        ActiveFilter(
            label=each.label,
            value=_value_text(filters, name),
            url_without=list_url(filters.data, **{name: ""}),
        )
        for name, each in filters.filters.items()
        if filters.data.get(name) and not _is_overridden(filters, name)
    ]


def _is_overridden(filters: CallFilter, name: str) -> bool:
    if name not in filters.values:
        return False
    if name == "hour":
        return all(days.hour is None for days in filters.date_ranges.values())
    return name == "period" and not filters.chosen_period


def _value_text(filters: CallFilter, name: str) -> str:
    value: Any = filters.values.get(name)
    if value is None:
        return _("%(text)s (invalid)") % {"text": filters.data[name]}
    if isinstance(value, date):
        return date_format(value, _("j M Y"))
    choices = _choices(filters, name)
    return str(choices.get(str(value), choices.get(str(value).lower(), value)))


def _choices(filters: CallFilter, name: str) -> dict[str, Any]:
    """The labels of a menu by their values. {} for text fields, and for customers and employees, whose names show."""
    if name in ("customer", "employee"):
        return {}
    field = filters.form.fields[name]
    choices: Any = getattr(field, "choices", None) or getattr(field.widget, "choices", ())
    return {str(value): label for value, label in choices}
