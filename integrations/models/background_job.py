"""A background job that a user started on a page, its progress, and the file that it makes for the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.models.customer import Customer


class BackgroundJobKind(models.TextChoices):
    CATCH_UP = "catch_up", gettext_lazy("Catching up with Ringostat")
    SEND_AGAIN = "send_again", gettext_lazy("Retrying calls")
    REPLAY = "replay", gettext_lazy("Re-reading webhooks and retrying calls")
    DISMISS = "settle", gettext_lazy("Marking calls as resolved")
    IGNORE_NUMBERS = "ignore_numbers", gettext_lazy("Ignoring numbers")
    DRY_RUN = "dry_run", gettext_lazy("Dry run")
    TRIAL = "trial", gettext_lazy("Trial")
    CONNECT = "connect", gettext_lazy("Checking the access")
    REMOVE_CUSTOMER = "remove_customer", gettext_lazy("Deleting a customer")
    EXPORT = "export", gettext_lazy("Exporting calls")
    CREATE_FIELDS = "create_fields", gettext_lazy("Creating fields in Planfix")


class BackgroundJob(models.Model):
    """A job that is enqueued once. After a crash, a worker runs it again until it is finished."""

    kind = models.CharField(gettext_lazy("kind"), max_length=32)
    customer = models.ForeignKey(
        Customer,
        verbose_name=gettext_lazy("customer"),
        null=True,
        on_delete=models.CASCADE,
        related_name="background_jobs",
    )
    arguments = models.JSONField(gettext_lazy("arguments"), default=dict, encoder=DjangoJSONEncoder)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("asked by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    asked_at = models.DateTimeField(gettext_lazy("asked"), db_default=Now())
    started_at = models.DateTimeField(gettext_lazy("started"), null=True)
    finished_at = models.DateTimeField(gettext_lazy("finished"), null=True)
    holder = models.UUIDField(null=True, editable=False)
    """The run that holds the job, or held it last. A worker that hung for too long finds another run here."""
    held_until = models.DateTimeField(null=True, editable=False)
    """No other worker takes the job before this time."""
    done = models.PositiveIntegerField(gettext_lazy("done"), default=0)
    total = models.PositiveIntegerField(gettext_lazy("of"), null=True)
    """The number of steps. Null: not known yet."""
    result = models.JSONField(gettext_lazy("result"), null=True, encoder=DjangoJSONEncoder)
    trouble = models.TextField(gettext_lazy("trouble"), blank=True)
    """Why the job failed, in a sentence for a specialist."""

    class Meta:
        db_table = "integrations_work"
        verbose_name = gettext_lazy("background job")
        verbose_name_plural = gettext_lazy("background jobs")
        indexes = [
            models.Index(name="work_unfinished", fields=["asked_at"], condition=models.Q(finished_at__isnull=True)),
            models.Index(name="work_of_customer", fields=["customer", "kind", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind_label} · {self.customer}" if self.customer else self.kind_label

    @property
    def kind_label(self) -> str:
        return str(BackgroundJobKind(self.kind).label)

    @property
    def result_text(self) -> str:
        """The result as a sentence."""
        say = RESULTS.get(self.kind)
        return say(self.result) if say and self.result else _("Done.")

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.done // self.total) if self.total else None


def _caught_up(result: Mapping[str, Any]) -> str:
    counts = {name: result.get(name, 0) for name in ("rows", "new", "completed")}
    return _("Calls in the list: %(rows)s. Were missing: %(new)s. Were incomplete: %(completed)s.") % counts


def _sent_again(result: Mapping[str, Any]) -> str:
    count = int(result.get("calls", 0))
    return ngettext("One call was retried.", "%(count)s calls were retried.", count) % {"count": count}


def _replayed(result: Mapping[str, Any]) -> str:
    count = int(result.get("calls", 0))
    return ngettext(
        "The webhooks of one call were re-read and the call retried.",
        "The webhooks of %(count)s calls were re-read and the calls retried.",
        count,
    ) % {"count": count}


def _dismissed(result: Mapping[str, Any]) -> str:
    count = int(result.get("calls", 0))
    return ngettext("One call was marked as resolved.", "%(count)s calls were marked as resolved.", count) % {
        "count": count
    }


def _ignored(result: Mapping[str, Any]) -> str:
    count = int(result.get("numbers", 0))
    return ngettext(
        "One number was added to the ignore list.", "%(count)s numbers were added to the ignore list.", count
    ) % {"count": count}


def _exported(result: Mapping[str, Any]) -> str:
    count = int(result.get("calls", 0))
    return ngettext("The file has one call.", "The file has %(count)s calls.", count) % {"count": count}


def _tried(result: Mapping[str, Any]) -> str:
    outcomes = Counter(finding["outcome"] for finding in result.get("findings", ()))
    if not outcomes:
        return _("The records of the trial were removed.")
    counts = {name: outcomes[name] for name in ("ok", "adapted", "trouble")}
    return _("As expected: %(ok)s. Adapted: %(adapted)s. Problems: %(trouble)s.") % counts


RESULTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    BackgroundJobKind.CATCH_UP: _caught_up,
    BackgroundJobKind.SEND_AGAIN: _sent_again,
    BackgroundJobKind.REPLAY: _replayed,
    BackgroundJobKind.DISMISS: _dismissed,
    BackgroundJobKind.IGNORE_NUMBERS: _ignored,
    BackgroundJobKind.TRIAL: _tried,
    BackgroundJobKind.EXPORT: _exported,
}


class JobFile(models.Model):
    """A file that a background job made. Only the user who started the job may fetch it, until it expires."""

    # No constraints on tables that earlier releases know: such a release may run beside this one and delete their rows.
    job = models.OneToOneField(BackgroundJob, on_delete=models.CASCADE, related_name="file", db_constraint=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="job_files", db_constraint=False
    )
    customer_ids = ArrayField(models.BigIntegerField(), null=True)
    """Customers whose calls the file may hold; null: all customers."""
    name = models.CharField(gettext_lazy("name"), max_length=100)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField(gettext_lazy("size in bytes"), db_default=0)
    is_ready = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(gettext_lazy("created"), db_default=Now())
    expires_at = models.DateTimeField(gettext_lazy("expires"), db_index=True)

    class Meta:
        verbose_name = gettext_lazy("file of a background job")
        verbose_name_plural = gettext_lazy("files of background jobs")

    def __str__(self) -> str:
        return self.name


class JobFilePiece(models.Model):
    """A piece of a file. Numbers start at 0. All pieces but the last have the same size."""

    file = models.ForeignKey(JobFile, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = gettext_lazy("piece of a file")
        verbose_name_plural = gettext_lazy("pieces of files")
        constraints = [models.UniqueConstraint(name="job_file_piece_once", fields=["file", "number"])]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"
