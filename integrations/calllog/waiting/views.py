"""Shows one row for each waiting client, the longest waiting first, and how soon clients were called back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.waiting.row_html import LABELS, rows_html
from integrations.calllog.waiting.rows import rows_of
from integrations.models import Customer
from integrations.services.missed_calls.waiting import (
    CalledBack,
    Grouping,
    called_back,
    called_back_by,
    waiting_clients,
)
from integrations.ui.labels import LazyText
from integrations.ui.page_context import page_context
from integrations.ui.parse_pk import parse_pk
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import customers_visible_to, sees_all_customers

PERIODS: Mapping[str, tuple[LazyText, timedelta]] = {
    "1": (gettext_lazy("24 hours"), timedelta(days=1)),
    "7": (gettext_lazy("7 days"), timedelta(days=7)),
    "14": (gettext_lazy("14 days"), timedelta(days=14)),
    "30": (gettext_lazy("30 days"), timedelta(days=30)),
}
USUAL_PERIOD, USUAL_PERIOD_OF_MANY = "14", "1"
MANY_CUSTOMERS = 50
"""With more customers, so many clients wait that one day fills the page."""
MOST_CLIENTS = 100
BARS: Mapping[str, LazyText] = {
    "in_quarter_hour": gettext_lazy("within 15 minutes"),
    "in_hour": gettext_lazy("within an hour"),
    "later": gettext_lazy("later"),
    "not_yet": gettext_lazy("not called back"),
}
TABLES: Mapping[Grouping, tuple[LazyText, LazyText]] = {
    "employee": (gettext_lazy("By employee"), gettext_lazy("not called back, or unknown")),
    "source": (gettext_lazy("By UTM source"), gettext_lazy("without a source")),
}
"""The title of each table, and the label of the group without a name."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the user chose to see: a customer or all, and a period."""

    visible: list[Customer]
    customer: Customer | None
    customer_ids: list[int] | None
    """None: of all customers."""
    days: str

    @property
    def since(self) -> datetime:
        return timezone.now() - PERIODS[self.days][1]

    @property
    def shows_customers(self) -> bool:
        return self.customer is None and len(self.visible) > 1


@require_safe
@login_required_htmx
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    choice = _choice(request)
    clients = waiting_clients(choice.customer_ids, since=choice.since, most=MOST_CLIENTS + 1)
    rows = rows_of(clients[:MOST_CLIENTS], timezone.now())
    context = {
        **page_context(request, _("Waiting clients")),
        "labels": LABELS.values(),
        "rows": rows_html(rows, shows_customer=choice.shows_customers),
        "is_more": len(clients) > MOST_CLIENTS,
        "most": MOST_CLIENTS,
        "periods": [
            (label, f"?{_query(choice, days=days)}", days == choice.days) for days, (label, _span) in PERIODS.items()
        ],
        "customer_options": _options(choice) if len(choice.visible) > 1 else "",
        "period": choice.days,
        "bars": _bars(called_back(choice.customer_ids, since=choice.since)),
        "tables": [
            {"title": title, "url": f"{reverse('calllog:called_back_by')}?{_query(choice, by=by)}"}
            for by, (title, _nameless) in TABLES.items()
        ],
    }
    return render(request, "calllog/waiting/waiting.html", context)


@require_safe
@login_required_htmx
@never_cache
def called_back_table(request: HttpRequest) -> HttpResponse:
    """One of the two tables. They load when they are opened, because most visitors open none."""
    choice = _choice(request)
    by: Grouping = "source" if request.GET.get("by") == "source" else "employee"
    title, nameless = TABLES[by]
    groups = called_back_by(by, choice.customer_ids, since=choice.since)
    return render(
        request, "calllog/waiting/_called_back_by.html", {"title": title, "nameless": nameless, "groups": groups}
    )


def _choice(request: HttpRequest) -> Choice:
    visible = list(customers_visible_to(request.user).only("name").order_by("name"))
    chosen = _chosen_customer(request, visible)
    is_of_many = chosen is None and len(visible) > MANY_CUSTOMERS
    usual = USUAL_PERIOD_OF_MANY if is_of_many else USUAL_PERIOD
    days = request.GET.get("days", "")
    return Choice(
        visible=visible,
        customer=chosen,
        customer_ids=_customer_ids(request, chosen, visible),
        days=days if days in PERIODS else usual,
    )


def _chosen_customer(request: HttpRequest, customers: list[Customer]) -> Customer | None:
    key = parse_pk(request.GET.get("customer", ""))
    return next((customer for customer in customers if customer.pk == key), None)


def _customer_ids(request: HttpRequest, chosen: Customer | None, visible: Iterable[Customer]) -> list[int] | None:
    if chosen:
        return [chosen.pk]
    return None if sees_all_customers(request.user) else [customer.pk for customer in visible]


def _options(choice: Choice) -> SafeString:
    """For a select. A specialist may see a thousand customers, and a template takes much longer for their options."""
    options = (
        (customer.pk, " selected" if customer == choice.customer else "", customer.name) for customer in choice.visible
    )
    return format_html_join("", '<option value="{}"{}>{}</option>', options)


def _query(choice: Choice, **changes: str) -> str:
    customer = {"customer": choice.customer.pk} if choice.customer else {}
    return urlencode({"days": choice.days} | customer | changes)


def _bars(group: CalledBack) -> list[dict[str, Any]]:
    """The parts of a stacked bar of all missed calls; [] without missed calls."""
    if not group.total:
        return []
    counts = {name: getattr(group, name) for name in BARS}
    return [
        {"name": name, "label": BARS[name], "count": count, "percent": 100 * count / group.total}
        for name, count in counts.items()
    ]
