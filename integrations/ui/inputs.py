"""Form inputs in the style of unfold for pages outside the admin's own forms, and the field that chooses a customer."""

from __future__ import annotations

from collections.abc import Sized
from contextlib import suppress
from functools import partial
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Case, QuerySet, When
from django.utils.translation import gettext as _
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextInputWidget

from integrations.models import Customer

INPUT_CLASSES = " ".join(BASE_INPUT_CLASSES)

text_input = partial(UnfoldAdminTextInputWidget, attrs={"class": INPUT_CLASSES, "autocomplete": "off"})
day_input = partial(
    forms.DateInput, format="%Y-%m-%d", attrs={"type": "date", "class": f"{INPUT_CLASSES} dark:scheme-dark"}
)

MAX_MENU_CUSTOMERS = 50
"""With more customers, the menu becomes a text field."""
MAX_NAMED = 5
"""The most customers that an error message names."""


class CustomerMenu:
    """What a page knows of its user's choice between customers."""

    first_customers: Sized
    """The first visible customers: one more than fit into a menu."""

    @property
    def offers_customers(self) -> bool:
        """Tells whether the user can choose between customers."""
        return len(self.first_customers) > 1

    @property
    def has_many_customers(self) -> bool:
        return len(self.first_customers) > MAX_MENU_CUSTOMERS


class CustomerField(django_filters.fields.ModelChoiceField):  # type: ignore[misc]
    """Accepts a customer's key, as in URLs, or a name or part of a name, as people type it."""

    shown_name = ""
    """The name that a text field shows instead of the key."""

    def prepare_value(self, value: Any) -> Any:
        return self.shown_name or super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text:
            return super().to_python(value)
        if text.isdecimal():
            with suppress(ValidationError):
                return super().to_python(text)
        return super().to_python(self._pk_of(text))

    def _pk_of(self, name: str) -> int:
        found = dict(customers_named(self.queryset, name).values_list("pk", "name")[: MAX_NAMED + 1])
        exact = [pk for pk, each in found.items() if each.casefold() == name.casefold()]
        # Digits may be the number of a customer that is gone: they are no part of a name.
        named = exact or ([] if name.isdecimal() else list(found))
        if len(named) == 1:
            return named[0]
        if not named:
            raise ValidationError(_("No customer is named “%(name)s”.") % {"name": name})
        names = [*list(found.values())[:MAX_NAMED], *(["…"] if len(found) > MAX_NAMED else [])]
        raise ValidationError(_("Several customers match: %(names)s.") % {"names": ", ".join(names)})


def customers_named(customers: QuerySet[Customer], name: str) -> QuerySet[Customer]:
    """Finds customers whose name contains the text. The exact name comes first, then names that begin with it."""
    rank = Case(When(name__iexact=name, then=0), When(name__istartswith=name, then=1), default=2)
    return customers.filter(name__icontains=name).order_by(rank, "name")
