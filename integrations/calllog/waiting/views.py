"""Shows one row for each waiting client, the longest waiting first, and how soon clients were called back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
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
from integrations.services.missed_calls.waiting import CalledBack, called_back, waiting_clients
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
TABLES: Mapping[Literal["employee", "source"], tuple[LazyText, LazyText]] = {
    "employee": (gettext_lazy("By employee"), gettext_lazy("not called back, or unknown")),
    "source": (gettext_lazy("By UTM source"), gettext_lazy("without a source")),
}
"""The title of each table, and the label of the group without a name."""


@require_safe
@login_required_htmx
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    customers = list(customers_visible_to(request.user).only("name").order_by("name"))
    chosen = _chosen_customer(request, customers)
    whose = _whose(request, chosen, customers)
    is_of_many = chosen is None and len(customers) > MANY_CUSTOMERS
    usual = USUAL_PERIOD_OF_MANY if is_of_many else USUAL_PERIOD
    period = request.GET.get("days", "") if request.GET.get("days", "") in PERIODS else usual
    since = timezone.now() - PERIODS[period][1]
    groups = called_back(whose, since=since)
    clients = waiting_clients(whose, since=since, most=MOST_CLIENTS + 1)
    rows = rows_of(clients[:MOST_CLIENTS], timezone.now())
    shows_customer = chosen is None and len(customers) > 1
    context = {
        **page_context(request, _("Waiting clients")),
        "labels": LABELS.values(),
        "rows": rows_html(rows, shows_customer=shows_customer),
        "is_more": len(clients) > MOST_CLIENTS,
        "most": MOST_CLIENTS,
        "periods": [(label, f"?{_query(chosen, days)}", days == period) for days, (label, _span) in PERIODS.items()],
        "customer_options": _options(customers, chosen) if len(customers) > 1 else "",
        "period": period,
        "bars": _bars(groups["all"]),
        "tables": [
            {"title": title, "rows": [(group.group or nameless, group) for group in groups[by]]}
            for by, (title, nameless) in TABLES.items()
        ],
    }
    return render(request, "calllog/waiting/waiting.html", context)


def _chosen_customer(request: HttpRequest, customers: list[Customer]) -> Customer | None:
    key = parse_pk(request.GET.get("customer", ""))
    return next((customer for customer in customers if customer.pk == key), None)


def _whose(request: HttpRequest, chosen: Customer | None, visible: Iterable[Customer]) -> list[int] | None:
    """The keys of the customers to show; None for all."""
    if chosen:
        return [chosen.pk]
    return None if sees_all_customers(request.user) else [customer.pk for customer in visible]


def _options(customers: Iterable[Customer], chosen: Customer | None) -> SafeString:
    """For a select. A specialist may see a thousand customers, and a template takes much longer for their options."""
    options = ((customer.pk, " selected" if customer == chosen else "", customer.name) for customer in customers)
    return format_html_join("", '<option value="{}"{}>{}</option>', options)


def _query(chosen: Customer | None, days: str) -> str:
    return urlencode({"days": days} | ({"customer": chosen.pk} if chosen else {}))


def _bars(groups: list[CalledBack]) -> list[dict[str, Any]]:
    """The parts of a stacked bar of all missed calls; [] without missed calls."""
    if not groups:
        return []
    [group] = groups
    counts = {name: getattr(group, name) for name in BARS}
    return [
        {"name": name, "label": BARS[name], "count": count, "percent": 100 * count / group.total}
        for name, count in counts.items()
    ]
