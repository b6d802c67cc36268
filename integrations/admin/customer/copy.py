"""The page that copies a customer's settings to a new customer."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.models import Customer
from integrations.services.customers.copy import copy_customer
from integrations.services.customers.import_export import CustomerFileError
from integrations.users.audit import audit_record


class CopyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the new customer"), max_length=200, widget=UnfoldAdminTextInputWidget
    )
    with_employees = forms.BooleanField(
        label=gettext_lazy("Copy the employees"),
        help_text=gettext_lazy(
            "For a second Ringostat project of the same company. Another company has other employees."
        ),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )


@customer_page
def copy(request: HttpRequest, customer: Customer) -> HttpResponse:
    if not request.user.has_perm("integrations.add_customer"):
        raise PermissionDenied
    form = CopyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            new = copy_customer(customer, **form.cleaned_data)
        except CustomerFileError as error:
            form.add_error("name", str(error))
        else:
            audit_record(request.user, _("Copied from %(customer)s.") % {"customer": customer}, new)
            text = _("%(new)s has the settings of %(old)s. Next, enter its own address, token and Auth-key.")
            messages.success(request, text % {"new": new, "old": customer})
            return redirect(address_of("change", new))
    return render_page(request, customer, "copy", "copy.html", {"form": form})
