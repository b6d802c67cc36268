"""Which fields the list's form shows, and how: what depends on how many customers there are to choose from.

A field comes to its template as values, and its menu as one text: Django's own widgets render a template for every
word of a menu, which made the fields the dearest part of the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from integrations.calllog.list.filters import CallFilter, text_input

MAIN = ("number", "customer", "employee", "direction", "outcome", "first_day", "last_day")
MORE = ("reason", "recording", "utm_source", "unmatched", "call_id")
HIDDEN = ("period", "hour", "state")


@dataclass(frozen=True, kw_only=True)
class ShownField:
    name: str
    id: str
    label: str
    value: str
    type: str
    """Of the input; "select" for a menu."""
    menu: SafeString
    classes: str
    proposals: str
    """The id of the list that proposes values; "" for none."""
    errors: list[str]


@dataclass(frozen=True, kw_only=True)
class Fields:
    main: list[ShownField]
    more: list[ShownField]
    hidden: list[ShownField]
    is_more_open: bool


def fields_of(filters: CallFilter) -> Fields:
    form = filters.form
    filters.is_valid()  # with all employees and by its menus; what is shown is less
    unseen = set() if filters.offers_customers else {"customer"}
    if filters.has_many_customers:
        _type_the_customer(filters, form)
    if not _offer_employees(filters, form):
        unseen.add("employee")
    for name in unseen:
        form.fields[name].widget = forms.HiddenInput()
    return Fields(
        main=[_shown(form[name]) for name in MAIN if name not in unseen],
        more=[_shown(form[name]) for name in MORE],
        hidden=[_shown(form[name]) for name in (*HIDDEN, *sorted(unseen))],
        is_more_open=any(filters.data.get(name) for name in MORE),
    )


def _type_the_customer(filters: CallFilter, form: forms.Form) -> None:
    field = form.fields["customer"]
    field.widget = text_input(attrs={**text_input().attrs, "list": "customer-names"})
    if filters.chosen_customer:
        field.shown_name = filters.chosen_customer.name  # type: ignore[attr-defined]


def _offer_employees(filters: CallFilter, form: forms.Form) -> bool:
    """Those of one customer: the employees of all are too many to choose from."""
    if not filters.shows_one_customer:
        return False
    employees = form.fields["employee"]
    chosen = filters.chosen_customer or next(iter(filters.some_customers), None)
    employees.queryset = employees.queryset.filter(customer=chosen)  # type: ignore[attr-defined]
    return True


def _shown(field: BoundField) -> ShownField:
    widget, value = field.field.widget, field.value()
    text = "" if value is None else str(value)
    return ShownField(
        name=field.html_name,
        id=field.auto_id,
        label=str(field.label),
        value=text,
        type=widget.input_type,
        menu=_menu(widget, text) if isinstance(widget, forms.Select) else SafeString(),
        classes=widget.attrs.get("class", ""),
        proposals=widget.attrs.get("list", ""),
        errors=[str(error) for error in field.errors],
    )


def _menu(widget: forms.Select, chosen: str) -> SafeString:
    words = ((value, SafeString(" selected" if str(value) == chosen else ""), label) for value, label in widget.choices)
    return format_html_join("", '<option value="{}"{}>{}</option>', words)
