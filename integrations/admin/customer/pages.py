"""The frame of a customer's pages: access, addresses and the tabs. Does not know what the pages show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from integrations.models import Customer
from integrations.services.customers.setup_progress import OPTIONAL, SetupStep, done_steps
from integrations.ui.labels import LazyText
from integrations.users.visibility import customers_visible_to

Arguments = ParamSpec("Arguments")
CustomerView = Callable[Concatenate[HttpRequest, Customer, Arguments], HttpResponse]


@dataclass(frozen=True, kw_only=True)
class Tab:
    label: LazyText
    icon: str
    step: SetupStep | None = None
    """The step of the set-up that this page is for."""


MENU: Mapping[str, Tab] = {
    "overview": Tab(label=_("Overview"), icon="monitoring"),
    "change": Tab(label=_("Settings"), icon="settings", step=SetupStep.ACCESS),
    "employees": Tab(label=_("Employees"), icon="group", step=SetupStep.EMPLOYEES),
    "parameters": Tab(label=_("UTM"), icon="sell", step=SetupStep.UTM),
    "callback_tasks": Tab(label=_("Callback tasks"), icon="task_alt"),
    "dry_run": Tab(label=_("Dry run"), icon="science"),
    "trial": Tab(label=_("Trial"), icon="labs", step=SetupStep.TRIAL),
    "webhook_setup": Tab(label=_("Webhooks"), icon="webhook", step=SetupStep.WEBHOOKS),
    "directory": Tab(label=_("Contacts"), icon="contacts"),
    "routing": Tab(label=_("Routing"), icon="phone_forwarded"),
}
"""The tabs at the top of each page, by the name of the URL."""
CONTINUE = "_next"
"""The name of the button “Save and continue”."""
PAGE_OF_STEP = {tab.step: name for name, tab in MENU.items() if tab.step}


def customer_page(view: CustomerView[Arguments]) -> Callable[..., HttpResponse]:
    """Passes the URL's customer to the view. Raises Http404 for a customer that the user may not see, PermissionDenied
    for a user who may not change customers.
    """

    @wraps(view)
    def page(request: HttpRequest, customer_id: int, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        if not request.user.has_perm("integrations.change_customer"):
            raise PermissionDenied
        customer = get_object_or_404(customers_visible_to(request.user), pk=customer_id)
        return view(request, customer, *args, **kwargs)

    return page


def customer_urls(pages: Mapping[str, Callable[..., HttpResponse]]) -> list[URLPattern]:
    """URL patterns for views made by `customer_page`, named admin:integrations_customer_<name>."""
    return [
        path(f"<int:customer_id>/{name.replace('_', '-')}/", admin.site.admin_view(view), name=_full_name(name))
        for name, view in pages.items()
    ]


def address_of(name: str, customer: Customer) -> str:
    return reverse(f"admin:{_full_name(name)}", args=[customer.pk])


def listed(model: str, customer: Customer) -> str:
    """The address of the console's list of a model, filtered by the customer."""
    return f"{reverse(f'admin:integrations_{model}_changelist')}?customer__id__exact={customer.pk}"


def menu(customer: Customer, current: str) -> list[dict[str, Any]]:
    done = done_steps(customer)
    return [
        {
            "label": tab.label,
            "icon": tab.icon,
            "address": address_of(name, customer),
            "is_current": name == current,
            "is_step": tab.step is not None and tab.step not in OPTIONAL,
            "is_done": tab.step in done,
        }
        for name, tab in MENU.items()
    ]


def next_page(customer: Customer, current: str) -> str:
    """The address of the page for the next step. After the last step: the address of the overview."""
    steps = list(PAGE_OF_STEP.values())
    following = steps[steps.index(current) + 1 :]
    return address_of(following[0] if following else "overview", customer)


def page_after_saving(request: HttpRequest, customer: Customer, current: str) -> HttpResponse:
    """Where the buttons “Save” and “Save and continue” lead."""
    goes_on = CONTINUE in request.POST
    return redirect(next_page(customer, current) if goes_on else address_of(current, customer))


def render_page(
    request: HttpRequest, customer: Customer, name: str, template: str, context: Mapping[str, Any]
) -> HttpResponse:
    """Renders a page in the admin's frame, below the customer's tabs."""
    page = {
        **admin.site.each_context(request),
        "title": customer.name,
        "browser_title": browser_title(customer, name),
        "opts": Customer._meta,
        "original": customer,
        "customer": customer,
        "menu": menu(customer, name),
    }
    return render(request, f"admin/integrations/customer/{template}", {**page, **context})


def browser_title(customer: Customer, name: str) -> str:
    """The browser tab's title: a page that has no tab of its own gets the customer's name alone."""
    return f"{MENU[name].label} · {customer.name}" if name in MENU else customer.name


def _full_name(name: str) -> str:
    return f"integrations_customer_{name}"
