"""The contacts that a customer sends to Ringostat's contact book, so that telephones show their names."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer


class PhoneBookContacts(models.TextChoices):
    NONE = "none", _("No contacts")
    CALLERS = "callers", _("Contacts who ever called or were called")
    ALL = "all", _("All contacts of the directory")


class PhoneBook(models.Model):
    """Which contacts a customer sends, and how far the directory was read. A customer without a row sends none."""

    # An older release that runs beside this one deletes customers without these rows.
    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="phone_book", db_constraint=False
    )
    contacts = models.CharField(
        _("names on telephones"),
        max_length=8,
        choices=PhoneBookContacts,
        default=PhoneBookContacts.NONE,
        db_default="none",
    )
    cursor_at = models.DateTimeField(null=True, editable=False)
    """The last change of the directory that was read: its time, and its contact in `cursor_id`. None before the first.
    """
    cursor_id = models.BigIntegerField(default=0, db_default=0, editable=False)
    round_at = models.DateTimeField(null=True, editable=False)
    """When the current round through the whole directory began."""
    sent_at = models.DateTimeField(_("last sent"), null=True, editable=False)
    next_at = models.DateTimeField(db_default=Now(), editable=False)
    """When contacts are due to be sent."""
    failures = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """Failed runs in a row."""
    trouble = models.CharField(
        _("why contacts are not sent"), max_length=300, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        verbose_name = _("contact book of telephones")
        verbose_name_plural = _("contact books of telephones")

    def __str__(self) -> str:
        return f"{self.customer_id}"


class PhoneBookEntry(models.Model):
    """A contact in Ringostat's contact book. It stays there, because Ringostat has no request that removes it."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="phone_book_entries", db_constraint=False, db_index=False
    )
    contact_id = models.PositiveBigIntegerField()
    """The contact's ID in Planfix, which is `externalId` in Ringostat."""
    content_hash = models.CharField(max_length=16)
    """The hash of the entry as last sent."""
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="phone_book_entry_once", fields=["customer", "contact_id"])]

    def __str__(self) -> str:
        return f"{self.contact_id}"
