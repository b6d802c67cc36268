"""Deletes a customer and everything that was ever kept of it. Planfix keeps what is there."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.models import BackgroundJob, Call, Customer, PlanfixRequest, WebhookEvent
from integrations.services.delivery.pause import pause_by_hand
from integrations.services.privacy.retention import delete_some
from integrations.services.queue.progress import Progress

BATCH = 1000
"""Rows that are deleted at once: short enough for a web process that waits for one of them."""

KEPT_OF_IT = (PlanfixRequest, WebhookEvent, Call)
"""What may be millions; the rest goes with the customer itself."""


def take_out_of_service(customer: Customer) -> None:
    """From now on its webhook addresses are unknown, and nothing of it is sent."""
    pause_by_hand(customer, _("It is being deleted."))
    customer.webhook_tokens.all().delete()


def removal_job(work: BackgroundJob, progress: Progress) -> None:
    """Long work: the customer whose number is its argument `customer_id`, in short transactions."""
    customer = Customer.objects.filter(pk=work.arguments["customer_id"]).first()
    if customer is None:
        return
    progress.expect(sum(model._default_manager.filter(customer=customer).count() for model in KEPT_OF_IT))
    for model in KEPT_OF_IT:
        while deleted := delete_some(model._default_manager.filter(customer=customer), BATCH):
            progress.add(deleted)
    customer.delete()
