"""The fields of the list's filter form. Which fields it shows depends on the number of customers.

The template gets plain values, and each menu as one string. Django's own widgets would render a template for every
option, which would make the form the slowest part of the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from integrations.calllog.list.filters import CallFilter
from integrations.ui.inputs import text_input

MAIN = ("customer", "employee", "direction", "outcome")
MORE = ("number", "call_id", "first_day", "last_day", "reason", "callback", "recording", "utm_source", "unmatched")
HIDDEN = ("period", "hour", "state")


@dataclass(frozen=True, kw_only=True)
class FormField:
    name: str
    id: str
    label: str
    value: str
    type: str
    """The type of the input; "select" for a menu."""
    options: SafeString
    """The options of a menu."""
    classes: str
    datalist_id: str
    """The id of the datalist that suggests values; "" without one."""
    errors: list[str]


@dataclass(frozen=True, kw_only=True)
class FilterForm:
    main: list[FormField]
    more: list[FormField]
    hidden: list[FormField]
    is_more_open: bool


def filter_form(filters: CallFilter) -> FilterForm:
    form = filters.form
    filters.is_valid()  # Validate before the code below narrows the querysets of the fields.
    hidden = set() if filters.offers_customers else {"customer"}
    if filters.has_many_customers:
        _use_text_field(filters, form)
    elif filters.offers_customers:
        _use_known_names(filters, form)
    if not _show_employees(filters, form):
        hidden.add("employee")
    for name in hidden:
        form.fields[name].widget = forms.HiddenInput()
    return FilterForm(
        main=[_form_field(form[name]) for name in MAIN if name not in hidden],
        more=[_form_field(form[name]) for name in MORE],
        hidden=[_form_field(form[name]) for name in (*HIDDEN, *sorted(hidden))],
        is_more_open=any(name in MORE for name in form.errors),
    )


def _use_text_field(filters: CallFilter, form: forms.Form) -> None:
    field = form.fields["customer"]
    field.widget = text_input(attrs={**text_input().attrs, "list": "customer-names"})
    if filters.chosen_customer:
        field.shown_name = filters.chosen_customer.name  # type: ignore[attr-defined]


def _use_known_names(filters: CallFilter, form: forms.Form) -> None:
    """Fills the menu with names that the filters have already read. The field would query them again."""
    field = form.fields["customer"]
    field.widget.choices = [("", field.empty_label), *filters.menu_customers.items()]  # type: ignore[attr-defined]


def _show_employees(filters: CallFilter, form: forms.Form) -> bool:
    """Narrows the menu to one customer's employees. Returns False if the list shows several customers: they have too
    many.
    """
    if not filters.shows_one_customer:
        return False
    employees = form.fields["employee"]
    chosen = filters.chosen_customer or next(iter(filters.first_customers), None)
    employees.queryset = employees.queryset.filter(customer=chosen)  # type: ignore[attr-defined]
    return True


def _form_field(field: BoundField) -> FormField:
    widget, value = field.field.widget, field.value()
    text = "" if value is None else str(value)
    return FormField(
        name=field.html_name,
        id=field.auto_id,
        label=str(field.label),
        value=text,
        type=widget.input_type,
        options=_menu_options(widget, text) if isinstance(widget, forms.Select) else SafeString(),
        classes=widget.attrs.get("class", ""),
        datalist_id=widget.attrs.get("list", ""),
        errors=[str(error) for error in field.errors],
    )


def _menu_options(widget: forms.Select, chosen: str) -> SafeString:
    options = (
        (value, SafeString(" selected" if str(value) == chosen else ""), label) for value, label in widget.choices
    )
    return format_html_join("", '<option value="{}"{}>{}</option>', options)
