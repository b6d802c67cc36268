"""A customer's traffic, for limits and alerts: senders of its webhooks, and its new contacts per hour."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer


class WebhookSender(models.Model):
    """A network that sent accepted webhooks of the customer. Web processes update it at most once a minute."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="webhook_senders", db_constraint=False
    )
    network = models.CharField(_("network"), max_length=64)
    """An IPv4 address, or the /64 network of an IPv6 address."""
    requests = models.PositiveBigIntegerField(_("requests"), db_default=0)
    first_seen = models.DateTimeField(_("first request"), db_default=Now())
    last_seen = models.DateTimeField(_("last request"), db_default=Now())

    class Meta:
        verbose_name = _("sender of webhooks")
        verbose_name_plural = _("senders of webhooks")
        constraints = [models.UniqueConstraint(name="webhook_sender_once", fields=["customer", "network"])]

    def __str__(self) -> str:
        return self.network


class NewContactCount(models.Model):
    """The number of contacts created for the customer in the hour that begins at `hour`."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="new_contact_counts", db_constraint=False
    )
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="new_contact_count_once", fields=["customer", "hour"])]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:%M}: {self.count}"
