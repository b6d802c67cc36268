"""Alerts: a customer's problem, when it began and when it was resolved."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer


class AlertKind(models.TextChoices):
    PAUSED = "paused", _("Paused")
    FAILED = "failed", _("Calls failed")
    LATE = "late", _("Calls are late")
    SKIPPED = "skipped", _("Calls are skipped")
    WEBHOOK = "webhook", _("Webhooks missing")
    DIFFERENT = "differs", _("Planfix differs")
    TRAFFIC = "traffic", _("Too many webhooks")
    LEAK = "leak", _("Address may have leaked")
    CONTACTS = "contacts", _("New contacts held")
    CATCH_UP = "catch_up", _("Call list unreadable")


class Alert(models.Model):
    """One problem of one customer. Specialists are notified twice: when it begins and when it is resolved."""

    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(_("kind"), max_length=8, choices=AlertKind)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    """The error message, in English and without phone numbers."""
    issue = models.JSONField(_("issue"), null=True)
    """The issue that raised the alert (customer_status.Issue). It gives a sentence in the reader's language. None: the
    alert is older than this column, and `detail` holds its sentence.
    """
    raised_at = models.DateTimeField(_("raised"), db_default=Now())
    resolved_at = models.DateTimeField(_("resolved"), null=True, db_column="over_at")
    notified_at = models.DateTimeField(_("notified"), null=True, db_column="told_at")
    """The last notification. If it is earlier than `resolved_at`, it reported the problem, else the solution."""

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                name="alert_open_once", fields=["customer", "kind"], condition=models.Q(resolved_at__isnull=True)
            )
        ]
        indexes = [
            models.Index(
                name="alert_untold",
                fields=["raised_at"],
                condition=models.Q(notified_at__isnull=True) | models.Q(notified_at__lt=models.F("resolved_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_kind_display()}"
