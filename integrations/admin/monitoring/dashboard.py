"""The first page of the console: every customer with its status, the worst first, below the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from unfold.widgets import CHECKBOX_CLASSES

from integrations.admin.monitoring.customer_rows import customer_row
from integrations.admin.monitoring.phone_library_age import age_of_number_library
from integrations.admin.monitoring.sparklines import stacked_chart
from integrations.admin.monitoring.status_line import badge_of
from integrations.admin.monitoring.totals import bars_of_reasons, tiles_of
from integrations.services.monitoring.chart_numbers import pictures_of
from integrations.services.monitoring.customer_facts import Fact
from integrations.services.monitoring.customer_status import Cause, CustomerStatus, statuses_of
from integrations.ui.labels import Badge, LazyText
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import customers_visible_to, sees_all_customers

PAGE_SIZE = 25
DAYS = 14
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
SORTS: Mapping[str, tuple[LazyText, Callable[[CustomerStatus], Any]]] = {
    "name": (gettext_lazy("Customer"), lambda status: status.customer.name.casefold()),
    "status": (gettext_lazy("Status"), lambda status: (status.level, status.cause)),
    "calls": (gettext_lazy("Calls, 14 days"), lambda status: status.facts.calls()),
    "waiting": (gettext_lazy("Waiting"), lambda status: status.facts.count(Fact.WAITING)),
    "failed": (gettext_lazy("Failed"), lambda status: status.facts.count(Fact.FAILED)),
    "skipped": (gettext_lazy("Skipped"), lambda status: status.facts.count(Fact.SKIPPED)),
    "webhook": (gettext_lazy("Last webhook"), lambda status: status.facts.last_webhook_at or LONG_AGO),
}
"""The columns of the list: heading, and what they sort by."""
DOWN_FIRST = frozenset({"calls", "waiting", "failed", "skipped", "webhook"})
"""Columns whose largest values are wanted first."""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A status to filter by, and the number of its customers."""

    badge: Badge
    count: int
    address: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A column's heading, which sorts the list by it."""

    label: LazyText
    address: str
    direction: str
    """For aria-sort: "ascending", "descending" or "none"."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """The address's parameters: ?q= searches, ?light= filters by a Cause, ?sort= is a key of SORTS, and "-" before it
    reverses the order."""

    text: str
    cause: Cause | None
    sort: str

    @classmethod
    def of(cls, parameters: QueryDict) -> Query:
        light, sort = parameters.get("light", ""), parameters.get("sort", "")
        return cls(
            text=parameters.get("q", "").strip(),
            cause=Cause[light] if light in Cause.__members__ else None,
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )

    def address(self, **changes: Any) -> str:
        values: dict[str, Any] = {"q": self.text, "light": self.cause and self.cause.name, "sort": self.sort, **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fills the context of the first page. Unfold calls it as DASHBOARD_CALLBACK."""
    context["title"] = _("Customers")
    if not request.user.has_perm("integrations.view_customer"):
        return context
    now, query = timezone.now(), Query.of(request.GET)
    statuses = statuses_of(customers_visible_to(request.user))
    found = [status for status in statuses if _matches(status, query.text)]
    page = Paginator(_sorted(_filtered(found, query), query.sort), PAGE_SIZE).get_page(request.GET.get("page"))
    fleet = None if sees_all_customers(request.user) else [status.customer.pk for status in statuses]
    pictures = pictures_of((status.customer for status in page), DAYS, fleet=fleet, now=now)
    return context | {
        "old_numbers": age_of_number_library(now.date()) if getattr(request.user, "is_superuser", False) else "",
        "has_worker": not statuses or statuses[0].facts.workers > 0,
        "tiles": tiles_of(statuses, pictures, now),
        "chart": stacked_chart(pictures.fleet),
        "reasons": bars_of_reasons(statuses),
        "query": query,
        "chips": _chips(found, query),
        "headings": [_heading(name, query) for name in SORTS],
        "rows": [customer_row(status, pictures, now) for status in page],
        "page": page,
        "page_numbers": page.paginator.get_elided_page_range(page.number),
        "page_address": f"{query.address()}&page=",
        "days": DAYS,
        "checkbox_classes": " ".join(CHECKBOX_CLASSES),
        "may_add": request.user.has_perm("integrations.add_customer"),
        "may_change": request.user.has_perm("integrations.change_customer"),
        "may_delete": request.user.has_perm("integrations.delete_customer"),
    }


@require_safe
@login_required_htmx
@never_cache
def dashboard_news(request: HttpRequest) -> HttpResponse:
    """The content of the first page, for a page that updates itself."""
    if not admin.site.has_permission(request):
        raise PermissionDenied
    context = dashboard(request, admin.site.each_context(request))
    return render(request, "admin/monitoring/_dashboard.html", context)


def found_customers(user: User | AnonymousUser, query: Query) -> list[int]:
    """The customers of all pages of the list with this search and filter."""
    statuses = statuses_of(customers_visible_to(user))
    return [one.customer.pk for one in _filtered(statuses, query) if _matches(one, query.text)]


def _matches(status: CustomerStatus, text: str) -> bool:
    customer = status.customer
    texts = (customer.name, customer.planfix_url, customer.ringostat_project_id)
    return any(text.casefold() in each.casefold() for each in texts)


def _filtered(statuses: Sequence[CustomerStatus], query: Query) -> list[CustomerStatus]:
    return [status for status in statuses if query.cause in (None, status.cause)]


def _sorted(statuses: list[CustomerStatus], sort: str) -> list[CustomerStatus]:
    """Sorts the customers by a column. Without one they stay in the order of their status."""
    if not sort:
        return statuses
    _label, key = SORTS[sort.removeprefix("-")]
    return sorted(statuses, key=key, reverse=sort.startswith("-"))


def _heading(name: str, query: Query) -> Heading:
    orders = (f"-{name}", name) if name in DOWN_FIRST else (name, f"-{name}")
    direction = "none"
    if query.sort in orders:
        direction = "descending" if query.sort.startswith("-") else "ascending"
    following = orders[1] if query.sort == orders[0] else orders[0]
    return Heading(label=SORTS[name][0], address=query.address(sort=following), direction=direction)


def _chips(found: Sequence[CustomerStatus], query: Query) -> list[Chip]:
    """A chip for all customers, and one for each status that occurs, the worst first."""
    counts = Counter(status.cause for status in found)
    badges = {status.cause: badge_of(status.issue) for status in reversed(found)}
    offered: list[tuple[Cause | None, Badge, int]] = [(None, Badge(label=_("All"), icon="apartment"), len(found))]
    offered += [(cause, badges[cause], counts[cause]) for cause in reversed(badges)]
    return [
        Chip(
            badge=badge,
            count=count,
            address=query.address(light=cause and cause.name),
            is_active=cause is query.cause,
        )
        for cause, badge, count in offered
    ]
