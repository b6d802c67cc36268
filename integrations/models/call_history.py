"""What happened to one call: its failed attempts, and what people did with it."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.call import Call


class HistoryKind(models.TextChoices):
    ATTEMPT = "attempt", _("attempt")
    RETRIED = "retried", _("retried")
    REREAD = "reread", _("webhooks re-read")


class CallHistory(models.Model):
    """An attempt that did not deliver the call, or an action of a user on it.

    A call that is delivered at its first attempt has no row. Nothing depends on these rows, so they may be deleted at
    any time.
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
