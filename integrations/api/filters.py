"""The filters of the call log as parameters of the read API.

An unknown or invalid parameter gives an error 400, because ignoring a mistyped filter would return all calls.
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
    "number": gettext_lazy("The client's number in any format, or part of it."),
    "call_id": gettext_lazy("The call's ID in Ringostat."),
    "customer": gettext_lazy("The customer's number or name, for those who see several."),
    "employee": gettext_lazy("The employee's number in Ringofix."),
    "reason": gettext_lazy("Why the call was skipped, waits or failed."),
    "recording": gettext_lazy("Is there a recording?"),
    "unmatched": gettext_lazy("Is the employee unknown?"),
    "hour": gettext_lazy("Only this hour of the requested day."),
    "first_day": gettext_lazy("Calls on or after this date."),
    "last_day": gettext_lazy("Calls on or before this date."),
    "period": gettext_lazy("A number of days, counted back from today."),
    "state": gettext_lazy("The state of the call's delivery to Planfix."),
}
"""Descriptions for the schema. They replace labels of the form that are too short."""


class ApiCallFilter(CallFilter):
    """The call log's filters, except that a call ID must match exactly, so that a program never gets another call."""

    finds_parts_of_ids = False


class ListFilters(BaseFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        given = request.query_params
        unknown = sorted(set(given) - set(CallFilter.base_filters) - set(PAGING))
        if unknown:
            raise ValidationError({name: [_("Unknown filter.")] for name in unknown})
        filters = ApiCallFilter.for_user(request.user, given, calls=queryset)
        if not filters.is_valid():
            raise ValidationError(filters.errors)
        for name in _invalid_booleans(filters, given):
            raise ValidationError({name: [_("Enter true or false.")]})
        found: QuerySet[Any] = filters.qs
        return found

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [_parameter(name, each) for name, each in CallFilter.base_filters.items()]


def _invalid_booleans(filters: CallFilter, given: Mapping[str, str]) -> list[str]:
    """Names of boolean filters with a value other than true or false, which the form would ignore."""
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
