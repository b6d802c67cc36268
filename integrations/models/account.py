"""The traits of Planfix accounts, and the receipts of the records that a trial writes to learn them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.background_job import BackgroundJob
from integrations.models.customer import Customer


class AccountTrait(models.Model):
    """One trait of a Planfix account, such as how it stores a phone number. All customers of the account share it.

    Contains no personal data: the evidence shows the shape of a number, not the number.
    """

    account = models.CharField(_("Planfix account"), max_length=300)
    """The value of Customer.planfix_account."""
    name = models.CharField(_("trait"), max_length=64)
    value = models.CharField(_("value"), max_length=255)
    evidence = models.TextField(_("evidence"), blank=True, default="", db_default="")
    learnt_at = models.DateTimeField(_("learnt"), db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="account_trait_once", fields=["account", "name"])]

    def __str__(self) -> str:
        return f"{self.account}: {self.name} = {self.value}"


class TrialRecordKind(models.TextChoices):
    """The records that a trial writes, in the order of their removal."""

    TAG_ENTRY = "tag_entry", _("data tag entry")
    COMMENT = "comment", _("comment")
    FILE = "file", _("file")
    TASK = "task", _("task")
    CONTACT = "contact", _("contact")


class TrialReceipt(models.Model):
    """A record of a trial that is, or may be, in Planfix.

    The trial stores the row before the write, adds the ID after it, and deletes the row with the record. So it can find
    and remove every record even after a crash.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="trial_receipts")
    job = models.ForeignKey(BackgroundJob, null=True, on_delete=models.SET_NULL, related_name="trial_receipts")
    account = models.CharField(max_length=300)
    """The value of Customer.planfix_account: in another account the IDs mean other records."""
    kind = models.CharField(max_length=16, choices=TrialRecordKind)
    planfix_id = models.PositiveBigIntegerField(null=True)
    """The record's ID; the key of a data tag entry. Null: the write has not ended, or its response was lost."""
    contact_id = models.PositiveBigIntegerField(null=True)
    """The trial's contact, for all records but the contact itself."""
    task_id = models.PositiveBigIntegerField(null=True)
    """The trial's task, for a comment in it."""
    comment_id = models.PositiveBigIntegerField(null=True)
    """The comment, for a data tag entry."""
    tag_id = models.PositiveBigIntegerField(null=True)
    source_object_id = models.UUIDField(null=True)
    name = models.CharField(max_length=255, blank=True, default="", db_default="")
    """The name of a contact or file. For a comment or task, a word that only its text contains."""
    number = models.CharField(max_length=32, blank=True, default="", db_default="")
    """The contact's number, in full format."""
    written_at = models.DateTimeField(db_default=Now())
    problem = models.TextField(blank=True, default="", db_default="")
    """Why the record could not be removed."""

    def __str__(self) -> str:
        return f"{self.kind} {self.planfix_id or '?'}"
