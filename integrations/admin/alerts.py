"""Alerts: which troubles there were, when each began and when it was over."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.paginator import InfinitePaginator

from integrations.admin.columns import coloured, moment
from integrations.admin.read_only import ReadOnly
from integrations.models import Alert, AlertKind

KIND_COLOURS: dict[str, str] = {
    AlertKind.PAUSED: "danger",
    AlertKind.FAILED: "danger",
    AlertKind.LATE: "danger",
    AlertKind.CATCH_UP: "warning",
}


RAISED = moment("raised_at", gettext_lazy("raised"))
OVER = moment("over_at", gettext_lazy("over"))


@admin.register(Alert)
class AlertAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = (RAISED, "customer", "kind_label", "detail", "over")
    list_filter = ("kind", ("over_at", admin.EmptyFieldListFilter), ("customer", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("customer",)
    ordering = ("-raised_at", "-pk")
    paginator = InfinitePaginator
    fields = ("customer", "kind_label", "detail", RAISED, OVER, moment("told_at", gettext_lazy("told")))

    @coloured(gettext_lazy("alert"), KIND_COLOURS)
    def kind_label(self, alert: Alert) -> tuple[str, str]:
        return alert.kind, str(AlertKind(alert.kind).label)

    @admin.display(description=gettext_lazy("over"), ordering="over_at")
    def over(self, alert: Alert) -> object:
        return OVER(alert) or _("not over")
