"""The list's filters as parameters of the read API. What is not understood is refused: a mistyped filter would else
give all calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.calllog.list.filters import CallFilter

PAGING = ("cursor", "limit")

EXAMPLES = {
    "number": "067 123 45 67",
    "call_id": "ua7_-1772445600.12",
    "first_day": "2026-03-01",
    "last_day": "2026-03-31",
}

DESCRIPTIONS = {
    "number": gettext_lazy("The client's number in any spelling, or digits of it."),
    "call_id": gettext_lazy("The call's ID in Ringostat."),
    "customer": gettext_lazy("The customer's number or name, for those who see several."),
    "employee": gettext_lazy("The employee's number here."),
    "reason": gettext_lazy("Why the call was skipped, waits or failed."),
    "recording": gettext_lazy("Is there a recording?"),
    "unmatched": gettext_lazy("Did somebody talk who is not among the customer's employees?"),
    "hour": gettext_lazy("Of the days that are asked for, this hour only."),
    "first_day": gettext_lazy("From this day on."),
    "last_day": gettext_lazy("Up to this day, the day included."),
    "period": gettext_lazy("Days counted back from today."),
    "state": gettext_lazy("Where the call stands on its way to Planfix."),
}
"""Where the label of the list's field is too short for a reader who does not see the list."""


class ListFilters(BaseFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        given = request.query_params
        unknown = sorted(set(given) - set(CallFilter.base_filters) - set(PAGING))
        if unknown:
            raise ValidationError({name: [_("There is no such filter.")] for name in unknown})
        filters = CallFilter.for_user(request.user, given, calls=queryset)
        if not filters.is_valid():
            raise ValidationError(filters.errors)
        for name in _misunderstood(filters, given):
            raise ValidationError({name: [_("Either true or false is wanted.")]})
        found: QuerySet[Any] = filters.qs
        return found

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [_parameter(name, each) for name, each in CallFilter.base_filters.items()]


def _misunderstood(filters: CallFilter, given: Mapping[str, str]) -> list[str]:
    """Choices between true and false: the form takes anything else for no choice."""
    choices = [name for name, each in filters.filters.items() if isinstance(each, django_filters.BooleanFilter)]
    return [name for name in choices if given.get(name) and filters.form.cleaned_data[name] is None]


def _parameter(name: str, each: django_filters.Filter) -> dict[str, Any]:
    parameter = {
        "name": name,
        "in": "query",
        "required": False,
        "schema": _schema(name, each),
        "description": str(DESCRIPTIONS.get(name, each.label or "")),
    }
    return parameter | ({"example": EXAMPLES[name]} if name in EXAMPLES else {})


def _schema(name: str, each: django_filters.Filter) -> dict[str, Any]:
    if isinstance(each, django_filters.ModelChoiceFilter):
        return {"type": "string" if name == "customer" else "integer"}
    if isinstance(each, django_filters.TypedChoiceFilter):
        return {"type": "integer", "enum": [value for value, _words in each.extra["choices"]]}
    if isinstance(each, django_filters.BooleanFilter):
        return {"type": "boolean"}
    if isinstance(each, django_filters.ChoiceFilter):
        return {"type": "string", "enum": [str(value) for value, _words in each.extra["choices"]]}
    if isinstance(each, django_filters.DateFilter):
        return {"type": "string", "format": "date"}
    return {"type": "string"}
