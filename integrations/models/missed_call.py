"""Missed incoming calls, whether and when the client was reached later, and the tasks for calling back.

A trigger appends a MissedCallChange for each changed call (migration `missed_calls`), so that simultaneous webhooks
never wait for each other. A job folds the changes into MissedCall (services/missed_calls/called_back.py). It sorts
calls by their own times, so the order of their webhooks does not matter.
"""

from __future__ import annotations

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.models.call import Call
from integrations.models.customer import Customer, Employee


class MissedCall(models.Model):
    """An incoming call that nobody answered, from a number that can be called back.

    It has a narrow table of its own because the row changes once or twice, and a call's wide row has many indexes.
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
    """The start of the first later call in which the client and an employee talked, incoming or outgoing."""
    called_back_in = models.ForeignKey(
        Call, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    attempts = models.PositiveIntegerField(_("attempts to call back"))
    """Unanswered outgoing calls before that; until now if the client is not reached yet."""

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
    """A span of time in which a client's missed calls must be folded again.

    It has no foreign keys: a trigger writes it for each call that ends.
    """

    customer_id = models.BigIntegerField()
    call_id = models.BigIntegerField()
    client_number = models.CharField(max_length=64)
    """Empty if the call no longer has a number."""
    since = models.DateTimeField(null=True)
    """The start of the span. None: the last answered call before `until`."""
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} {self.until:%Y-%m-%d %H:%M:%S}"


class TaskClients(models.TextChoices):
    """The clients whose missed calls get a task."""

    NOBODY = "nobody", _("No client: off")
    NEW = "new", _("New clients: their contact is created for the call")
    KNOWN = "known", _("Known clients")
    ALL = "all", _("All clients")


class TaskAssignee(models.TextChoices):
    """The sources of a task's assignee."""

    RESPONSIBLE = "responsible", _("the contact's responsible employee")
    LAST_TALKED = "last_talked", _("the employee who talked with the client last")
    MISSED_BY = "missed_by", _("the employee who missed the call")


def all_assignees() -> list[str]:
    return [str(assignee) for assignee in TaskAssignee]


def monday_to_friday() -> list[int]:
    return [1, 2, 3, 4, 5]


WORK_BEGINS, WORK_ENDS = time(9), time(18)


class CallbackSettings(models.Model):
    """Which calls of a customer get a task in Planfix, and how the task looks. Without a row, no call gets one."""

    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.CASCADE, related_name="callback_settings"
    )
    clients = models.CharField(
        _("missed calls of"), max_length=8, choices=TaskClients, default=TaskClients.NOBODY, db_default="nobody"
    )
    template_id = models.PositiveBigIntegerField(_("task template"), null=True, blank=True)
    assignees = ArrayField(
        models.CharField(max_length=16, choices=TaskAssignee),
        verbose_name=_("assignee"),
        default=all_assignees,
        blank=True,
    )
    """The first of these that is known gets the task."""
    employee = models.ForeignKey(
        Employee, verbose_name=_("otherwise"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    group_id = models.PositiveBigIntegerField(_("otherwise, Planfix group ID"), null=True, blank=True)
    due_hours = models.PositiveSmallIntegerField(
        _("due after working hours"), default=4, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)]),
        verbose_name=_("working days"),
        default=monday_to_friday,
    )
    """1 for Monday to 7 for Sunday."""
    work_begins = models.TimeField(_("work begins"), default=WORK_BEGINS)
    work_ends = models.TimeField(_("work ends"), default=WORK_ENDS)
    holidays = ArrayField(models.DateField(), verbose_name=_("holidays"), default=list, blank=True)
    is_urgent = models.BooleanField(_("urgent"), default=False)
    reached_status_id = models.PositiveBigIntegerField(_("status once the client is reached"), null=True, blank=True)
    unknown_employee_for = models.ForeignKey(
        Employee,
        verbose_name=_("task about an unknown employee for"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    choices = models.JSONField(default=dict, db_default={}, editable=False)
    """The account's templates, statuses and groups with their names, as the last access check found them."""
    since = models.DateTimeField(null=True, editable=False)
    """When tasks for missed calls were switched on. Earlier calls get none."""

    class Meta:
        verbose_name = _("callback tasks")
        verbose_name_plural = _("callback tasks")

    def __str__(self) -> str:
        return f"{self.customer_id}"

    @property
    def is_on(self) -> bool:
        return self.clients != TaskClients.NOBODY

    @property
    def makes_tasks(self) -> bool:
        """Tells whether the customer wants tasks, for missed calls or for calls of unknown employees."""
        return self.is_on or self.unknown_employee_for_id is not None

    def clean(self) -> None:
        """Raises ValidationError for settings that Planfix would refuse for a new task."""
        if self.makes_tasks and self.template_id is None:
            raise ValidationError({"template_id": _("Choose a task template: tasks need one.")})
        if self.employee_id and self.group_id:
            raise ValidationError({"group_id": _("Choose either an employee or a group, not both.")})

    def save(self, *args: object, **options: object) -> None:
        """Saves the settings. Sets `since` when tasks for missed calls are switched on or off."""
        if not self.is_on:
            self.since = None
        elif self.since is None:
            self.since = timezone.now()
        super().save(*args, **options)  # type: ignore[arg-type]


class CallbackTaskKind(models.TextChoices):
    MISSED_CALL = "missed_call", _("Missed call")
    UNKNOWN_EMPLOYEE = "unknown_employee", _("Unknown employee")


class CallbackStep(models.TextChoices):
    """A write of a callback task that may have been sent."""

    TASK = "task", _("task")
    REACHED = "reached", _("comment that the client was reached")


class CallbackTask(models.Model):
    """A task in Planfix: wanted, created, or finished. A client has at most one open task."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="callback_tasks", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20, choices=CallbackTaskKind)
    subject = models.CharField(max_length=300)
    """The client's number, or the unknown employee as Ringostat names them."""
    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="callback_task", db_constraint=False)
    """The call that the task is for."""
    opened_at = models.DateTimeField(db_default=Now())
    contact_id = models.PositiveBigIntegerField(null=True)
    task_id = models.PositiveBigIntegerField(null=True)
    reached_in = models.ForeignKey(
        Call, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    """The call in which the client was reached."""
    reached_comment_id = models.PositiveBigIntegerField(null=True)
    in_flight_step = models.CharField(max_length=8, choices=CallbackStep, blank=True, default="", db_default="")
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    """Failed attempts since the last successful write."""
    due_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True, default="", db_default="")
    """What Planfix refused, or why the task still waits."""
    closed_at = models.DateTimeField(null=True)
    """When Ringofix stopped writing to the task; None while it is open."""

    class Meta:
        verbose_name = _("callback task")
        verbose_name_plural = _("callback tasks")
        constraints = [
            models.UniqueConstraint(
                name="callback_task_open_once", fields=["customer", "kind", "subject"], condition=Q(closed_at=None)
            )
        ]
        indexes = [
            models.Index(name="callback_task_due", fields=["customer", "due_at"], condition=Q(due_at__isnull=False)),
            models.Index(name="callback_task_subject", fields=["customer", "subject"]),
        ]

    def __str__(self) -> str:
        return f"{self.task_id or self.subject}"


class CallbackComment(models.Model):
    """A further call of the client, which gets a comment in the open task."""

    task = models.ForeignKey(CallbackTask, on_delete=models.CASCADE, related_name="comments")
    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="callback_comment", db_constraint=False)
    comment_id = models.PositiveBigIntegerField(null=True)
    in_flight = models.BooleanField(default=False, db_default=False)
    """The comment may have been sent."""
    refused = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"{self.comment_id or self.call_id}"
