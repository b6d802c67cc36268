"""Small hot rows of the worker: whose turn it is, an account's pace, contacts found before, and how far Ringostat's
call list has been read.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.customer import Customer


class DeliveryLease(models.Model):
    """Which worker may write to Planfix for this customer, and until when; and how long the customer must wait after
    failures.

    The lease is renewed with each request to outlast it. However a worker ends, the next one starts only when no
    request of the last one can still be under way, so that looking into Planfix before writing again is conclusive.
    """

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="delivery_lease")
    holder = models.UUIDField()
    held_until = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    retry_at = models.DateTimeField(_("next attempt"), null=True)

    class Meta:
        db_table = "integrations_turn"


class AccountRateLimit(models.Model):
    """When an account may be asked next, shared by all workers on all machines."""

    account = models.CharField(max_length=300, primary_key=True)
    next_request_at = models.DateTimeField()
    requests_left = models.PositiveIntegerField(_("requests left today"), null=True)

    class Meta:
        db_table = "integrations_accountpace"


class RememberedContact(models.Model):
    """The contact that a client's number led to last time; forgotten when Planfix says that it is gone."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="remembered_contacts")
    number = models.CharField(max_length=32)
    contact_id = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="remembered_contact_once", fields=["customer", "number"])]


class ContactClaim(models.Model):
    """Which of the customers that share an account may make the contact of a number there. Kept for a day."""

    account = models.CharField(max_length=300)
    number = models.CharField(max_length=32)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contact_claims")
    held_until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="contact_claim_once", fields=["account", "number"])]


class CatchUpCursor(models.Model):
    """Up to when Ringostat's call list has been read and stored for this customer, and what stands in its way."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="catch_up_cursor"
    )
    read_until = models.DateTimeField(_("call list read until"))
    trouble = models.TextField(_("why the call list cannot be read"), blank=True, default="", db_default="")
    trouble_since = models.DateTimeField(_("cannot be read since"), null=True)
    refused_fields = ArrayField(
        models.CharField(max_length=64), verbose_name=_("fields that the call list lacks"), default=list, db_default=[]
    )
