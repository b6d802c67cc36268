"""The filters of calls, all in the address: of the list, its chart, the export, the read API and work in bulk alike.

What may be seen at all is decided before them, in scope. A filter that cannot be understood leaves no call: a mistyped
address must not act on all of them.
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
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from integrations.calllog.list.date_ranges import PERIODS, Days, days_of, started_within
from integrations.domain.phones import normalize
from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer, Employee
from integrations.ui.labels import REASONS
from integrations.users.visibility import calls_visible_to, customers_visible_to

INPUT = " ".join(BASE_INPUT_CLASSES)
SOME_DAY = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]
MANY_CUSTOMERS = 50
"""More are not offered as a menu, but as names to type."""

TALLIED = frozenset({"customer", "direction", "outcome", "state", "first_day", "last_day", "period", "hour"})
"""The filters under which calls are counted beforehand (models/call_count.py)."""

text_input = partial(UnfoldAdminTextInputWidget, attrs={"class": INPUT, "autocomplete": "off"})
day_input = partial(forms.DateInput, format="%Y-%m-%d", attrs={"type": "date", "class": INPUT + " dark:scheme-dark"})
choice = partial(django_filters.ChoiceFilter, empty_label=_("All"), widget=UnfoldAdminSelectWidget())


class CustomerField(django_filters.fields.ModelChoiceField):  # type: ignore[misc]
    """By number, as in addresses, or by name, as people type it."""

    shown_name = ""
    """What a text field shows instead of the number."""

    def prepare_value(self, value: Any) -> Any:
        return self.shown_name or super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        if value and not str(value).isdecimal():
            value = self.queryset.filter(name__iexact=str(value).strip()).values_list("pk", flat=True).first() or value
        return super().to_python(value)


class CustomerFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    field_class = CustomerField


class CallFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters calls of `customers`, whose zones and countries give days and numbers their meaning."""

    number = django_filters.CharFilter(label=_("Client number"), method="by_number", widget=text_input())
    customer = CustomerFilter(
        label=_("Customer"), queryset=None, empty_label=_("All"), widget=UnfoldAdminSelectWidget()
    )
    employee = django_filters.ModelChoiceFilter(
        label=_("Employee"), queryset=None, empty_label=_("All"), widget=UnfoldAdminSelectWidget()
    )
    direction = choice(label=_("Direction"), choices=Call._meta.get_field("direction").choices)
    outcome = choice(label=_("Outcome"), choices=Call._meta.get_field("outcome").choices)
    first_day = django_filters.DateFilter(label=_("From"), method="as_it_is", widget=day_input(), validators=SOME_DAY)
    last_day = django_filters.DateFilter(label=_("To"), method="as_it_is", widget=day_input(), validators=SOME_DAY)
    reason = choice(label=_("Reason"), choices=list(REASONS.items()))
    recording = django_filters.BooleanFilter(
        label=_("Recording"),
        field_name="has_recording",
        widget=UnfoldAdminSelectWidget(choices=[("", _("All")), ("true", _("With one")), ("false", _("Without"))]),
    )
    utm_source = django_filters.CharFilter(label=_("UTM source"), widget=text_input())
    call_id = django_filters.CharFilter(label=_("Call ID"), method="by_call_id", widget=text_input())
    unmatched = django_filters.BooleanFilter(
        label=_("Unknown employee"),
        method="by_unmatched",
        widget=UnfoldAdminSelectWidget(choices=[("", _("All")), ("true", _("Only these")), ("false", _("Not these"))]),
    )
    period = django_filters.ChoiceFilter(
        label=_("Period"), choices=list(PERIODS.items()), method="as_it_is", widget=forms.HiddenInput()
    )
    hour = django_filters.TypedChoiceFilter(
        label=_("Hour"),
        choices=[(hour, f"{hour}:00–{hour}:59") for hour in range(24)],
        coerce=int,
        empty_value=None,
        method="as_it_is",
        widget=forms.HiddenInput(),
    )
    state = django_filters.ChoiceFilter(label=_("State"), choices=CallState.choices, widget=forms.HiddenInput())

    def __init__(
        self, data: Mapping[str, Any], *, queryset: QuerySet[Call], customers: QuerySet[Customer], **kwargs: Any
    ) -> None:
        self.customers = customers
        super().__init__(data, queryset=queryset, **kwargs)
        self.filters["customer"].queryset = customers.order_by("name")
        self.filters["employee"].queryset = Employee.objects.filter(customer__in=customers).order_by("name")

    @classmethod
    def for_user(
        cls, user: User | AnonymousUser, data: Mapping[str, Any], *, calls: QuerySet[Call] | None = None
    ) -> CallFilter:
        """What a user may see, or of it those of `calls`, filtered by these data."""
        queryset = calls_visible_to(user) if calls is None else calls
        return cls(data, queryset=queryset, customers=customers_visible_to(user))

    @cached_property
    def places(self) -> list[tuple[ZoneInfo, str]]:
        """Zones and countries of the customers in question."""
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
        return queryset.filter(started_within(self.days)) if self.days else queryset

    def by_number(self, queryset: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        """In any spelling; what is no whole number is looked for at the beginning and at the end of numbers."""
        return _with_backwards(queryset).filter(reduce(or_, self._places_of_number(value)))

    @property
    def parts(self) -> list[QuerySet[Call]]:
        """The calls of `qs`, each in one part only. An index finds the first ones of a part; the first ones of several
        alternatives PostgreSQL would rather look for by reading the calls one by one.
        """
        number = self.values.get("number", "")
        places = self._places_of_number(number) if number else []
        if len(places) < 2 or not self.is_valid():
            return [self.qs]
        calls = _with_backwards(self.changed(number=None).qs)
        return [
            calls.filter(place).exclude(reduce(or_, places[:nth], Q(pk__in=[]))) for nth, place in enumerate(places)
        ]

    def _places_of_number(self, value: str) -> list[Q]:
        regions = {region for _zone, region in self.places}
        if numbers := {number for region in regions if (number := normalize(value, region))}:
            return [Q(client_number__in=numbers)]
        digits = re.sub(r"\D", "", value)
        beginnings = _beginnings(digits, regions) if digits else _cases(value)
        ends = [Q(backwards__startswith=digits[::-1])] if digits else []
        return [Q(client_number__startswith=beginning) for beginning in sorted(beginnings)] + ends

    def by_call_id(self, queryset: QuerySet[Call], name: str, value: str) -> QuerySet[Call]:
        # With the customers the unique index finds it.
        customers = self._customer_ids if self.customer_ids is None else self.customer_ids
        return queryset.filter(ringostat_id=value, customer__in=customers)

    def by_unmatched(self, queryset: QuerySet[Call], name: str, value: bool) -> QuerySet[Call]:
        """An employee talked, and is not among the customer's employees."""
        unmatched = Q(reason=Reason.UNKNOWN_EMPLOYEE)
        return queryset.filter(unmatched if value else ~unmatched)

    def as_it_is(self, queryset: QuerySet[Call], name: str, value: object) -> QuerySet[Call]:
        """Days and hours are filtered together, at the end."""
        return queryset

    def changed(self, **values: Any) -> CallFilter:
        """The same filters with other values, None for none; what was understood is not looked up again."""
        self.is_valid()
        other = copy(self)
        for name in ("_qs", "values", "days"):
            other.__dict__.pop(name, None)
        other._form = copy(self.form)
        other._form.cleaned_data = {**self.form.cleaned_data, **values}
        return other

    @cached_property
    def values(self) -> dict[str, Any]:
        """What is filtered by, as Python values; without what is not valid: the page says so beside the field."""
        self.is_valid()
        cleaned: dict[str, Any] = self.form.cleaned_data
        return {name: value for name, value in cleaned.items() if value not in (None, "")}

    @cached_property
    def days(self) -> dict[ZoneInfo, Days]:
        """The days of each zone; empty: all of them."""
        named = Days(first=self.values.get("first_day"), last=self.values.get("last_day"))
        hour = self.values.get("hour")
        if named != Days():
            return dict.fromkeys((zone for zone, _region in self.places), named.at(hour))
        if not self.chosen_period:
            return {}
        now = timezone.now()
        return {zone: days_of(self.chosen_period, now, zone).at(hour) for zone, _region in self.places}

    @property
    def chosen_period(self) -> str:
        """Days that are named win over a period."""
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
        """The customers in question, before one is chosen; None: all that there are."""
        return list(self._customer_ids) if self.customers.query.where else None

    @cached_property
    def some_customers(self) -> list[int]:
        """The first of the customers, and one more than fit into a menu."""
        most = MANY_CUSTOMERS + 1
        return list(self._customer_ids[:most]) if self.customer_ids is None else self.customer_ids[:most]

    @property
    def _customer_ids(self) -> QuerySet[Customer, int]:
        return self.customers.order_by().values_list("pk", flat=True)

    @property
    def offers_customers(self) -> bool:
        """Is there more than one customer to choose from?"""
        return len(self.some_customers) > 1

    @property
    def has_many_customers(self) -> bool:
        return len(self.some_customers) > MANY_CUSTOMERS

    @property
    def shows_one_customer(self) -> bool:
        return not self.offers_customers or self.chosen_customer is not None


def _with_backwards(calls: QuerySet[Call]) -> QuerySet[Call]:
    return calls.alias(backwards=Reverse("client_number"))


def _beginnings(digits: str, regions: set[str]) -> set[str]:
    """How a number may begin that somebody began to type: abroad, at home, or as it came."""
    codes = {phonenumbers.country_code_for_region(region) for region in regions} - {0}
    at_home = {f"+{code}{digits.lstrip('0')}" for code in codes if digits.lstrip("0")}
    return {digits, f"+{digits}"} | at_home


def _cases(word: str) -> set[str]:
    """A hidden number is a word, in whatever letters it came."""
    return {word, word.lower(), word.upper(), word.capitalize()}
