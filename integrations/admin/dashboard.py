"""The first page of the console: every customer with its status, problems first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin.sparkline import Chart, chart
from integrations.domain.numbering_plans import library_date
from integrations.models import CallState
from integrations.services.monitoring.customer_health import Health, HealthStatus, calls_per_day, health_of
from integrations.services.monitoring.not_understood import NotUnderstoodRequests, not_understood_last_week
from integrations.ui.labels import Badge, LazyText
from integrations.ui.local_time import local_time
from integrations.users.visibility import customers_visible_to

PAGE_SIZE = 25
DAYS = 14

STATUSES: Mapping[HealthStatus, Badge] = {
    HealthStatus.PAUSED: Badge(label=gettext_lazy("Paused"), icon="pause_circle", colour="danger"),
    HealthStatus.FAILED: Badge(label=gettext_lazy("Calls failed"), icon="error", colour="danger"),
    HealthStatus.LATE: Badge(label=gettext_lazy("Late"), icon="running_with_errors", colour="danger"),
    HealthStatus.CALL_LIST_UNREADABLE: Badge(
        label=gettext_lazy("Call list unreadable"), icon="sync_problem", colour="warning"
    ),
    HealthStatus.WAITING: Badge(label=gettext_lazy("Waiting for Planfix"), icon="schedule", colour="warning"),
    HealthStatus.PAUSED_BY_HAND: Badge(label=gettext_lazy("Paused by hand"), icon="back_hand", colour="info"),
    HealthStatus.NEW: Badge(label=gettext_lazy("No webhook yet"), icon="hourglass_top", colour="info"),
    HealthStatus.CONNECTED: Badge(label=gettext_lazy("Connected"), icon="check_circle", colour="success"),
}
SENTENCES: Mapping[HealthStatus, LazyText] = {
    HealthStatus.PAUSED: gettext_lazy("Since %(since)s: %(detail)s"),
    HealthStatus.FAILED: gettext_lazy("Last failure at %(since)s. Failed calls need attention; other calls continue."),
    HealthStatus.LATE: gettext_lazy("The oldest call has been waiting since %(since)s."),
    HealthStatus.CALL_LIST_UNREADABLE: gettext_lazy("Since %(since)s: %(detail)s"),
    HealthStatus.WAITING: gettext_lazy("Planfix does not answer. Next attempt at %(since)s."),
    HealthStatus.PAUSED_BY_HAND: gettext_lazy("Since %(since)s: %(detail)s"),
    HealthStatus.NEW: gettext_lazy("Paste the webhook addresses into Ringostat and make a call."),
}


NUMBERS_AGE = timedelta(days=365)
"""How old the library of phone numbers may be: countries open new ranges every year."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A customer as the dashboard shows it."""

    health: Health
    badge: Badge
    sentence: str
    chart: Chart
    address: str
    waiting_address: str
    failed_address: str
    not_understood: int
    """Webhook requests of the last week."""
    webhooks_address: str


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A status to filter by, and the number of its customers."""

    badge: Badge
    count: int
    address: str
    is_active: bool


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For unfold's DASHBOARD_CALLBACK. Query parameters: ?q= searches, ?light= filters by a HealthStatus name."""
    context["title"] = _("Overview")
    if not request.user.has_perm("integrations.view_customer"):
        return context
    query = request.GET.get("q", "").strip()
    found = [health for health in health_of(customers_visible_to(request.user)) if _matches(health, query)]
    chosen = _status(request.GET.get("light", ""))
    shown = found if chosen is None else [health for health in found if health.status is chosen]
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    chips = _chips(found, chosen, query)
    days = calls_per_day([health.customer for health in page], DAYS)
    strange = not_understood_last_week(health.customer.pk for health in page)
    return context | {
        "old_numbers": _age_of_number_library(timezone.now().date()) if _may_see_all(request) else "",
        "query": query,
        "chips": chips,
        "rows": [
            dashboard_row(health, chart(days[health.customer.pk]), strange.get(health.customer.pk)) for health in page
        ],
        "page": page,
        "page_address": f"{_address(query, chosen)}&page=",
        "days": DAYS,
        "may_add": request.user.has_perm("integrations.add_customer"),
    }


def _may_see_all(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


def _age_of_number_library(today: date) -> str:
    """A sentence when the library that knows the world's phone numbers is over a year old, else ""."""
    made = library_date()
    if made is None or today - made < NUMBERS_AGE:
        return ""
    text = _("The phone number library is from %(date)s and does not know newer ranges: update phonenumbers.")
    return text % {"date": date_format(made)}


def dashboard_row(health: Health, calls: Chart, not_understood: NotUnderstoodRequests | None = None) -> Row:
    customer = health.customer
    log = f"{reverse('calllog:list')}?customer={customer.pk}&state="
    return Row(
        health=health,
        badge=STATUSES[health.status],
        sentence=sentence_of(health),
        chart=calls,
        address=reverse("admin:integrations_customer_overview", args=[customer.pk]),
        waiting_address=f"{log}{CallState.PENDING.value}",
        failed_address=f"{log}{CallState.FAILED.value}",
        not_understood=not_understood.requests if not_understood else 0,
        webhooks_address=reverse("admin:integrations_customer_webhook_setup", args=[customer.pk]),
    )


def sentence_of(health: Health) -> str:
    """The reason for the status, with times in the customer's zone."""
    since = local_time(health.customer, health.since, timezone.now()) if health.since else ""
    return str(SENTENCES.get(health.status, "")) % {"since": since, "detail": health.detail}


def _matches(health: Health, query: str) -> bool:
    customer = health.customer
    texts = (customer.name, customer.planfix_url, customer.ringostat_project_id)
    return any(query.casefold() in text.casefold() for text in texts)


def _status(name: str) -> HealthStatus | None:
    return HealthStatus[name] if name in HealthStatus.__members__ else None


def _chips(found: list[Health], chosen: HealthStatus | None, query: str) -> list[Chip]:
    """One for all customers, and one for each status that occurs."""
    counts = Counter(health.status for health in found)
    everything = Badge(label=_("All"), icon="apartment")
    offered: list[tuple[HealthStatus | None, Badge, int]] = [(None, everything, len(found))]
    offered += [(status, STATUSES[status], counts[status]) for status in HealthStatus if counts[status]]
    return [
        Chip(badge=badge, count=count, address=_address(query, status), is_active=status is chosen)
        for status, badge, count in offered
    ]


def _address(query: str, status: HealthStatus | None) -> str:
    """The dashboard with this search and this filter."""
    wanted = {"q": query, "light": "" if status is None else status.name}
    return "?" + urlencode({name: text for name, text in wanted.items() if text})
