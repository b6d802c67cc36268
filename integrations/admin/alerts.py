"""The list of alerts: what the problem was, when it began, when it was resolved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.paginator import InfinitePaginator

from integrations.admin.columns import coloured, link, time_column
from integrations.admin.monitoring.status_line import StatusLine, status_line
from integrations.admin.read_only import ReadOnly
from integrations.models import Alert, AlertKind
from integrations.services.monitoring.customer_status import Issue
from integrations.ui.labels import LazyText

KIND_COLOURS: dict[str, str] = {
    AlertKind.PAUSED: "danger",
    AlertKind.FAILED: "danger",
    AlertKind.LATE: "danger",
    AlertKind.SKIPPED: "danger",
    AlertKind.WEBHOOK: "warning",
    AlertKind.DIFFERENT: "warning",
    AlertKind.TRAFFIC: "warning",
    AlertKind.LEAK: "danger",
    AlertKind.CONTACTS: "warning",
    AlertKind.CATCH_UP: "warning",
}


RAISED = time_column("raised_at", gettext_lazy("raised"))
RESOLVED = time_column("resolved_at", gettext_lazy("resolved"))


class OpenFilter(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("status")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, LazyText]]:
        return [("yes", gettext_lazy("Open")), ("no", gettext_lazy("Resolved"))]

    def queryset(self, request: HttpRequest, alerts: QuerySet[Alert]) -> QuerySet[Alert]:
        return alerts.filter(resolved_at__isnull=self.value() == "yes") if self.value() else alerts


@admin.register(Alert)
class AlertAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = (RAISED, "customer", "kind_label", "sentence", "resolved")
    list_filter = ("kind", OpenFilter, ("customer", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("customer",)
    ordering = ("-raised_at", "-pk")
    paginator = InfinitePaginator
    fields = (
        "customer",
        "kind_label",
        "sentence",
        "next_step",
        "technical_details",
        RAISED,
        "resolved",
        time_column("notified_at", gettext_lazy("notified")),
    )

    @coloured(gettext_lazy("alert"), KIND_COLOURS)
    def kind_label(self, alert: Alert) -> tuple[str, str]:
        return alert.kind, str(AlertKind(alert.kind).label)

    @admin.display(description=gettext_lazy("problem"))
    def sentence(self, alert: Alert) -> str:
        return alert_sentence(alert)

    @admin.display(description=gettext_lazy("next step"))
    def next_step(self, alert: Alert) -> str | SafeString:
        line = _line(alert)
        return link(line.step.address, line.step.text) if line and line.step and not alert.resolved_at else "–"

    @admin.display(description=gettext_lazy("technical details"))
    def technical_details(self, alert: Alert) -> str | SafeString:
        if not (alert.issue and alert.detail):
            return "–"
        return format_html(
            '<details><summary class="cursor-pointer">{}</summary><code>{}</code></details>', _("Show"), alert.detail
        )

    @admin.display(description=gettext_lazy("resolved"), ordering="resolved_at")
    def resolved(self, alert: Alert) -> object:
        return RESOLVED(alert) or _("Open")


def alert_sentence(alert: Alert) -> str:
    """The alert as a sentence in the reader's language. Alerts of earlier releases store theirs in `detail`."""
    return line.sentence if (line := _line(alert)) else alert.detail


def _line(alert: Alert) -> StatusLine | None:
    """The alert's issue in the reader's language; None for an alert of an earlier release."""
    return status_line(Issue.from_json(alert.issue), alert.customer, timezone.now()) if alert.issue else None
