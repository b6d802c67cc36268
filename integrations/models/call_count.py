"""How many calls there are, kept by the database itself, so that no page counts millions of rows.

Each change of a call appends to CallTallyChange (a trigger, see migration `call_counts`): webhooks that come at once
never wait for each other's counter. A job folds the changes into the tallies now and then (services/calls/counts.py).
What is true at any moment is the sum of both, and that is what CallCount reads, in one statement.

Days and hours are those of the customer's own zone, as in the filters of the list, so that the sums of customers of
many zones can be added up. When a customer's zone changes, a trigger moves its counts.
"""

from __future__ import annotations

from django.db import models


class Counted(models.Model):
    """A number of calls. Without foreign keys: what is left of a deleted customer is still to be taken off the sums of
    all customers.
    """

    day = models.DateField()
    direction = models.CharField(max_length=8)
    outcome = models.CharField(max_length=8)
    state = models.CharField(max_length=12)
    calls = models.BigIntegerField()

    class Meta:
        abstract = True


class CustomerTally(Counted):
    """A customer's days. Its hours are few enough to be counted from its calls."""

    customer_id = models.BigIntegerField()

    class Meta:
        constraints = [
            # With the number in it, the sums of a customer are read from the index alone: its rows lie far apart.
            models.UniqueConstraint(
                name="customer_tally_once",
                fields=["customer_id", "day", "state", "outcome", "direction"],
                include=["calls"],
            )
        ]


class EverybodyTally(Counted):
    """The days (hour null) and the hours of all customers together."""

    hour = models.SmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="everybody_tally_once",
                fields=["hour", "day", "state", "outcome", "direction"],
                nulls_distinct=False,
            )
        ]


class CallTallyChange(Counted):
    """What has been added (or, below zero, taken away) since the last folding."""

    customer_id = models.BigIntegerField()
    hour = models.SmallIntegerField()


class CallCount(Counted):
    """A view: the tallies, and the changes at each of their levels. To be summed, never to be read row by row.

    Customer null: all of them. Hour null: the whole day.
    """

    customer_id = models.BigIntegerField(null=True)
    hour = models.SmallIntegerField(null=True)
    day = models.DateField(primary_key=True)

    class Meta:
        managed = False
        db_table = "integrations_callcount"
