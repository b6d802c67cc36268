"""Numbers of calls. The database keeps them up to date, so that no page counts millions of rows.

A trigger appends each change of a call to CallTallyChange (migration `call_counts`), so that simultaneous webhooks
never wait for each other's counter. A job folds the changes into the tallies (services/calls/counts.py). At any moment,
the true number is the sum of both. CallCount reads it in one statement.

Days and hours are in the customer's time zone, as in the list's filters, so that the numbers agree with the lists. When
a customer's zone changes, a trigger moves its counts.
"""

from __future__ import annotations

from django.db import models


class Counted(models.Model):
    """A number of calls. It has no foreign keys: after the deletion of a customer, a job must still subtract its calls
    from the sums of all customers.
    """

    day = models.DateField()
    direction = models.CharField(max_length=8)
    outcome = models.CharField(max_length=8)
    state = models.CharField(max_length=12)
    calls = models.BigIntegerField()

    class Meta:
        abstract = True


class CustomerTally(Counted):
    """Calls of a customer per day. Pages count a customer's hours from the calls themselves, which are few enough."""

    customer_id = models.BigIntegerField()

    class Meta:
        constraints = [
            # The index also holds the number, so that a query for a customer's sums reads only the index.
            models.UniqueConstraint(
                name="customer_tally_once",
                fields=["customer_id", "day", "state", "outcome", "direction"],
                include=["calls"],
            )
        ]


class EverybodyTally(Counted):
    """Calls of all customers together, per day (hour null) and per hour."""

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
    """Calls added since the last folding, or removed if the number is negative."""

    customer_id = models.BigIntegerField()
    hour = models.SmallIntegerField()


class CallCount(Counted):
    """A view of the tallies and the changes, by customer or for all, by day or hour. Sum its rows; a single row means
    nothing.

    Customer null: all customers. Hour null: the whole day.
    """

    customer_id = models.BigIntegerField(null=True)
    hour = models.SmallIntegerField(null=True)
    day = models.DateField(primary_key=True)

    class Meta:
        managed = False
        db_table = "integrations_callcount"
