"""The pages of one customer beside its form: who may open them, and the row of links that leads from one to another.

Knows nothing of what stands on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from integrations.models import Customer
from integrations.ui.labels import LazyText
from integrations.users.visibility import customers_visible_to

Arguments = ParamSpec("Arguments")
CustomerView = Callable[Concatenate[HttpRequest, Customer, Arguments], HttpResponse]

MENU: Mapping[str, tuple[LazyText, str]] = {
    "overview": (_("Overview"), "monitoring"),
    "change": (_("Questionnaire"), "assignment"),
    "employees": (_("Employees"), "group"),
    "parameters": (_("UTM"), "sell"),
    "webhook_setup": (_("Webhooks"), "webhook"),
    "dry_run": (_("Dry run"), "science"),
}
"""The links at the top of each page: words and icon, by the name of the address."""


def customer_page(view: CustomerView[Arguments]) -> Callable[..., HttpResponse]:
    """Gives the view the customer of its address: 404 for one that the user may not see, 403 for who may not change
    customers.
    """

    @wraps(view)
    def page(request: HttpRequest, customer_id: int, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        if not request.user.has_perm("integrations.change_customer"):
            raise PermissionDenied
        customer = get_object_or_404(customers_visible_to(request.user), pk=customer_id)
        return view(request, customer, *args, **kwargs)

    return page


def customer_urls(pages: Mapping[str, Callable[..., HttpResponse]]) -> list[URLPattern]:
    """The addresses of views that `customer_page` made, by their names: admin:integrations_customer_<name>."""
    return [
        path(f"<int:customer_id>/{name.replace('_', '-')}/", admin.site.admin_view(view), name=_full_name(name))
        for name, view in pages.items()
    ]


def address_of(name: str, customer: Customer) -> str:
    return reverse(f"admin:{_full_name(name)}", args=[customer.pk])


def menu(customer: Customer, current: str) -> list[dict[str, Any]]:
    return [
        {"words": words, "icon": icon, "address": address_of(name, customer), "is_current": name == current}
        for name, (words, icon) in MENU.items()
    ]


def render_page(
    request: HttpRequest, customer: Customer, name: str, template: str, context: Mapping[str, Any]
) -> HttpResponse:
    """The page in the admin's shell, below the links of its customer."""
    shell = {
        **admin.site.each_context(request),
        "title": customer.name,
        "opts": Customer._meta,
        "original": customer,
        "customer": customer,
        "menu": menu(customer, name),
    }
    return render(request, f"admin/integrations/customer/{template}", {**shell, **context})


def _full_name(name: str) -> str:
    return f"integrations_customer_{name}"
