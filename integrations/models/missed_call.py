"""Missed incoming calls: whether and when the client was reached afterwards.

A trigger appends the place of each changed call to MissedCallChange (migration `missed_calls`), so that simultaneous
webhooks never wait for each other. A job folds the places into MissedCall (services/missed_calls/fold.py), by the times
of the calls: the order in which they arrive does not matter.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from integrations.models.call import Call
from integrations.models.customer import Customer


class MissedCall(models.Model):
    """An incoming call that nobody answered, of a number that can be called back.

    Its own narrow table: the row changes once or twice, and a call's wide row has many indexes.
    """

    call = models.OneToOneField(
        Call, primary_key=True, on_delete=models.CASCADE, related_name="missed", db_constraint=False
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="missed_calls", db_index=False, db_constraint=False
    )
    client_number = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    called_back_at = models.DateTimeField(_("called back"), null=True)
    """The start of the first later call on which the client and an employee talked, whoever called whom."""
    called_back_in = models.ForeignKey(
        Call, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    attempts = models.PositiveIntegerField(_("attempts to call back"))
    """Unanswered outgoing calls in between; all later ones while the client is not reached."""

    class Meta:
        verbose_name = _("missed call")
        verbose_name_plural = _("missed calls")
        indexes = [
            models.Index("customer", F("started_at").desc(), F("called_back_at"), name="missed_newest_of_customer"),
            models.Index(
                F("customer"),
                F("started_at").desc(),
                F("client_number"),
                name="missed_not_called_back",
                condition=Q(called_back_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}"


class MissedCallChange(models.Model):
    """A place in a client's calls where the missed calls are to be looked at again.

    It has no foreign keys: a trigger writes it for each call that ends.
    """

    customer_id = models.BigIntegerField()
    call_id = models.BigIntegerField()
    client_number = models.CharField(max_length=64)
    """Empty when the call has no number any more."""
    since = models.DateTimeField(null=True)
    """The first missed call that changes. None: the first one after the last answered call before `until`."""
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} {self.until:%Y-%m-%d %H:%M:%S}"
