"""Filters calls by a query string, for the list, its chart, exports, the API and bulk actions.

users/visibility.py decides which calls a user may see at all. An invalid filter matches no call, so that a bulk action
on a mistyped URL changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from datetime import date
from functools import partial, reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

import django_filters
import phonenumbers
from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.db.models.functions import Reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from integrations.calllog.list.date_ranges import PERIODS, DateRange, date_range_of, started_within
from integrations.domain.phones import normalize
from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer, Employee
from integrations.services.missed_calls.waiting import NOBODY_WAITS
from integrations.ui.inputs import MAX_MENU_CUSTOMERS, CustomerField, CustomerMenu, day_input, text_input
from integrations.ui.labels import REASONS
from integrations.users.visibility import calls_visible_to, customers_visible_to

PLAUSIBLE_DAYS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]
SHORTEST_ID_PART = 5
"""A search needs at least so many characters of a call ID."""

TALLIED = frozenset({"customer", "direction", "outcome", "state", "first_day", "last_day", "period", "hour"})
"""The filters that CallCount can answer (models/call_count.py)."""

day = partial(django_filters.DateFilter, method="no_condition", widget=day_input(), validators=PLAUSIBLE_DAYS)
choice = partial(django_filters.ChoiceFilter, empty_label=_("All"), widget=UnfoldAdminSelectWidget())


class CustomerFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    field_class = CustomerField


class CallFilter(CustomerMenu, django_filters.FilterSet):  # type: ignore[misc]
    """Filters the calls of `customers`. Their time zones give the dates their meaning, their countries the numbers."""

    finds_parts_of_ids = True
    """Tells whether a part of a call ID finds calls."""

    number = django_filters.CharFilter(label=_("Client number"), method="by_number", widget=text_input())
    customer = CustomerFilter(
        label=_("Customer"), queryset=None, empty_label=_("Any customer"), widget=UnfoldAdminSelectWidget()
    )
    employee = django_filters.ModelChoiceFilter(
        label=_("Employee"), queryset=None, empty_label=_("Any employee"), widget=UnfoldAdminSelectWidget()
    )
    direction = choice(
        label=_("Direction"), empty_label=_("Any direction"), choices=Call._meta.get_field("direction").choices
    )
    outcome = choice(label=_("Outcome"), empty_label=_("Any outcome"), choices=Call._meta.get_field("outcome").choices)
    first_day = django_filters.DateFilter(
        label=_("From"), method="no_condition", widget=day_input(), validators=PLAUSIBLE_DAYS
    )
    last_day = django_filters.DateFilter(
        label=_("To"), method="no_condition", widget=day_input(), validators=PLAUSIBLE_DAYS
    )
    reason = choice(label=_("Reason"), choices=list(REASONS.items()))
    recording = django_filters.BooleanFilter(
        label=_("Recording"),
        field_name="has_recording",
        widget=UnfoldAdminSelectWidget(choices=[("", _("All")), ("true", _("Recorded")), ("false", _("Not recorded"))]),
    )
    utm_source = django_filters.CharFilter(label=_("UTM source"), widget=text_input())
    call_id = django_filters.CharFilter(label=_("Call ID"), method="by_call_id", widget=text_input())
    unmatched = django_filters.BooleanFilter(
        label=_("Unknown employee"),
        method="by_unmatched",
        widget=UnfoldAdminSelectWidget(
            choices=[("", _("All")), ("true", _("Only unknown employees")), ("false", _("Without unknown employees"))]
        ),
    )
    callback = choice(
        label=_("Called back"),
        method="by_callback",
        choices=[("waiting", _("Not called back")), ("reached", _("Called back"))],
    )
    period = django_filters.ChoiceFilter(
        label=_("Period"), choices=list(PERIODS.items()), method="no_condition", widget=forms.HiddenInput()
    )
    hour = django_filters.TypedChoiceFilter(
        label=_("Hour"),
        choices=[(hour, f"{hour}:00–{hour}:59") for hour in range(24)],
        coerce=int,
        empty_value=None,
        method="no_condition",
        widget=forms.HiddenInput(),
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=CallState.choices, widget=forms.HiddenInput())

    def __init__(
        self, data: Mapping[str, Any], *, queryset: QuerySet[Call], customers: QuerySet[Customer], **kwargs: Any
    ) -> None:
        self.customers = customers
        self._known_ids: dict[str, bool] = {}
        super().__init__(data, queryset=queryset, **kwargs)
        self.filters["customer"].queryset = customers.order_by("name")
        self.filters["employee"].queryset = Employee.objects.filter(customer__in=customers).order_by("name")

    @classmethod
    def for_user(
        cls, user: User | AnonymousUser, data: Mapping[str, Any], *, calls: QuerySet[Call] | None = None
    ) -> CallFilter:
        """Filters `calls`, or all calls that the user may see, by `data`, a query string."""
        queryset = calls_visible_to(user) if calls is None else calls
        return cls(data, queryset=queryset, customers=customers_visible_to(user))

    @cached_property
    def zones_and_regions(self) -> list[tuple[ZoneInfo, str]]:
        """The time zones and countries of the selected customer, or of all visible ones."""
        if self.chosen_customer:
            return [(self.chosen_customer.zone, self.chosen_customer.region)]
        rows = self.customers.order_by().values_list("timezone", "region").distinct()
        return [(ZoneInfo(zone), region) for zone, region in rows] or [(ZoneInfo("UTC"), "")]

    @property
    def qs(self) -> QuerySet[Call]:
        found: QuerySet[Call] = super().qs
        return found if self.is_valid() else found.none()

    def filter_queryset(self, queryset: QuerySet[Call]) -> QuerySet[Call]:
        queryset = super().filter_queryset(queryset)
        return queryset.filter(started_within(self.date_ranges)) if self.date_ranges else queryset

    def by_number(self, queryset: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """Finds a whole number in any spelling, or a part of a number at the start or the end of numbers."""
        return _with_reversed_texts(queryset).filter(reduce(or_, self._number_conditions(value)))

    def by_callback(self, queryset: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """Finds missed incoming calls whose client was reached later, or was not."""
        found = queryset.filter(missed__isnull=False, missed__called_back_at__isnull=value == "waiting")
        return found.exclude(reason__in=NOBODY_WAITS)

    @property
    def parts(self) -> list[QuerySet[Call]]:
        """The calls of `qs` as disjoint querysets, one for each alternative of the number or of the call ID.

        PostgreSQL finds the newest calls of each part by an index. For an OR of the alternatives it would scan all.
        """
        conditions_of = {"number": self._number_conditions, "call_id": self._call_id_conditions}
        for name, conditions_for in conditions_of.items():
            conditions = conditions_for(self.values[name]) if name in self.values else []
            if len(conditions) > 1 and self.is_valid():
                calls = _with_reversed_texts(self.with_values(**{name: None}).qs)
                return [
                    calls.filter(condition).exclude(reduce(or_, conditions[:nth], Q(pk__in=[])))
                    for nth, condition in enumerate(conditions)
                ]
        return [self.qs]

    def _number_conditions(self, value: str) -> list[Q]:
        regions = {region for _zone, region in self.zones_and_regions}
        if numbers := {number for region in regions if (number := normalize(value, region))}:
            return [Q(client_number__in=numbers)]
        digits = re.sub(r"\D", "", value)
        prefixes = _number_prefixes(digits, regions) if digits else _case_variants(value)
        suffixes = [Q(backwards__startswith=digits[::-1])] if digits else []
        return [Q(client_number__startswith=prefix) for prefix in sorted(prefixes)] + suffixes

    def by_call_id(self, queryset: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """Finds the call with this ID. If there is none, finds calls whose ID begins or ends with the text."""
        return _with_reversed_texts(queryset).filter(reduce(or_, self._call_id_conditions(value)))

    def _call_id_conditions(self, value: str) -> list[Q]:
        # With the customers in the condition, PostgreSQL uses the unique index.
        customers = self._customer_ids if self.customer_ids is None else self.customer_ids
        exact = Q(ringostat_id=value, customer__in=customers)
        if len(value) < SHORTEST_ID_PART or not self.finds_parts_of_ids or self._is_known_id(value, exact):
            return [exact]
        return [Q(ringostat_id__startswith=value), Q(backwards_id__startswith=value[::-1])]

    def _is_known_id(self, value: str, exact: Q) -> bool:
        """Tells whether a call with this ID exists. Makes one query for these filters and all their copies."""
        if value not in self._known_ids:
            self._known_ids[value] = self.queryset.filter(exact).exists()
        return self._known_ids[value]

    def by_unmatched(self, queryset: QuerySet[Call], name: str, value: bool) -> QuerySet[Call]:
        """Finds calls that were skipped because the employee is unknown, or all others."""
        unmatched = Q(reason=Reason.UNKNOWN_EMPLOYEE)
        return queryset.filter(unmatched if value else ~unmatched)

    def no_condition(self, queryset: QuerySet[Call], name: str, value: object) -> QuerySet[Call]:
        """Adds no condition: filter_queryset() filters by date and hour together."""
        return queryset

    def with_values(self, **values: Any) -> CallFilter:
        """A copy of these filters with other values; None removes one. Does not validate or query again."""
        self.is_valid()
        other = copy(self)
        for name in ("_qs", "values", "date_ranges"):
            other.__dict__.pop(name, None)
        other._form = copy(self.form)
        other._form.cleaned_data = {**self.form.cleaned_data, **values}
        return other

    @cached_property
    def values(self) -> dict[str, Any]:
        """The valid filters in use, as Python values."""
        self.is_valid()
        cleaned: dict[str, Any] = self.form.cleaned_data
        return {name: value for name, value in cleaned.items() if value not in (None, "")}

    @cached_property
    def date_ranges(self) -> dict[ZoneInfo, DateRange]:
        """The date range in each time zone; empty for all dates."""
        named = DateRange(first=self.values.get("first_day"), last=self.values.get("last_day"))
        hour = self.values.get("hour")
        if named != DateRange():
            return dict.fromkeys((zone for zone, _region in self.zones_and_regions), named.at(hour))
        if not self.chosen_period:
            return {}
        now = timezone.now()
        return {zone: date_range_of(self.chosen_period, now, zone).at(hour) for zone, _region in self.zones_and_regions}

    @property
    def chosen_period(self) -> str:
        """The period in use. "" if the filters name dates, which take precedence."""
        names_days = "first_day" in self.values or "last_day" in self.values
        return "" if names_days else self.values.get("period", "")

    @property
    def chosen_customer(self) -> Customer | None:
        return self.values.get("customer")

    @property
    def is_active(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    @property
    def is_tallied(self) -> bool:
        return self.is_valid() and self.values.keys() <= TALLIED

    @cached_property
    def customer_ids(self) -> list[int] | None:
        """All visible customers, or None if the user sees every customer."""
        return list(self._customer_ids) if self.customers.query.where else None

    @cached_property
    def first_customers(self) -> list[int]:  # type: ignore[override]  # read when asked, from what is known
        """The first visible customers: one more than fit into a menu."""
        most = MAX_MENU_CUSTOMERS + 1
        return list(self.menu_customers) if self.customer_ids is None else self.customer_ids[:most]

    @cached_property
    def menu_customers(self) -> dict[int, str]:
        """The names of the first visible customers: one more than fit into a menu."""
        named = self.customers.order_by("name").values_list("pk", "name")
        return dict(named[: MAX_MENU_CUSTOMERS + 1])

    @property
    def _customer_ids(self) -> QuerySet[Customer, int]:
        return self.customers.order_by().values_list("pk", flat=True)

    @property
    def shows_one_customer(self) -> bool:
        return not self.offers_customers or self.chosen_customer is not None


def _with_reversed_texts(calls: QuerySet[Call]) -> QuerySet[Call]:
    return calls.alias(backwards=Reverse("client_number"), backwards_id=Reverse("ringostat_id"))


def _number_prefixes(digits: str, regions: set[str]) -> set[str]:
    """Beginnings of stored numbers that a partly typed number may mean: as typed, with a plus, with a country code."""
    codes = {phonenumbers.country_code_for_region(region) for region in regions} - {0}
    national = {f"+{code}{digits.lstrip('0')}" for code in codes if digits.lstrip("0")}
    return {digits, f"+{digits}"} | national


def _case_variants(word: str) -> set[str]:
    """The spellings of a word in upper and lower case. A hidden number is stored as a word, such as "anonymous"."""
    return {word, word.lower(), word.upper(), word.capitalize()}
