"""Deletes customers: a person confirms here, a background job deletes the calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from integrations.models import BackgroundJobKind, CallCount, Customer
from integrations.services.customers.removal import take_out_of_service
from integrations.services.queue.background import enqueue


class RemovedByTheWorker:
    """A mixin of the customers' admin: a background job deletes the customer."""

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Only an administrator deletes customers."""
        return bool(request.user.is_superuser)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Asks the user to type the customer's name, so that a stray click deletes nothing."""
        customer = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if request.method == "POST" and customer and request.POST.get("confirmed", "").strip() != customer.name:
            messages.error(request, _("The name does not match. The customer was not deleted."))
            return redirect("admin:integrations_customer_delete", customer.pk)
        response: HttpResponse = super().delete_view(request, object_id, extra_context)  # type: ignore[misc]
        return response

    def get_deleted_objects(self, objs: Iterable[Customer], request: HttpRequest) -> tuple[list[str], Any, Any, Any]:
        """For the confirmation page: the number of calls instead of each call by name."""
        text = _("%(customer)s, with all its calls, webhook events and requests. Planfix keeps its data.")
        customers = list(objs)
        calls = CallCount.objects.filter(customer_id__in=[customer.pk for customer in customers], hour=None).aggregate(
            Sum("calls")
        )["calls__sum"]
        return [text % {"customer": customer} for customer in customers], {_("calls"): calls or 0}, set(), []

    def delete_model(self, request: HttpRequest, obj: Customer) -> None:
        with transaction.atomic():
            take_out_of_service(obj)
            enqueue(BackgroundJobKind.REMOVE_CUSTOMER, by=request.user, customer_id=obj.pk)
        text = _("%(customer)s no longer receives calls. It disappears from the list once all its calls are deleted.")
        messages.info(request, text % {"customer": obj})

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Leaves out Django's message, because the customer is not deleted yet."""
        return redirect("admin:integrations_customer_changelist")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        for customer in queryset:
            self.delete_model(request, customer)
