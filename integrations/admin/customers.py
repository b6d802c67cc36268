"""Customers as the specialists see them: which need attention, and the questionnaire to fill in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldAdminURLInputWidget

from integrations.admin.columns import coloured
from integrations.admin.customer_form import ACCOUNT_COLUMNS, CustomerForm
from integrations.admin.customer_pages import customer_urls, menu
from integrations.admin.secret_widget import SecretFormField, SecretInput
from integrations.calllog.words import EVENTS
from integrations.domain.calls import EventKind
from integrations.models import Call, CallState, Customer, Employee, SecretField, UtmField, WebhookEvent, WebhookToken
from integrations.planfix.errors import PlanfixError
from integrations.services.onboarding import discover, parameter_problems
from integrations.services.replay import resume_customer

PAGES: Mapping[str, Callable[..., HttpResponse]] = {}
"""The other pages of a customer, by the names of their addresses; customer_pages.MENU says which are linked."""

LIGHTS = {"paused": "danger", "waiting": "warning", "new": "info", "ok": "success"}


class EmployeeInline(TabularInline):  # type: ignore[misc]
    model = Employee
    extra = 0
    after = "planfix"
    verbose_name_plural = gettext_lazy("2. Employees who take part")
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}


class UtmFieldInline(TabularInline):  # type: ignore[misc]
    model = UtmField
    extra = 0
    after = "recordings"
    verbose_name_plural = gettext_lazy("UTM: which parameter goes into which field")


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):  # type: ignore[misc]
    form = CustomerForm
    inlines = (EmployeeInline, UtmFieldInline)
    list_display = ("name", "light", "trouble", "pending", "failed", "last_webhook", "call_target", "created_at")
    list_filter = ("call_target", "recording")
    list_select_related = ("turn",)
    search_fields = ("name", "planfix_url", "ringostat_project_id")
    ordering = ("name",)
    actions = ("resume", "discover_tags")
    readonly_fields = ("webhook_addresses", "paused_because", "tags_found")
    warn_unsaved_form = True
    formfield_overrides: dict[type[models.Field], dict[str, Any]] = {  # type: ignore[type-arg]
        SecretField: {"form_class": SecretFormField, "widget": SecretInput},
        models.URLField: {"assume_scheme": "https", "widget": UnfoldAdminURLInputWidget},
    }
    fieldsets = (
        (gettext_lazy("The customer"), {"fields": ("name", "language", "timezone", "region", "paused_because")}),
        (
            gettext_lazy("1. Access to Planfix"),
            {"fields": ("planfix_url", "planfix_token"), "classes": ("planfix",)},
        ),
        (gettext_lazy("3. Where a call goes"), {"fields": ("call_target",)}),
        (
            gettext_lazy("4. New contacts"),
            {
                "fields": (
                    "create_contacts",
                    "create_for_incoming_answered",
                    "create_for_incoming_missed",
                    "create_for_outgoing_answered",
                    "contact_template_id",
                    "phone_matching",
                )
            },
        ),
        (gettext_lazy("5. Recordings and UTM"), {"fields": ("recording", "add_analysis"), "classes": ("recordings",)}),
        (
            gettext_lazy("6. Access to Ringostat"),
            {"fields": ("ringostat_project_id", "ringostat_auth_key", "webhook_addresses")},
        ),
        (
            gettext_lazy("Advanced"),
            {
                "fields": (
                    "requests_per_second",
                    "tags_found",
                    "call_tag_id",
                    "missed_call_tag_id",
                    "ignored_numbers",
                    "fallback_employee",
                    "viewers",
                    "retention_days",
                    "ringostat_api_url",
                ),
                "classes": ("collapse",),
            },
        ),
    )

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        customers: QuerySet[Customer] = super().get_queryset(request)
        webhooks = WebhookEvent.objects.filter(customer=OuterRef("pk")).order_by().values("customer")
        return customers.annotate(
            # By the due date, not the state: there is an index of what is due.
            calls_pending=_calls(due_at__isnull=False),
            calls_failed=_calls(state=CallState.FAILED),
            last_webhook_at=Subquery(webhooks.annotate(last=Max("received_at")).values("last")),
        )

    @coloured(gettext_lazy("state"), LIGHTS)
    def light(self, customer: Customer) -> tuple[str, str]:
        if customer.paused_reason:
            return "paused", _("Paused")
        if _waits(customer):
            return "waiting", _("Waiting for Planfix")
        if self.last_webhook(customer) is None:
            return "new", _("No webhook yet")
        return "ok", _("Connected")

    @admin.display(description=gettext_lazy("what is wrong"), empty_value="–")
    def trouble(self, customer: Customer) -> str | None:
        return _why_paused(customer) or None

    @admin.display(description=gettext_lazy("calls waiting"), ordering="calls_pending")
    def pending(self, customer: Customer) -> int:
        return int(getattr(customer, "calls_pending", 0))

    @admin.display(description=gettext_lazy("calls failed"), ordering="calls_failed")
    def failed(self, customer: Customer) -> int:
        return int(getattr(customer, "calls_failed", 0))

    @admin.display(description=gettext_lazy("last webhook"), ordering="last_webhook_at", empty_value="–")
    def last_webhook(self, customer: Customer) -> Any:
        return getattr(customer, "last_webhook_at", None)

    # --- one customer ---

    def get_urls(self) -> list[URLPattern]:
        return [*customer_urls(PAGES), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Customer | None = None, **kwargs: Any
    ) -> HttpResponse:
        if obj:
            context |= {"menu": menu(obj, "change")}
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """With a customer go all its calls: only an administrator may do that."""
        return bool(request.user.is_superuser)

    @admin.display(description=gettext_lazy("state"))
    def paused_because(self, customer: Customer) -> str:
        if customer.paused_reason:
            check = _moment(customer.access_check_at) or _("in a minute")
            text = _("Paused. %(why)s Next check: %(check)s.")
            return text % {"why": _why_paused(customer), "check": check}
        return _("Calls go to Planfix.") if customer.pk else _("New.")

    @admin.display(description=gettext_lazy("data tags found"))
    def tags_found(self, customer: Customer) -> str:
        tags = customer.planfix_tags or {}
        names = [str(tag.get("name", "")) for tag in tags.values() if isinstance(tag, dict)]
        return ", ".join(filter(None, names)) or _("Not looked for yet: it happens with the first call.")

    @admin.display(description=gettext_lazy("webhook addresses"))
    def webhook_addresses(self, customer: Customer) -> str | SafeString:
        token = customer.webhook_tokens.order_by("created_at", "pk").last() if customer.pk else None
        if token is None:
            return _("They appear here once the customer is saved.")
        rows = [(EVENTS[kind], f"{token.address}{kind}/") for kind in EventKind]
        return format_html_join("", _ADDRESS, [(address, words, _("Copy"), address) for words, address in rows])

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        changed = set(form.changed_data)
        if change and changed & ACCOUNT_COLUMNS:
            obj.planfix_tags = obj.planfix_contact_fields = None
            obj.remembered_contacts.all().delete()
        super().save_model(request, obj, form, change)
        if change and changed & {"planfix_url", "planfix_token"}:
            # The trouble was with the old access; if it is still there, the next call says so again.
            resume_customer(obj)
        if not obj.webhook_tokens.exists():
            WebhookToken.issue(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for problem in parameter_problems(form.instance):
            self.message_user(request, problem, messages.WARNING)

    # --- actions ---

    @admin.action(description=gettext_lazy("Resume paused customers"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        paused = list(queryset.exclude(paused_reason=""))
        for customer in paused:
            resume_customer(customer)
        text = ngettext("One customer goes on.", "%(count)s customers go on.", len(paused))
        self.message_user(request, text % {"count": len(paused)}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Discover the data tags again"), permissions=["change"])
    def discover_tags(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        for customer in queryset:
            try:
                discover(customer)
            except (PlanfixError, ImproperlyConfigured) as error:
                self.message_user(request, f"{customer}: {error}", messages.ERROR)
            else:
                text = _("%(customer)s: the data tags were found.") % {"customer": customer}
                self.message_user(request, text, messages.SUCCESS)


_ADDRESS = (
    '<div class="mb-3" x-data data-address="{}"><div class="flex gap-2 items-center text-xs">{}'
    '<button type="button" class="cursor-pointer font-medium text-primary-600 dark:text-primary-500"'
    ' x-on:click="navigator.clipboard.writeText($root.dataset.address)">{}</button></div>'
    '<code class="text-important text-xs" style="overflow-wrap: anywhere; user-select: all">{}</code></div>'
)


def _calls(**conditions: Any) -> Coalesce:
    calls = Call.objects.filter(customer=OuterRef("pk"), **conditions).order_by().values("customer")
    return Coalesce(Subquery(calls.annotate(count=Count("pk")).values("count")), 0)


def _why_paused(customer: Customer) -> str:
    if not (customer.paused_reason and customer.paused_at):
        return customer.paused_reason
    return _("Since %(time)s: %(why)s") % {"time": _moment(customer.paused_at), "why": customer.paused_reason}


def _moment(time: datetime | None) -> str:
    """In UTC, as the admin shows all times."""
    return date_format(timezone.localtime(time), "j M, H:i") if time else ""


def _waits(customer: Customer) -> bool:
    retry_at = getattr(getattr(customer, "turn", None), "retry_at", None)
    return retry_at is not None and retry_at > timezone.now()
