"""Reads what the user chose to see from the query string: a customer or all, and a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from integrations.models import Customer
from integrations.ui.inputs import MAX_MENU_CUSTOMERS, CustomerField, CustomerMenu
from integrations.ui.labels import LazyText
from integrations.users.visibility import customers_visible_to, sees_all_customers

PERIODS: Mapping[str, tuple[LazyText, timedelta]] = {
    "1": (gettext_lazy("24 hours"), timedelta(days=1)),
    "7": (gettext_lazy("7 days"), timedelta(days=7)),
    "14": (gettext_lazy("14 days"), timedelta(days=14)),
    "30": (gettext_lazy("30 days"), timedelta(days=30)),
}
USUAL_PERIOD, USUAL_PERIOD_OF_MANY = "14", "1"
"""With many customers, so many clients wait that one day fills the page."""
MOST_CLIENTS, MOST_CLIENTS_OF_MANY = 100, 50
"""The page of one customer is a list to work through; that of many is a first look."""


@dataclass(frozen=True, kw_only=True)
class Choice(CustomerMenu):
    first_customers: list[Customer]
    customer: Customer | None
    error: str
    """Why the typed customer was not found."""
    customer_ids: list[int] | None
    """None: of all customers."""
    asked_days: str

    @property
    def since(self) -> datetime:
        return timezone.now() - PERIODS[self.days][1]

    @property
    def shows_many(self) -> bool:
        return self.customer is None and self.has_many_customers

    @property
    def days(self) -> str:
        usual = USUAL_PERIOD_OF_MANY if self.shows_many else USUAL_PERIOD
        return self.asked_days if self.asked_days in PERIODS else usual

    @property
    def most_clients(self) -> int:
        return MOST_CLIENTS_OF_MANY if self.shows_many else MOST_CLIENTS

    @property
    def shows_customers(self) -> bool:
        return self.customer is None and self.offers_customers

    def query(self, **changes: str) -> str:
        customer = {"customer": self.customer.pk} if self.customer else {}
        return urlencode({"days": self.days} | customer | changes)


def choice_of(request: HttpRequest) -> Choice:
    visible = customers_visible_to(request.user).only("name")
    customer, error = _customer(request)
    return Choice(
        first_customers=list(visible.order_by("name")[: MAX_MENU_CUSTOMERS + 1]),
        customer=customer,
        error=error,
        customer_ids=_customer_ids(request, customer),
        asked_days=request.GET.get("days", ""),
    )


def _customer(request: HttpRequest) -> tuple[Customer | None, str]:
    """The chosen customer, or why it was not found."""
    field = CustomerField(queryset=customers_visible_to(request.user).only("name"), required=False)
    try:
        return field.clean(request.GET.get("customer", "")), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


def _customer_ids(request: HttpRequest, customer: Customer | None) -> list[int] | None:
    if customer:
        return [customer.pk]
    if sees_all_customers(request.user):
        return None
    return list(customers_visible_to(request.user).values_list("pk", flat=True))
