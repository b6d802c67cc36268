"""The first page of the console: every customer with its status, problems first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from integrations.admin.monitoring.sparkline import Chart, chart
from integrations.admin.monitoring.status_line import StatusLine, badge_of, status_line
from integrations.domain.numbering_plans import library_date
from integrations.services.monitoring.customer_facts import Fact
from integrations.services.monitoring.customer_status import Cause, CustomerStatus, statuses_of
from integrations.services.monitoring.fleet import calls_per_day
from integrations.ui.labels import Badge
from integrations.users.visibility import customers_visible_to

PAGE_SIZE = 25
DAYS = 14

NUMBERS_AGE = timedelta(days=365)
"""How old the library of phone numbers may be: countries open new ranges every year."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A customer as the dashboard shows it."""

    status: CustomerStatus
    line: StatusLine
    chart: Chart
    address: str
    log_address: str
    """The customer's calls in a state, to be named at the end."""

    @property
    def waiting(self) -> int:
        return self.status.facts.count(Fact.WAITING)

    @property
    def failed(self) -> int:
        return self.status.facts.count(Fact.FAILED)

    @property
    def skipped(self) -> int:
        return self.status.facts.count(Fact.SKIPPED)


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A status to filter by, and the number of its customers."""

    badge: Badge
    count: int
    address: str
    is_active: bool


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """For unfold's DASHBOARD_CALLBACK. Query parameters: ?q= searches, ?light= filters by a Cause."""
    context["title"] = _("Overview")
    if not request.user.has_perm("integrations.view_customer"):
        return context
    query = request.GET.get("q", "").strip()
    now = timezone.now()
    found = [status for status in statuses_of(customers_visible_to(request.user)) if _matches(status, query)]
    chosen = _cause(request.GET.get("light", ""))
    shown = found if chosen is None else [status for status in found if status.cause is chosen]
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    chips = _chips(found, chosen, query)
    days = calls_per_day([status.customer for status in page], DAYS)
    return context | {
        "old_numbers": _age_of_number_library(now.date()) if _may_see_all(request) else "",
        "query": query,
        "chips": chips,
        "rows": [dashboard_row(status, chart(days[status.customer.pk]), now) for status in page],
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


def dashboard_row(status: CustomerStatus, calls: Chart, now: datetime) -> Row:
    customer = status.customer
    return Row(
        status=status,
        line=status_line(status.issue, customer, now),
        chart=calls,
        address=reverse("admin:integrations_customer_overview", args=[customer.pk]),
        log_address=f"{reverse('calllog:list')}?customer={customer.pk}&state=",
    )


def _matches(status: CustomerStatus, query: str) -> bool:
    customer = status.customer
    texts = (customer.name, customer.planfix_url, customer.ringostat_project_id)
    return any(query.casefold() in text.casefold() for text in texts)


def _cause(name: str) -> Cause | None:
    return Cause[name] if name in Cause.__members__ else None


def _chips(found: list[CustomerStatus], chosen: Cause | None, query: str) -> list[Chip]:
    """One for all customers, and one for each status that occurs, the worst first."""
    counts = Counter(status.cause for status in found)
    badges = {status.cause: badge_of(status.issue) for status in reversed(found)}
    offered: list[tuple[Cause | None, Badge, int]] = [(None, Badge(label=_("All"), icon="apartment"), len(found))]
    offered += [(cause, badges[cause], counts[cause]) for cause in reversed(badges)]
    return [
        Chip(badge=badge, count=count, address=_address(query, cause), is_active=cause is chosen)
        for cause, badge, count in offered
    ]


def _address(query: str, cause: Cause | None) -> str:
    """The dashboard with this search and this filter."""
    wanted = {"q": query, "light": "" if cause is None else cause.name}
    return "?" + urlencode({name: text for name, text in wanted.items() if text})
