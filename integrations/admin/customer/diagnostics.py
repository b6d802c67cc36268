"""The button on a customer's overview that downloads its diagnostics file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from integrations.admin.customer.pages import address_of, customer_page
from integrations.models import Customer
from integrations.services.diagnostics.file import diagnostics_of
from integrations.users.audit import audit_record


@never_cache
@customer_page
def diagnostics(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.method != "POST":
        return redirect(address_of("overview", customer))
    audit_record(request.user, _("Downloaded a diagnostics file."), customer)
    response = JsonResponse(diagnostics_of(customer), json_dumps_params={"ensure_ascii": False, "indent": 2})
    # People pass the file on, so its name leaves out the customer's.
    response["Content-Disposition"] = f'attachment; filename="ringofix-diagnostics-{timezone.now():%Y-%m-%d}.json"'
    return response
