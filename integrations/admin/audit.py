"""The audit log: Django's LogEntry with the address of each entry. It names changed fields, never secret values."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter

from integrations.admin.columns import link, time_column
from integrations.admin.read_only import ReadOnly
from integrations.models import Customer
from integrations.users.visibility import customers_visible_to

WHEN = time_column("action_time", _("when"))

# Django calls it "log entry", in the application "Administration".
LogEntry._meta.verbose_name = _("audit entry")
LogEntry._meta.verbose_name_plural = _("audit entries")


class CustomerFilter(DropdownFilter):  # type: ignore[misc]
    title = _("customer")
    parameter_name = "customer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        customers = customers_visible_to(request.user).order_by("name")
        return [(str(pk), name) for pk, name in customers.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, entries: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        if not self.value():
            return entries
        return entries.filter(content_type=ContentType.objects.get_for_model(Customer), object_id=self.value())


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_title = _("Audit log")
    list_display = (WHEN, "user", "address", "of_what", "what")
    list_filter = (CustomerFilter, ("user", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("user", "content_type", "origin")
    search_fields = ("object_repr", "change_message", "user__username")
    ordering = ("-action_time", "-pk")
    fields = (WHEN, "user", "address", "of_what", "what")

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return request.user.has_perm("integrations.change_customer")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Leaves out entries about users, which only administrators may see."""
        entries: QuerySet[LogEntry] = super().get_queryset(request)
        return entries if request.user.is_superuser else entries.exclude(content_type__app_label="auth")

    @admin.display(description=_("address"))
    def address(self, entry: LogEntry) -> str:
        return entry.origin.address if hasattr(entry, "origin") else "–"

    @admin.display(description=_("object"))
    def of_what(self, entry: LogEntry) -> str | SafeString:
        if entry.content_type is None:
            return "–"
        kind = entry.content_type.name
        if entry.is_deletion() or not (address := entry.get_admin_url()):
            return f"{entry.object_repr} ({kind})"
        return format_html("{} ({})", link(address, entry.object_repr), kind)

    @admin.display(description=_("action"))
    def what(self, entry: LogEntry) -> str:
        return entry.get_change_message() or str(entry.get_action_flag_display())
