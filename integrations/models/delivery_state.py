"""Small rows that workers write often: delivery leases, rate limits, remembered contacts, and cursors of call lists."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer

NAME_LENGTH = 255
"""Characters that are kept of a contact's name."""


class DeliveryLease(models.Model):
    """Stores which worker may write to Planfix for this customer, until when, and how long the customer waits after
    failures.

    Before each request, the worker extends the lease beyond the end of the request. So when a worker dies, the next one
    starts only after the last request has ended. A search in Planfix then shows for certain whether it wrote anything.
    """

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="delivery_lease")
    holder = models.UUIDField()
    held_until = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, db_default=0)
    retry_at = models.DateTimeField(_("next attempt"), null=True)

    class Meta:
        db_table = "integrations_turn"


class AccountRateLimit(models.Model):
    """When the next request to an account may be sent. All workers on all machines share it."""

    account = models.CharField(max_length=300, primary_key=True)
    next_request_at = models.DateTimeField()
    requests_left = models.PositiveIntegerField(_("requests left today"), null=True)

    class Meta:
        db_table = "integrations_accountpace"


class RememberedContact(models.Model):
    """The contact of a client's number at its last call. Deleted when Planfix reports that the contact is gone."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="remembered_contacts")
    number = models.CharField(max_length=32)
    contact_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=NAME_LENGTH, blank=True, default="", db_default="")
    """The contact's name in Planfix; "" if it is unknown or only a number."""
    proved_at = models.DateTimeField(null=True)
    """When Planfix last showed the contact with this number. None: unknown."""

    class Meta:
        constraints = [models.UniqueConstraint(name="remembered_contact_once", fields=["customer", "number"])]
        # People search for a contact by its ID.
        indexes = [models.Index(fields=["contact_id"], name="remembered_contact_by_id")]

    @staticmethod
    def stored_name(name: str) -> str:
        """The name without surrounding blanks, cut to its column; "" for a name without letters: contacts that
        telephony creates have their number as name.
        """
        return name.strip()[:NAME_LENGTH] if any(character.isalpha() for character in name) else ""


class ContactClaim(models.Model):
    """Stores which of the customers that share an account may create the contact of a number. Kept for a day after it
    expires.
    """

    account = models.CharField(max_length=300)
    number = models.CharField(max_length=32)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_claims")
    held_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="contact_claim_once", fields=["account", "number"])]


class CatchUpCursor(models.Model):
    """Stores up to when a customer's call list was read, and why Ringofix cannot read it now."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="catch_up_cursor"
    )
    read_until = models.DateTimeField(_("call list read until"))
    trouble = models.TextField(_("why the call list cannot be read"), blank=True, default="", db_default="")
    trouble_since = models.DateTimeField(_("cannot be read since"), null=True)
    refused_fields = ArrayField(
        models.CharField(max_length=64), verbose_name=_("fields that the call list lacks"), default=list, db_default=[]
    )
    listed_calls = models.PositiveIntegerField(_("recent calls that are in the call list"), null=True)
    unlisted_calls = models.PositiveIntegerField(_("recent calls that are not in the call list"), null=True)
