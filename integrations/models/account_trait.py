"""What was learnt of a Planfix account: one row for each trait, with the date and the evidence."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AccountTrait(models.Model):
    """One trait of a Planfix account, such as how it stores a phone number. All customers of the account share it.

    Contains no personal data: the evidence shows the shape of a number, not the number.
    """

    account = models.CharField(_("Planfix account"), max_length=300)
    """As Customer.planfix_account."""
    name = models.CharField(_("trait"), max_length=64)
    value = models.CharField(_("value"), max_length=255)
    evidence = models.TextField(_("evidence"), blank=True, default="", db_default="")
    learnt_at = models.DateTimeField(_("learnt"), db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(name="account_trait_once", fields=["account", "name"])]

    def __str__(self) -> str:
        return f"{self.account}: {self.name} = {self.value}"
