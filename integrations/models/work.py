"""Long work that somebody asked for on a page, and how far the worker has come with it."""

from __future__ import annotations

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer


class WorkKind(models.TextChoices):
    CATCH_UP = "catch_up", _("Catching up with Ringostat")
    SEND_AGAIN = "send_again", _("Sending calls again")
    SETTLE = "settle", _("Marking calls as settled")
    DRY_RUN = "dry_run", _("Dry run")
    CONNECT = "connect", _("Checking the access")
    CREATE_FIELDS = "create_fields", _("Making fields in Planfix")


class Work(models.Model):
    """Asked for once; carried out, and taken up again after a crash, until it is finished."""

    kind = models.CharField(_("kind"), max_length=32)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), null=True, on_delete=models.CASCADE, related_name="works"
    )
    arguments = models.JSONField(_("arguments"), default=dict, encoder=DjangoJSONEncoder)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    asked_at = models.DateTimeField(_("asked"), db_default=Now())
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("of"), null=True)
    """Null: not known beforehand."""
    result = models.JSONField(_("result"), null=True, encoder=DjangoJSONEncoder)
    trouble = models.TextField(_("trouble"), blank=True)
    """Why it came to nothing, in a sentence for a specialist."""

    class Meta:
        verbose_name = _("long work")
        verbose_name_plural = _("long work")
        indexes = [
            models.Index(name="work_unfinished", fields=["asked_at"], condition=models.Q(finished_at__isnull=True)),
            models.Index(name="work_of_customer", fields=["customer", "kind", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind_words} · {self.customer}" if self.customer else self.kind_words

    @property
    def kind_words(self) -> str:
        return str(WorkKind(self.kind).label)

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None
