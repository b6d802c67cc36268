"""The pages that match a customer's Ringostat employees to Planfix employees and include them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.fields import ArrayField
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import (
    CHECKBOX_CLASSES,
    SELECT_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from integrations.admin.customer.pages import address_of, customer_page, page_after_saving, render_page
from integrations.admin.query_limits import SimpleLookups
from integrations.domain.employee_pairing import PairedBy
from integrations.domain.name_likeness import Likeness
from integrations.models import BackgroundJobKind, Call, Customer, Employee
from integrations.services.customers.employee_mapping import (
    EmployeeChoice,
    EmployeeNotSaved,
    EmployeeRow,
    EmployeeTable,
    employee_table,
    planfix_users_of,
    save_employees,
)
from integrations.services.queue.background import enqueue, newest_unfinished
from integrations.ui.labels import LazyText
from integrations.ui.parse_pk import parse_pk
from integrations.users.audit import audit_record
from integrations.users.visibility import customers_visible_to

MATCHED_BY: Mapping[str, LazyText] = {
    PairedBy.EMAIL: gettext_lazy("the same e-mail"),
    PairedBy.EXTENSION: gettext_lazy("the same extension"),
    PairedBy.NAME: gettext_lazy("the same name"),
}
LIKENESS: Mapping[str, LazyText] = {
    Likeness.SPELLED_DIFFERENTLY: gettext_lazy("the same name, spelled differently"),
    Likeness.SURNAME_DIFFERS: gettext_lazy("the same given name; the surname may have changed"),
}
AGAINST: Mapping[str, LazyText] = {
    PairedBy.EMAIL: gettext_lazy("the e-mail belongs to another employee"),
    PairedBy.EXTENSION: gettext_lazy("the extension belongs to another employee"),
    PairedBy.NAME: gettext_lazy("the name belongs to another employee"),
}


MANY_ROWS = 10
"""So many rows can be searched."""


@customer_page
def employees_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    table = employee_table(customer, asked_call=_asked_call(request, customer))
    if request.method == "POST":
        choices = _choices(request, table)
        try:
            return _saved(request, customer, save_employees(customer, table, choices), table.with_choices(choices))
        except EmployeeNotSaved as error:
            messages.error(request, str(error))
            table = table.with_choices(choices)
    return render_page(request, customer, "employees", "employees.html", _context(customer, table))


def _saved(request: HttpRequest, customer: Customer, count: int, table: EmployeeTable) -> HttpResponse:
    """Reports the saved matches to the user and to the audit log. `count`: the number of included employees."""
    audit_record(request.user, _("Matched employees. Included: %(count)s.") % {"count": count}, customer)
    text = ngettext("One employee included.", "%(count)s employees included.", count) % {"count": count}
    messages.success(request, text)
    for user, names in table.matched_twice():
        twice = _("%(names)s are matched to the same Planfix employee, %(user)s.")
        messages.warning(request, twice % {"names": ", ".join(names), "user": user.name})
    return page_after_saving(request, customer, "employees")


@require_POST
@customer_page
def send_skipped_calls(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Retries the skipped calls whose employee is known now: those that the page counts."""
    calls = employee_table(customer).sendable
    if calls:
        enqueue(BackgroundJobKind.SEND_AGAIN, customer=customer, by=request.user, calls=list(calls))
        text = ngettext("Retrying one call.", "Retrying %(count)s calls.", len(calls))
        messages.success(request, text % {"count": len(calls)})
        audit_record(request.user, _("Retried %(count)s skipped calls.") % {"count": len(calls)}, customer)
    return redirect(address_of("employees", customer))


def _asked_call(request: HttpRequest, customer: Customer) -> Call | None:
    call_id = parse_pk(request.GET.get("call", ""))
    return customer.calls.filter(pk=call_id).first() if call_id is not None else None


def _choices(request: HttpRequest, table: EmployeeTable) -> dict[str, EmployeeChoice]:
    if confirmed := request.POST.get("suggested"):
        return {
            row.key: EmployeeChoice(user_id=row.suggested.id, participates=True)
            for row in table.rows
            if row.key == confirmed and row.suggested
        }
    known = {user.id for user in table.users}
    found: dict[str, EmployeeChoice] = {}
    for row in table.rows:
        user_id = parse_pk(request.POST.get(f"user-{row.key}", "").strip())
        if user_id is None or (known and user_id not in known and user_id != row.user_id):
            continue
        found[row.key] = EmployeeChoice(user_id=user_id, participates=f"participates-{row.key}" in request.POST)
    return found


