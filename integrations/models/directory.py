"""The contact directory: contacts and companies of Planfix accounts with their phone numbers, read in advance of calls.

All customers of an account share its directory. It contains personal data. Retention deletes it after the last customer
stops using it.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Spelling(models.TextChoices):
    """How a phone number is written in Planfix. The values are stored: never change one."""

    FULL = "full", _("+380671234567 (full format)")
    DIGITS = "digits", _("380671234567 (no plus)")
    FORMATTED = "formatted", _("+38 (067) 123-45-67 (blanks, brackets, dashes)")
    LOCAL = "local", _("067 123-45-67 (no country code)")
    TEXT = "text", _("067 123-45-67 Viber (other text, or several numbers)")
    UNREADABLE = "unreadable", _("no phone number")


class DirectoryAccount(models.Model):
    """How far the contacts of a Planfix account are read. The reader saves a cursor after every page, so that an
    interrupted reading continues at its page.
    """

    account = models.CharField(_("Planfix account"), max_length=300, unique=True)
    """The value of Customer.planfix_account."""
    round_cursor = models.JSONField(null=True)
    """The place in the current reading of all contacts: the first reading, or a later one that finds deletions."""
    changes_cursor = models.JSONField(null=True)
    """The place in the current reading of changed contacts."""
    contacts_read = models.PositiveIntegerField(_("contacts read"), default=0, db_default=0)
    """The number of contacts in the current reading of all contacts."""
    first_read_at = models.DateTimeField(_("first reading finished"), null=True)
    round_at = models.DateTimeField(_("last full round finished"), null=True)
    read_until = models.DateTimeField(_("changes read until"), null=True)
    """The next reading of changes starts from this time, by Planfix's clock."""
    changes_read_at = models.DateTimeField(_("changes read"), null=True)
    """When the last finished reading of changes began. The directory holds every earlier change."""
    proof_contact_id = models.PositiveBigIntegerField(null=True)
    """A contact that changed at or after `read_until`. A reading of changes that does not find it cannot be trusted."""
    shift_hours = models.PositiveSmallIntegerField(default=0, db_default=0)
    """How many hours earlier than the account's time a filter must start to find the proof contact. Planfix reads the
    times of a filter in the time zone of the token's employee, which the API does not show.
    """
    requests_day = models.DateField(null=True)
    requests = models.PositiveIntegerField(_("requests of the day"), default=0, db_default=0)
    """The number of requests on `requests_day`, a day in UTC."""
    changes_due_at = models.DateTimeField(db_default=Now())
    round_due_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now())
    """When to read next: the earlier of both due times, or later while Planfix does not answer."""
    held_until = models.DateTimeField(null=True)
    """Until then, one worker alone reads the account."""
    error = models.TextField(_("why contacts cannot be read"), blank=True, default="", db_default="")
    error_since = models.DateTimeField(_("cannot be read since"), null=True)

    class Meta:
        verbose_name = _("contact directory")
        verbose_name_plural = _("contact directories")

    def __str__(self) -> str:
        return self.account


class DirectoryContact(models.Model):
    """A contact or company. A deleted one keeps only its ID, so that users of the directory learn of the deletion."""

    account = models.ForeignKey(DirectoryAccount, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    contact_id = models.PositiveBigIntegerField()
    is_company = models.BooleanField()
    name = models.CharField(max_length=255, blank=True, default="", db_default="")
    responsible_ids = ArrayField(models.PositiveBigIntegerField(), default=list, db_default=[])
    """Planfix user IDs, in Planfix's order."""
    deleted = models.BooleanField(default=False, db_default=False)
    seen_at = models.DateTimeField(db_default=Now())
    """When Planfix last listed the contact."""
    changed_at = models.DateTimeField(db_default=Now())
    """When a number, or a column other than `seen_at`, last changed in this database."""

    class Meta:
        constraints = [models.UniqueConstraint(name="directory_contact_once", fields=["account", "contact_id"])]
        indexes = [models.Index(fields=["account", "changed_at"], name="directory_contact_changed")]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class DirectoryNumber(models.Model):
    """One number of a contact. A phone field with two numbers has two rows; a field without a number has one row."""

    contact = models.ForeignKey(DirectoryContact, on_delete=models.CASCADE, related_name="numbers")
    account = models.ForeignKey(DirectoryAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.CharField(max_length=32, blank=True)
    """The number in full format, +380671234567; "" if the field contains none."""
    written = models.CharField(max_length=500)
    """The text of the phone field in Planfix."""
    spelling = models.CharField(max_length=16, choices=Spelling)

    class Meta:
        indexes = [models.Index(fields=["account", "number"], name="directory_number_of_account")]

    def __str__(self) -> str:
        return self.number
