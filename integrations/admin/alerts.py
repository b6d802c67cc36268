"""The list of alerts: what the problem was, when it began, when it was resolved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.paginator import InfinitePaginator

from integrations.admin.columns import coloured, time_column
from integrations.admin.read_only import ReadOnly
from integrations.models import Alert, AlertKind
from integrations.ui.labels import LazyText

KIND_COLOURS: dict[str, str] = {
    AlertKind.PAUSED: "danger",
    AlertKind.FAILED: "danger",
    AlertKind.LATE: "danger",
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
    list_display = (RAISED, "customer", "kind_label", "detail", "resolved")
    list_filter = ("kind", OpenFilter, ("customer", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("customer",)
    ordering = ("-raised_at", "-pk")
    paginator = InfinitePaginator
    fields = (
        "customer",
        "kind_label",
        "detail",
        RAISED,
        "resolved",
        time_column("notified_at", gettext_lazy("notified")),
    )

    @coloured(gettext_lazy("alert"), KIND_COLOURS)
    def kind_label(self, alert: Alert) -> tuple[str, str]:
        return alert.kind, str(AlertKind(alert.kind).label)

    @admin.display(description=gettext_lazy("resolved"), ordering="resolved_at")
    def resolved(self, alert: Alert) -> object:
        return RESOLVED(alert) or _("Open")
