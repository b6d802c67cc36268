"""Shows one row for each waiting client, the longest waiting first, and how soon clients were called back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.waiting.choice import PERIODS, choice_of
from integrations.calllog.waiting.row_html import LABELS, rows_html
from integrations.calllog.waiting.rows import rows_of
from integrations.services.missed_calls.waiting import (
    CalledBack,
    Grouping,
    called_back,
    called_back_by,
    waiting_clients,
)
from integrations.ui.inputs import INPUT_CLASSES
from integrations.ui.labels import LazyText
from integrations.ui.page_context import page_context
from integrations.users.decorators import login_required_htmx

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


@require_safe
@login_required_htmx
@never_cache
def waiting(request: HttpRequest) -> HttpResponse:
    choice = choice_of(request)
    clients = waiting_clients(choice.customer_ids, since=choice.since, most=choice.most_clients + 1)
    rows = rows_of(clients[: choice.most_clients], timezone.now())
    context = {
        **page_context(request, _("Waiting clients")),
        "labels": LABELS.values(),
        "rows": rows_html(rows, shows_customer=choice.shows_customers),
        "is_more": len(clients) > choice.most_clients,
        "most": choice.most_clients,
        "periods": [
            (label, f"?{choice.query(days=days)}", days == choice.days) for days, (label, _span) in PERIODS.items()
        ],
        "choice": choice,
        "typed_customer": choice.customer.name if choice.customer else request.GET.get("customer", ""),
        "input_classes": INPUT_CLASSES,
        "bars": _bars(called_back(choice.customer_ids, since=choice.since)),
        "tables": [
            {"title": title, "url": f"{reverse('calllog:called_back_by')}?{choice.query(by=by)}"}
            for by, (title, _nameless) in TABLES.items()
        ],
    }
    return render(request, "calllog/waiting/waiting.html", context)


@require_safe
@login_required_htmx
@never_cache
def called_back_table(request: HttpRequest) -> HttpResponse:
    """Renders one of the two tables. A table loads when a visitor opens it, because most visitors open none."""
    choice = choice_of(request)
    by: Grouping = "source" if request.GET.get("by") == "source" else "employee"
    title, nameless = TABLES[by]
    groups = called_back_by(by, choice.customer_ids, since=choice.since)
    return render(
        request, "calllog/waiting/_called_back_by.html", {"title": title, "nameless": nameless, "groups": groups}
    )


def _bars(group: CalledBack) -> list[dict[str, Any]]:
    """The parts of a stacked bar of all missed calls; [] without missed calls."""
    if not group.total:
        return []
    counts = {name: getattr(group, name) for name in BARS}
    return [
        {"name": name, "label": BARS[name], "count": count, "percent": 100 * count / group.total}
        for name, count in counts.items()
    ]
