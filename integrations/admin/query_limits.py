"""Limits the database lookups that a query string of the console's lists may use."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BinaryField, Field, JSONField, Model
from django.http import HttpRequest

from integrations.models.secret import SecretField

LOOKUPS = frozenset({"exact", "isnull", "gt", "gte", "lt", "lte"})
"""The lookups of the lists' own filters and links. Django allows all lookups on the columns of a list's model. Some of
them fail in the database for odd values, and some read encrypted columns letter by letter.
"""
REFUSED_FIELDS = (ArrayField, BinaryField, JSONField, SecretField)


class SimpleLookups:
    """A mixin of every ModelAdmin: allows simple lookups and answers 400 to all others."""

    model: type[Model]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        allowed: bool = super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
        return allowed and _is_simple(self.model, lookup) and _is_choice(self.model, lookup, value)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Ignores an empty `_to_field`: Django 5.2 looks up a column with an empty name, and fails."""
        found: Model | None = super().get_object(request, object_id, from_field or None)  # type: ignore[misc]
        return found


def _is_simple(model: type[Model], lookup: str) -> bool:
    """Follows a lookup such as `customer__id__exact` from column to column.

    A name that is no column of the model is the parameter of a list's own filter. Columns of rows that refer to the
    model, such as a user's sessions, are refused.
    """
    here: type[Model] | None = model
    for position, word in enumerate(lookup.split("__")):
        field = _field(here, word)
        if field is None:
            return position == 0 or word in LOOKUPS
        if isinstance(field, REFUSED_FIELDS) or not isinstance(field, Field):
            return False
        here = getattr(field, "related_model", None)
    return True


def _is_choice(model: type[Model], lookup: str, value: str) -> bool:
    """False for a value outside the column's choices: PostgreSQL refuses it if the column is an enum."""
    name, _, comparison = lookup.partition("__")
    field = _field(model, name)
    if not isinstance(field, Field) or not field.choices or comparison == "isnull":
        return True
    is_cleared = not comparison and value == ""  # a filter of the list that is not used
    return is_cleared or (
        comparison in ("", "exact") and value in {str(choice) for choice, _label in field.flatchoices}
    )


def _field(model: type[Model] | None, name: str) -> Field[Any, Any] | None:
    if model is None:
        return None
    try:
        return model._meta.pk if name == "pk" else model._meta.get_field(name)  # type: ignore[return-value]
    except FieldDoesNotExist:
        return None
