"""The employees of a customer: who of Ringostat is who in Planfix, who takes part, and one of them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import CHECKBOX_CLASSES, SELECT_CLASSES, UnfoldAdminTextInputWidget

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.domain.pairing import PairedBy
from integrations.models import BackgroundJobKind, Call, Customer, Employee
from integrations.services.customers.connection_report import newest_check
from integrations.services.customers.employee_mapping import Choice, NotKept, Row, Table, pairing_table, save_pairs
from integrations.services.queue.background import enqueue
from integrations.ui.labels import LazyText
from integrations.ui.parse_pk import parse_pk
from integrations.users.audit import audit_record
from integrations.users.visibility import customers_visible_to

PAIRED_BY: Mapping[str, LazyText] = {
    PairedBy.EMAIL: gettext_lazy("the same e-mail"),
    PairedBy.EXTENSION: gettext_lazy("the same extension"),
    PairedBy.NAME: gettext_lazy("the same name"),
}
AGAINST: Mapping[str, LazyText] = {
    PairedBy.EMAIL: gettext_lazy("the e-mail says somebody else"),
    PairedBy.EXTENSION: gettext_lazy("the extension says somebody else"),
    PairedBy.NAME: gettext_lazy("the name says somebody else"),
}


@customer_page
def employees_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    table = pairing_table(customer, asked_call=_asked_call(request, customer))
    if request.method == "POST":
        choices = _choices(request, table)
        try:
            return _kept(request, customer, save_pairs(customer, table, choices))
        except NotKept as error:
            messages.error(request, str(error))
            table = table.with_choices(choices)
    return render_page(request, customer, "employees", "employees.html", _context(customer, table))


def _kept(request: HttpRequest, customer: Customer, count: int) -> HttpResponse:
    """So many take part now."""
    audit_record(request.user, _("Chose the employees who take part: %(count)s.") % {"count": count}, customer)
    text = ngettext("One employee takes part.", "%(count)s employees take part.", count) % {"count": count}
    messages.success(request, text)
    return redirect(address_of("employees", customer))


@require_POST
@customer_page
def send_skipped_calls(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Sends the calls again whose employee is known by now: those that the page tells of."""
    calls = pairing_table(customer).sendable
    if calls:
        enqueue(BackgroundJobKind.SEND_AGAIN, customer=customer, by=request.user, calls=list(calls))
        text = ngettext("One call is sent again.", "%(count)s calls are sent again.", len(calls))
        messages.success(request, text % {"count": len(calls)})
        audit_record(request.user, _("Sent %(count)s skipped calls again.") % {"count": len(calls)}, customer)
    return redirect(address_of("employees", customer))


def _asked_call(request: HttpRequest, customer: Customer) -> Call | None:
    call_id = parse_pk(request.GET.get("call", ""))
    return customer.calls.filter(pk=call_id).first() if call_id is not None else None


def _choices(request: HttpRequest, table: Table) -> dict[str, Choice]:
    known = {user.id for user in table.users}
    found: dict[str, Choice] = {}
    for row in table.rows:
        user_id = parse_pk(request.POST.get(f"user-{row.key}", "").strip())
        if user_id is None or (known and user_id not in known and user_id != row.user_id):
            continue
        found[row.key] = Choice(user_id=user_id, participates=f"participates-{row.key}" in request.POST)
    return found


def _context(customer: Customer, table: Table) -> dict[str, Any]:
    users = {user.id for user in table.users}
    work = newest_check(customer)
    return {
        "work": work if work and not work.is_finished else None,
        "rows": [_shown(row, users) for row in table.rows],
        "users": table.users,
        "unpaired_users": table.unpaired_users,
        "sendable": len(table.sendable),
        "takes_part": any(row.employee and row.employee.participates for row in table.rows),
        "select_classes": " ".join(SELECT_CLASSES),
        "checkbox_classes": " ".join(CHECKBOX_CLASSES),
    }


def _shown(row: Row, users: set[int]) -> dict[str, Any]:
    """A row in words. `note` says why the pair is proposed, `warning` what a person should look at."""
    is_gone = bool(users and row.user_id and row.user_id not in users)
    return {
        "row": row,
        "identities": " · ".join(_identities(row)),
        "is_gone": is_gone,
        "note": _("Proposed: %(why)s") % {"why": PAIRED_BY[row.paired_by]} if row.paired_by else "",
        "warning": _warning(row, is_gone=is_gone),
    }


def _identities(row: Row) -> list[str]:
    found = [_("extension %(extension)s") % {"extension": row.extension}] if row.extension else []
    found += [*row.sip_logins]
    found += [row.email] if row.email else []
    return found + ([_("staff ID %(id)s") % {"id": row.staff_id}] if row.staff_id else [])


def _warning(row: Row, *, is_gone: bool) -> str:
    if is_gone:
        return _("Planfix has no active employee %(id)s any more: choose another one.") % {"id": row.user_id}
    if row.against:
        return _("Look twice: %(why)s.") % {"why": ", ".join(str(AGAINST[clue]) for clue in row.against)}
    if row.user_id is None:
        return _("Nobody in Planfix: choose who it is, or the calls are skipped.")
    return ""


@admin.register(Employee)
class EmployeeAdmin(ModelAdmin):  # type: ignore[misc]
    """For what the table cannot know: a SIP login of a phone that nobody listed, somebody who is in no list."""

    list_display = ("name", "customer", "planfix_user_id", "participates")
    list_select_related = ("customer",)
    search_fields = ("name", "email", "staff_id")
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Employee]:
        employees: QuerySet[Employee] = super().get_queryset(request)
        return employees.filter(customer__in=customers_visible_to(request.user))

    def response_post_save_add(self, request: HttpRequest, obj: Employee) -> HttpResponse:
        return redirect(address_of("employees", obj.customer))

    def response_post_save_change(self, request: HttpRequest, obj: Employee) -> HttpResponse:
        return redirect(address_of("employees", obj.customer))
