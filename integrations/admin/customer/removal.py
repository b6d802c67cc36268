"""Deleting customers: asked for here, done by the worker, since with a customer go all its calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from integrations.models import BackgroundJobKind, Customer
from integrations.services.customers.removal import take_out_of_service
from integrations.services.queue.background import enqueue


class RemovedByTheWorker:
    """Mixed into the customers' admin."""

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Only an administrator may do that."""
        return bool(request.user.is_superuser)

    def get_deleted_objects(self, objs: Iterable[Customer], request: HttpRequest) -> tuple[list[str], Any, Any, Any]:
        """For the page that asks whether one is sure: not each of a million calls by its name."""
        text = _("%(customer)s, with all its calls, webhook events and requests. What is in Planfix stays there.")
        return [text % {"customer": customer} for customer in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: Customer) -> None:
        with transaction.atomic():
            take_out_of_service(obj)
            enqueue(BackgroundJobKind.REMOVE_CUSTOMER, by=request.user, customer_id=obj.pk)
        text = _("%(customer)s takes no more calls, and disappears from the list when all of them are deleted.")
        messages.info(request, text % {"customer": obj})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        for customer in queryset:
            self.delete_model(request, customer)
