"""Deletes a customer with all its data here. Planfix keeps its data."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.models import BackgroundJob, Call, Customer, PlanfixRequest, RoutingAnswer, WebhookEvent
from integrations.services.account_traits import forget_unused_traits
from integrations.services.delivery.pause import pause_by_hand
from integrations.services.directory.accounts import forget_unused_directories
from integrations.services.privacy.retention import delete_some
from integrations.services.queue.job_files import delete_files_about
from integrations.services.queue.progress import Progress

BATCH = 1000
"""Rows per transaction: few, so that web processes wait only briefly for a lock."""

LARGE_MODELS = (RoutingAnswer, PlanfixRequest, WebhookEvent, Call)
"""Models with up to millions of rows. The others are deleted with the customer."""


def take_out_of_service(customer: Customer) -> None:
    """Removes the webhook addresses and pauses deliveries."""
    pause_by_hand(customer, _("The customer is being deleted."))
    customer.webhook_tokens.all().delete()


def removal_job(job: BackgroundJob, progress: Progress) -> None:
    """A background job: deletes the customer with the ID `customer_id` in short transactions."""
    customer = Customer.objects.filter(pk=job.arguments["customer_id"]).first()
    if customer is None:
        return
    progress.expect(sum(model._default_manager.filter(customer=customer).count() for model in LARGE_MODELS))
    for model in LARGE_MODELS:
        while deleted := delete_some(model._default_manager.filter(customer=customer), BATCH):
            progress.add(deleted)
    delete_files_about(customer.pk)
    customer.delete()
    forget_unused_traits()
    forget_unused_directories()
