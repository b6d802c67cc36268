"""The list's filters, all in the address. What may be seen at all is decided before them, in scope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from integrations.calllog.days import PERIODS, Days, days_of, started_within
from integrations.domain.phones import normalize
from integrations.models import Call, CallState, Customer

INPUT = " ".join(BASE_INPUT_CLASSES)
SOME_DAY = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]

text_input = partial(UnfoldAdminTextInputWidget, attrs={"class": INPUT, "autocomplete": "off"})
day_input = partial(forms.DateInput, format="%Y-%m-%d", attrs={"type": "date", "class": INPUT + " dark:scheme-dark"})


class CallFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters calls of `customers`, whose zones and countries give days and numbers their meaning."""

    number = django_filters.CharFilter(label=_("Client number"), method="by_number", widget=text_input())
    call_id = django_filters.CharFilter(label=_("Call ID"), field_name="ringostat_id", widget=text_input())
    customer = django_filters.ModelChoiceFilter(
        label=_("Customer"), queryset=None, empty_label=_("All"), widget=UnfoldAdminSelectWidget()
    )
    direction = django_filters.ChoiceFilter(
        label=_("Direction"),
        choices=Call._meta.get_field("direction").choices,
        empty_label=_("All"),
        widget=UnfoldAdminSelectWidget(),
    )
    outcome = django_filters.ChoiceFilter(
        label=_("Outcome"),
        choices=Call._meta.get_field("outcome").choices,
        empty_label=_("All"),
        widget=UnfoldAdminSelectWidget(),
    )
    first_day = django_filters.DateFilter(label=_("From"), method="as_it_is", widget=day_input(), validators=SOME_DAY)
    last_day = django_filters.DateFilter(label=_("To"), method="as_it_is", widget=day_input(), validators=SOME_DAY)
    period = django_filters.ChoiceFilter(choices=list(PERIODS.items()), method="as_it_is", widget=forms.HiddenInput())
    state = django_filters.ChoiceFilter(choices=CallState.choices, widget=forms.HiddenInput())

    def __init__(
        self, data: Mapping[str, Any], *, queryset: QuerySet[Call], customers: QuerySet[Customer], **kwargs: Any
    ) -> None:
        self.customers = customers
        super().__init__(data, queryset=queryset, **kwargs)
        self.filters["customer"].queryset = customers.order_by("name")

    @cached_property
    def places(self) -> list[tuple[ZoneInfo, str]]:
        """Zones and countries of the customers in question."""
        chosen = self._values.get("customer")
        if chosen:
            return [(chosen.zone, chosen.region)]
        rows = self.customers.order_by().values_list("timezone", "region").distinct()
        return [(ZoneInfo(zone), region) for zone, region in rows] or [(ZoneInfo("UTC"), "")]

    def filter_queryset(self, queryset: QuerySet[Call]) -> QuerySet[Call]:
        queryset = super().filter_queryset(queryset)
        days = self._days()
        return queryset.filter(started_within(days)) if days else queryset

    def by_number(self, queryset: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """In any spelling; what is no whole number is looked for within the numbers."""
        numbers = {number for _zone, region in self.places if (number := normalize(value, region))}
        if numbers:
            return queryset.filter(client_number__in=numbers)
        return queryset.filter(client_number__icontains=re.sub(r"\D", "", value) or value)

    def as_it_is(self, queryset: QuerySet[Call], name: str, value: object) -> QuerySet[Call]:
        """Days are filtered together, at the end."""
        return queryset

    def counts_by_state(self) -> dict[str, int]:
        """How many calls there are in each state, whichever state is chosen."""
        others = {name: value for name, value in self.data.items() if name != "state"}
        every = CallFilter(others, queryset=self.queryset, customers=self.customers)
        every.places = self.places
        rows = every.qs.order_by().values_list("state").annotate(count=Count("pk"))
        return dict(rows)

    @property
    def is_active(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    @cached_property
    def offers_customers(self) -> bool:
        """Is there more than one customer to choose from?"""
        return len(self.customers.values_list("pk")[:2]) > 1

    @property
    def shows_one_customer(self) -> bool:
        return not self.offers_customers or bool(self._values.get("customer"))

    @property
    def chosen_period(self) -> str:
        """Days that are named win over a period."""
        values = self._values
        return "" if values.get("first_day") or values.get("last_day") else str(values.get("period") or "")

    @property
    def _values(self) -> dict[str, Any]:
        self.form.is_valid()  # what is not valid is missing here, and the page says so beside the field
        values: dict[str, Any] = self.form.cleaned_data
        return values

    def _days(self) -> dict[ZoneInfo, Days]:
        values = self._values
        named = Days(first=values.get("first_day"), last=values.get("last_day"))
        zones = [zone for zone, _region in self.places] if named != Days() or self.chosen_period else []
        if named != Days():
            return dict.fromkeys(zones, named)
        return {zone: days_of(self.chosen_period, timezone.now(), zone) for zone in zones}
