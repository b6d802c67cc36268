"""What the specialists are told of a customer: that it is in trouble, and that the trouble is over."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer


class AlertKind(models.TextChoices):
    PAUSED = "paused", _("Paused")
    FAILED = "failed", _("Calls failed")
    LATE = "late", _("Calls are late")
    CATCH_UP = "catch_up", _("The call list cannot be read")


class Alert(models.Model):
    """One trouble of one customer, from its beginning to its end. It is told of twice: when it began, when it ended."""

    customer = models.ForeignKey(Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(_("kind"), max_length=8, choices=AlertKind)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    raised_at = models.DateTimeField(_("raised"), db_default=Now())
    over_at = models.DateTimeField(_("over"), null=True)
    told_at = models.DateTimeField(_("told"), null=True)
    """When it was told of last: before `over_at`, that it began; after it, that it is over."""

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                name="alert_open_once", fields=["customer", "kind"], condition=models.Q(over_at__isnull=True)
            )
        ]
        indexes = [
            models.Index(
                name="alert_untold",
                fields=["raised_at"],
                condition=models.Q(told_at__isnull=True) | models.Q(told_at__lt=models.F("over_at")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_kind_display()}"
