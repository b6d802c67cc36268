"""The list of customers and the form of a customer's settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action as unfold_action
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldAdminURLInputWidget

from integrations.admin.change_messages import members, with_details
from integrations.admin.customer.callback_tasks.page import callback_tasks_page
from integrations.admin.customer.connection import check_new_access, connect, connection_report
from integrations.admin.customer.contacts.directory import directory_page, shared_numbers_csv
from integrations.admin.customer.copy import copy
from integrations.admin.customer.diagnostics import diagnostics
from integrations.admin.customer.dry_run import dry_run
from integrations.admin.customer.employee_mapping import employees_page, send_skipped_calls
from integrations.admin.customer.form import ACCESS_COLUMNS, CHECKED_COLUMNS, IDENTITY_COLUMNS, CustomerForm
from integrations.admin.customer.overview import overview
from integrations.admin.customer.pages import address_of, browser_title, customer_urls, menu, next_page
from integrations.admin.customer.removal import RemovedByTheWorker
from integrations.admin.customer.secret_widget import SecretFormField, SecretInput, TypedSecrets
from integrations.admin.customer.telephone.routing import first_question, routing_page
from integrations.admin.customer.trial import trial
from integrations.admin.customer.utm_mapping import utm_mapping_page
from integrations.admin.customer.webhooks.addresses import first_webhook_light, webhook_setup
from integrations.admin.monitoring.dashboard import Query, found_customers
from integrations.admin.monitoring.status_line import status_line
from integrations.admin.query_limits import SimpleLookups
from integrations.admin.read_only import ListTitle
from integrations.models import BackgroundJobKind, Customer, SecretField, WebhookToken
from integrations.models.customer import SECRET_OF_ADDRESS
from integrations.planfix.http.explanations import explain
from integrations.services.customers.account_change import follow_change, overlap_of
from integrations.services.delivery.pause import resume_customer
from integrations.services.monitoring.customer_status import statuses_of
from integrations.services.queue.background import enqueue
from integrations.ui.local_time import local_time
from integrations.users.audit import audit_record

PAGES: Mapping[str, Callable[..., HttpResponse]] = {
    "overview": overview,
    "webhook_setup": webhook_setup,
    "first_webhook": first_webhook_light,
    "dry_run": dry_run,
    "trial": trial,
    "copy": copy,
    "diagnostics": diagnostics,
    "connect": connect,
    "employees": employees_page,
    "send_skipped_calls": send_skipped_calls,
    "parameters": utm_mapping_page,
    "callback_tasks": callback_tasks_page,
    "directory": directory_page,
    "shared_numbers": shared_numbers_csv,
    "routing": routing_page,
    "first_question": first_question,
}
"""The other pages of a customer, by the names of their URLs. pages.MENU lists those that have a tab."""

OVERLAP_TEXTS = (
    (
        messages.WARNING,
        gettext_lazy("Same Planfix account and Ringostat project as %(names)s. Each call may be written twice."),
    ),
    (
        messages.WARNING,
        gettext_lazy("Same Ringostat project as %(names)s. Its calls go to two Planfix accounts."),
    ),
    (messages.INFO, gettext_lazy("Same Planfix account as %(names)s. They share its request limit.")),
)
"""One level and sentence for each field of Overlap, in the same order."""
NEW = "new"
"""The form of a customer that is not saved yet."""


@admin.register(Customer)
class CustomerAdmin(SimpleLookups, RemovedByTheWorker, ListTitle, ModelAdmin):  # type: ignore[misc]
    form = CustomerForm
    search_fields = ("name", "planfix_url", "ringostat_project_id")
    ordering = ("name",)
    actions = ("resume", "check_access")
    actions_submit_line = ("save_and_continue",)
    readonly_fields = ("paused_because",)
    warn_unsaved_form = True
    formfield_overrides: dict[type[models.Field], dict[str, Any]] = {  # type: ignore[type-arg]
        ArrayField: {"widget": UnfoldAdminTextInputWidget},
        SecretField: {"form_class": SecretFormField, "widget": SecretInput},
        models.URLField: {"assume_scheme": "https", "widget": UnfoldAdminURLInputWidget},
    }
    add_fieldsets = (
        (None, {"fields": ("name",)}),
        (gettext_lazy("Planfix"), {"fields": ("planfix_url", "planfix_token")}),
        (gettext_lazy("Ringostat"), {"fields": ("ringostat_project_id", "ringostat_auth_key")}),
        (
            gettext_lazy("Advanced"),
            {"fields": ("language", "timezone", "region", "ringostat_api_url"), "classes": ("collapse",)},
        ),
    )
    """What a connection needs. Everything else has a default and is on the customer's page."""
    fieldsets = (
        (
            gettext_lazy("1. Access"),
            {
                "fields": (
                    "name",
                    "planfix_url",
                    "planfix_token",
                    "ringostat_project_id",
                    "ringostat_auth_key",
                    "paused_because",
                ),
            },
        ),
        (None, {"fields": ("fallback_employee",), "classes": ("after-employees",)}),
        (gettext_lazy("3. Where calls go"), {"fields": ("call_target",)}),
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
                    "directory",
                ),
                "classes": ("before-utm",),
            },
        ),
        (
            gettext_lazy("What Planfix stores for each call"),
            {"fields": ("recording", "add_analysis"), "classes": ("before-webhooks",)},
        ),
        (gettext_lazy("Language, time zone and country"), {"fields": ("language", "timezone", "region")}),
        (
            gettext_lazy("Advanced"),
            {
                "fields": (
                    "requests_per_second",
                    "call_tag_id",
                    "missed_call_tag_id",
                    "own_numbers",
                    "ignored_numbers",
                    "viewers",
                    "retention_days",
                    "ringostat_api_url",
                ),
                "classes": ("collapse",),
            },
        ),
    )
    """The settings. The template adds a block before or after a section by the section's class."""

    # --- the list ---

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirects to the console's first page, which lists the customers and posts its actions here.

        `all` means every customer that matches the search and filter of the list, which are posted too.
        """
        if request.method != "POST":
            query = urlencode({"q": request.GET["q"]}) if request.GET.get("q") else ""
            return redirect(reverse("admin:index") + (f"?{query}" if query else ""))
        shown = Query.of(request.POST)
        if request.POST.get("all"):
            chosen = request.POST.copy()
            chosen.setlist(ACTION_CHECKBOX_NAME, [str(pk) for pk in found_customers(request.user, shown)])
            request.POST = chosen  # type: ignore[assignment]
        response: HttpResponse = super().changelist_view(request, extra_context)
        return redirect(reverse("admin:index") + shown.address()) if response.status_code == 302 else response

    # --- one customer ---

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirects to the audit log, which also shows addresses, and times in the customer's zone."""
        return redirect(f"{reverse('admin:admin_logentry_changelist')}?{urlencode({'customer': object_id})}")

    def get_urls(self) -> list[URLPattern]:
        return [*customer_urls(PAGES), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Customer | None = None, **kwargs: Any
    ) -> HttpResponse:
        # The delete link is on the overview, so that it is not beside “Save”.
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False, "show_delete": False}
        if obj:
            context |= {
                "menu": menu(obj, "change"),
                "connection": connection_report(obj),
                "employees": list(obj.employees.all()),
                "utm_mapping": list(obj.utm_fields.order_by("pk")),
                "browser_title": browser_title(obj, "change"),
            }
        response: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return response

    @admin.display(description=gettext_lazy("status"))
    def paused_because(self, customer: Customer) -> str:
        # Unfold reads a field five times for one page, and the sentence takes 20 ms.
        kept = vars(customer)
        if "status_sentence" not in kept:
            kept["status_sentence"] = self._status_sentence(customer)
        sentence: str = kept["status_sentence"]
        return sentence

    @staticmethod
    def _status_sentence(customer: Customer) -> str:
        if customer.paused_by_hand:
            return _("Paused by hand. %(why)s") % {"why": _why_paused(customer)}
        if customer.paused_reason:
            check = _local_time(customer, customer.access_check_at) or _("in a minute")
            text = _("Paused. %(why)s Next check: %(check)s.")
            return text % {"why": _why_paused(customer), "check": check}
        if not customer.pk:
            return _("New.")
        [status] = statuses_of(Customer.objects.filter(pk=customer.pk))
        return status_line(status.issue, status.customer, timezone.now()).sentence

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if request.method == "GET":
            TypedSecrets(request.session, object_id or NEW).forget()
        response: HttpResponse = super().changeform_view(request, object_id, *args, **kwargs)
        return response

    def get_form(self, request: HttpRequest, obj: Customer | None = None, *args: Any, **kwargs: Any) -> Any:
        """Removes the buttons that add employees and users: both have pages of their own."""
        form = super().get_form(request, obj, *args, **kwargs)
        form.typed_secrets = TypedSecrets(request.session, str(obj.pk) if obj else NEW)
        for name in form.base_fields.keys() & {"fallback_employee", "viewers"}:
            widget = form.base_fields[name].widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        return form

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        changed = set(form.changed_data)
        follow_change(obj, given=changed)
        super().save_model(request, obj, form, change)
        if change and changed & ACCESS_COLUMNS:
            # The old access had the problem. If the new one has it too, the next call pauses the customer again.
            resume_customer(obj)
        if not obj.webhook_tokens.exists():
            WebhookToken.issue(obj)
        if not change or changed & IDENTITY_COLUMNS:
            self._warn_of_overlap(request, obj)
        if not change or changed & CHECKED_COLUMNS:
            assert isinstance(request.user, User)
            check_new_access(obj, request.user)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        """Names the old and the new addresses, and the viewers who were added or removed."""
        message: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)
        if add:
            return message
        old, new = form.initial, form.cleaned_data
        details = {name: f"{old.get(name)} → {new[name]}" for name in SECRET_OF_ADDRESS if name in new}
        if "viewers" in new:
            details["viewers"] = members(old["viewers"], new["viewers"])
        return with_details(message, form, details)

    def _warn_of_overlap(self, request: HttpRequest, customer: Customer) -> None:
        overlap = overlap_of(customer)
        for names, (level, text) in zip(astuple(overlap), OVERLAP_TEXTS, strict=True):
            if names:
                self.message_user(request, text % {"names": ", ".join(names)}, level)

    def response_post_save_add(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        return self.response_post_save_change(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        """Stays on the customer's page with the running access check, unless “Save and continue” was pressed."""
        if self.save_and_continue.__name__ in request.POST:
            return redirect(next_page(obj, "change"))
        return redirect(address_of("change", obj))

    # --- actions ---

    @unfold_action(  # type: ignore[untyped-decorator]
        description=gettext_lazy("Save and continue"), icon="arrow_forward", permissions=["change"]
    )
    def save_and_continue(self, request: HttpRequest, customer: Customer) -> None:
        """A button beside “Save”. response_post_save_change opens the next page."""

    @admin.action(description=gettext_lazy("Resume paused customers"), permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        paused = list(queryset.exclude(paused_reason=""))
        for customer in paused:
            resume_customer(customer, by_hand=True)
            audit_record(request.user, _("Resumed."), customer)
        text = ngettext("One customer resumed.", "%(count)s customers resumed.", len(paused))
        self.message_user(request, text % {"count": len(paused)}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Check access"), permissions=["change"])
    def check_access(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        assert isinstance(request.user, User)
        customers = list(queryset)
        for customer in customers:
            enqueue(BackgroundJobKind.CONNECT, customer=customer, by=request.user)
            audit_record(request.user, _("Checked the access."), customer)
        text = ngettext("Checking one customer.", "Checking %(count)s customers.", len(customers))
        self.message_user(request, text % {"count": len(customers)}, messages.SUCCESS)


def _why_paused(customer: Customer) -> str:
    why = (not customer.paused_by_hand and explain(customer.paused_reason)) or customer.paused_reason
    if not (why and customer.paused_at):
        return why
    return _("Since %(time)s: %(why)s") % {"time": _local_time(customer, customer.paused_at), "why": why}


def _local_time(customer: Customer, at: datetime | None) -> str | None:
    return local_time(customer, at, timezone.now()) if at else None
