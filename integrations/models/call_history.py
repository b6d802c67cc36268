"""The history of a call: its failed attempts, the actions of people, and what Planfix held when it was read back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.call import Call
from integrations.models.customer import Customer


class HistoryKind(models.TextChoices):
    ATTEMPT = "attempt", _("attempt")
    RETRIED = "retried", _("retried")
    REREAD = "reread", _("webhooks re-read")


class CallHistory(models.Model):
    """An attempt that did not deliver the call, or a user's action on the call.

    A call delivered at its first attempt has no row. Nothing depends on these rows, so they may be deleted at any time.
    """

    # An older release that runs beside this one deletes calls without their history.
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="history", db_constraint=False)
    at = models.DateTimeField(_("time"), db_default=Now())
    kind = models.CharField(_("kind"), max_length=10, choices=HistoryKind)
    by_name = models.CharField(_("by"), max_length=150, blank=True, default="", db_default="")
    """The user's name; "" for an attempt, and for an action that no user started."""
    state = models.CharField(_("state"), max_length=12, blank=True, default="", db_default="")
    """The call's state after the attempt."""
    reason = models.CharField(_("reason"), max_length=32, blank=True, default="", db_default="")
    detail = models.CharField(_("detail"), max_length=300, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("call history entry")
        verbose_name_plural = _("call history")
        indexes = [models.Index(name="call_history_by_time", fields=["at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M:%S}"


class ReadBack(models.Model):
    """The read-back of one delivered call, and what differs in Planfix. Most calls have none."""

    # An older release that runs beside this one deletes calls and customers without these rows.
    call = models.OneToOneField(
        Call, primary_key=True, on_delete=models.CASCADE, related_name="read_back", db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="read_backs", db_constraint=False, db_index=False
    )
    settings = models.CharField(max_length=32)
    """A hash of the customer's settings and of its account's traits at the time of the delivery."""
    chosen_at = models.DateTimeField(_("chosen"), db_default=Now())
    due_at = models.DateTimeField(_("due"), null=True, db_default=Now())
    """None: the call is not read again."""
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    read_at = models.DateTimeField(_("read"), null=True)
    verified = models.BooleanField(_("verified"), null=True)
    """Does Planfix hold what was sent? None: not known yet."""
    differences = models.JSONField(_("differences"), default=list, db_default=[])
    """The differences, each as [part, field, sent, read] (services.read_back.compare.Difference)."""

    class Meta:
        verbose_name = _("read-back")
        verbose_name_plural = _("read-backs")
        indexes = [
            models.Index(name="read_back_of_customer", fields=["customer", "chosen_at"]),
            models.Index(name="read_back_due", fields=["due_at"], condition=Q(due_at__isnull=False)),
            models.Index(name="read_back_newest", fields=["customer", "-read_at"], condition=Q(read_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}"
