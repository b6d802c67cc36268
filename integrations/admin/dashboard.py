"""The first page of the console: every customer with its light, whoever needs attention first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin.customer.pages import address_of
from integrations.admin.sparkline import Chart, chart
from integrations.models import CallState
from integrations.services.monitoring.customer_health import Health, HealthStatus, calls_per_day, healths
from integrations.ui.labels import Badge, LazyText
from integrations.ui.local_time import local_time
from integrations.users.visibility import customers_visible_to

PAGE_SIZE = 25
DAYS = 14

LOOKS: Mapping[HealthStatus, Badge] = {
    HealthStatus.PAUSED: Badge(label=gettext_lazy("Paused"), icon="pause_circle", colour="danger"),
    HealthStatus.FAILED: Badge(label=gettext_lazy("Calls failed"), icon="error", colour="danger"),
    HealthStatus.LATE: Badge(label=gettext_lazy("Late"), icon="running_with_errors", colour="danger"),
    HealthStatus.CALL_LIST: Badge(label=gettext_lazy("Call list unreadable"), icon="sync_problem", colour="warning"),
    HealthStatus.WAITING: Badge(label=gettext_lazy("Waiting for Planfix"), icon="schedule", colour="warning"),
    HealthStatus.PAUSED_BY_HAND: Badge(label=gettext_lazy("Paused by hand"), icon="back_hand", colour="info"),
    HealthStatus.NEW: Badge(label=gettext_lazy("No webhook yet"), icon="hourglass_top", colour="info"),
    HealthStatus.WELL: Badge(label=gettext_lazy("Connected"), icon="check_circle", colour="success"),
}
SENTENCES: Mapping[HealthStatus, LazyText] = {
    HealthStatus.PAUSED: gettext_lazy("Since %(since)s: %(detail)s"),
    HealthStatus.FAILED: gettext_lazy("The last one at %(since)s. They wait for a person; the other calls go on."),
    HealthStatus.LATE: gettext_lazy("The oldest call has waited since %(since)s."),
    HealthStatus.CALL_LIST: gettext_lazy("Since %(since)s: %(detail)s"),
    HealthStatus.WAITING: gettext_lazy("Planfix does not answer; it is asked again at %(since)s."),
    HealthStatus.PAUSED_BY_HAND: gettext_lazy("Since %(since)s: %(detail)s"),
    HealthStatus.NEW: gettext_lazy("Paste the webhook addresses into Ringostat and make a call."),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A customer as the list shows it."""

    health: Health
    look: Badge
    sentence: str
    chart: Chart
    address: str
    waiting_address: str
    failed_address: str


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A light to narrow the list to, and how many customers it is of."""

    look: Badge
    count: int
    address: str
    is_chosen: bool


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For unfold's DASHBOARD_CALLBACK. Searched by ?q=, narrowed to one light by ?light=."""
    context["title"] = _("Overview")
    if not request.user.has_perm("integrations.view_customer"):
        return context
    query = request.GET.get("q", "").strip()
    found = [health for health in healths(customers_visible_to(request.user)) if _is_meant(health, query)]
    chosen = _light(request.GET.get("light", ""))
    shown = found if chosen is None else [health for health in found if health.light is chosen]
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    chips = _chips(found, chosen, query)
    days = calls_per_day([health.customer for health in page], DAYS)
    return context | {
        "query": query,
        "chips": chips,
        "rows": [row_of(health, chart(days[health.customer.pk])) for health in page],
        "page": page,
        "page_address": f"{_address(query, chosen)}&page=",
        "days": DAYS,
        "may_add": request.user.has_perm("integrations.add_customer"),
    }


def row_of(health: Health, calls: Chart) -> Row:
    customer = health.customer
    log = f"{reverse('calllog:list')}?customer={customer.pk}&state="
    return Row(
        health=health,
        look=LOOKS[health.light],
        sentence=sentence_of(health),
        chart=calls,
        address=address_of("overview", customer),
        waiting_address=f"{log}{CallState.PENDING.value}",
        failed_address=f"{log}{CallState.FAILED.value}",
    )


def sentence_of(health: Health) -> str:
    """Why the light is what it is; times are the customer's own."""
    since = local_time(health.customer, health.since, timezone.now()) if health.since else ""
    return str(SENTENCES.get(health.light, "")) % {"since": since, "detail": health.detail}


def _is_meant(health: Health, query: str) -> bool:
    customer = health.customer
    texts = (customer.name, customer.planfix_url, customer.ringostat_project_id)
    return any(query.casefold() in text.casefold() for text in texts)


def _light(name: str) -> HealthStatus | None:
    return HealthStatus[name] if name in HealthStatus.__members__ else None


def _chips(found: list[Health], chosen: HealthStatus | None, query: str) -> list[Chip]:
    """All, and each light that shines, with how many customers it is of."""
    counts = Counter(health.light for health in found)
    everybody = Badge(label=_("All"), icon="apartment")
    offered: list[tuple[HealthStatus | None, Badge, int]] = [(None, everybody, len(found))]
    offered += [(light, LOOKS[light], counts[light]) for light in HealthStatus if counts[light]]
    return [
        Chip(look=look, count=count, address=_address(query, light), is_chosen=light is chosen)
        for light, look, count in offered
    ]


def _address(query: str, light: HealthStatus | None) -> str:
    """Of the list, so searched and so narrowed."""
    wanted = {"q": query, "light": "" if light is None else light.name}
    return "?" + urlencode({name: text for name, text in wanted.items() if text})
