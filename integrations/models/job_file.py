"""Files that background jobs make for their users, stored in pieces: every web machine can send them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.background_job import BackgroundJob


class JobFile(models.Model):
    """Only the user who started the job may fetch it, until it expires."""

    # No constraints to tables of earlier releases: such a release, running beside this one, may delete their rows.
    job = models.OneToOneField(BackgroundJob, on_delete=models.CASCADE, related_name="file", db_constraint=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="job_files", db_constraint=False
    )
    customer_ids = ArrayField(models.BigIntegerField(), null=True)
    """Customers whose calls the file may hold; null: all customers."""
    name = models.CharField(_("name"), max_length=100)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField(_("size in bytes"), db_default=0)
    is_ready = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(_("created"), db_default=Now())
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        verbose_name = _("file of a background job")
        verbose_name_plural = _("files of background jobs")

    def __str__(self) -> str:
        return self.name


class JobFilePiece(models.Model):
    """Pieces are numbered from 0. All but the last have the same size."""

    file = models.ForeignKey(JobFile, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of files")
        constraints = [models.UniqueConstraint(name="job_file_piece_once", fields=["file", "number"])]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.number}"