def _context(customer: Customer, table: EmployeeTable) -> dict[str, Any]:
    users = {user.id for user in table.users}
    return {
        "retry": newest_unfinished(customer, BackgroundJobKind.SEND_AGAIN),
        "check": newest_unfinished(customer, BackgroundJobKind.CONNECT),
        "has_auth_key": bool(customer.ringostat_auth_key),
        "rows": [_shown(row, users) for row in table.rows],
        "unmatched_count": sum(row.user_id is None for row in table.rows),
        "can_search": len(table.rows) >= MANY_ROWS,
        "users": table.users,
        "unmatched_users": table.unmatched_users,
        "sendable": len(table.sendable),
        "has_included": any(row.employee and row.employee.participates for row in table.rows),
        "select_classes": " ".join(SELECT_CLASSES),
        "checkbox_classes": " ".join(CHECKBOX_CLASSES),
    }


def _shown(row: EmployeeRow, users: set[int]) -> dict[str, Any]:
    """A row as the template needs it. `note` says why a match is proposed, `warning` what to check."""
    is_gone = bool(users and row.user_id and row.user_id not in users)
    return {
        "row": row,
        "identities": " · ".join(_identities(row)),
        "is_gone": is_gone,
        "note": _("Suggested: %(why)s") % {"why": MATCHED_BY[row.matched_by]} if row.matched_by else "",
        "suggestion": LIKENESS[row.likeness] if row.suggested else "",
        "warning": _warning(row, is_gone=is_gone, can_choose=bool(users)),
    }


def _identities(row: EmployeeRow) -> list[str]:
    found = [_("extension %(extension)s") % {"extension": row.extension}] if row.extension else []
    found += [*row.sip_logins]
    found += [row.email] if row.email else []
    return found + ([_("staff ID %(id)s") % {"id": row.staff_id}] if row.staff_id else [])


def _warning(row: EmployeeRow, *, is_gone: bool, can_choose: bool) -> str:
    if is_gone:
        return _("Planfix employee %(id)s is no longer active. Choose another one.") % {"id": row.user_id}
    if row.against:
        return _("Please check: %(why)s.") % {"why": ", ".join(str(AGAINST[clue]) for clue in row.against)}
    if row.user_id is None:
        if can_choose:
            return _("Not matched: choose the Planfix employee, or the calls are skipped.")
        return _("Not matched: enter the Planfix employee ID, or the calls are skipped.")
    return ""


def _customer_in_url(request: HttpRequest) -> Customer | None:
    """The customer that ?customer= names on the page that adds an employee."""
    customer_id = parse_pk(request.GET.get("customer", ""))
    return customers_visible_to(request.user).filter(pk=customer_id).first() if customer_id is not None else None


@admin.register(Employee)
class EmployeeAdmin(SimpleLookups, ModelAdmin):  # type: ignore[misc]
    """The form for one employee: to enter a SIP login, or an employee whom no list contains."""

    list_display = ("name", "customer", "planfix_user_id", "participates")
    list_select_related = ("customer",)
    search_fields = ("name", "email", "staff_id")
    formfield_overrides = {ArrayField: {"widget": UnfoldAdminTextInputWidget}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Employee]:
        employees: QuerySet[Employee] = super().get_queryset(request)
        return employees.filter(customer__in=customers_visible_to(request.user))

    def get_form(self, request: HttpRequest, obj: Employee | None = None, **kwargs: Any) -> Any:
        """Offers the Planfix employees by name, if an access check has read them."""
        form = super().get_form(request, obj, **kwargs)
        customer = obj.customer if obj else _customer_in_url(request)
        users = planfix_users_of(customer) if customer else ()
        if users:
            names = {user.id: user.name for user in users}
            if obj and obj.planfix_user_id:
                names.setdefault(obj.planfix_user_id, _("Employee %(id)s") % {"id": obj.planfix_user_id})
            form.base_fields["planfix_user_id"] = forms.TypedChoiceField(
                label=_("In Planfix"),
                coerce=int,
                choices=[("", "—"), *names.items()],
                widget=UnfoldAdminSelectWidget,
            )
        return form

    def response_post_save_add(self, request: HttpRequest, obj: Employee) -> HttpResponse:
        return redirect(address_of("employees", obj.customer))

    def response_post_save_change(self, request: HttpRequest, obj: Employee) -> HttpResponse:
        return redirect(address_of("employees", obj.customer))
