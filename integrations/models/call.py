"""A webhook request (WebhookEvent), the call it reports (Call), and what was written to Planfix (Delivery,
PlanfixRequest).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.domain.calls import CallFacts
from integrations.domain.folding import facts_of
from integrations.domain.reasons import Reason
from integrations.models.customer import Customer, Employee


class CallState(models.TextChoices):
    IN_PROGRESS = "in_progress", _("In progress")
    PENDING = "pending", _("Waiting")
    DELIVERED = "delivered", _("In Planfix")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")


REASONS: dict[str, str | Promise] = {
    Reason.INTERNAL_CALL: _("call between employees"),
    Reason.NO_CLIENT_NUMBER: _("the webhook has no client number"),
    Reason.HIDDEN_NUMBER: _("number is hidden"),
    Reason.UNUSABLE_NUMBER: _("not a phone number"),
    Reason.IGNORED_NUMBER: _("number is on the ignore list"),
    Reason.UNKNOWN_EMPLOYEE: _("employee is unknown"),
    Reason.AMBIGUOUS_EMPLOYEE: _("several employees match"),
    Reason.EMPLOYEE_NOT_PARTICIPATING: _("employee is not included"),
    Reason.UNKNOWN_CONTACT: _("no matching contact, and creating one is off"),
    Reason.NO_FINAL_EVENT: _("Ringostat did not report the end of the call"),
    Reason.ERASED: _("client data was erased before delivery"),
    Reason.DISMISSED: _("marked as resolved"),
    Reason.NOT_ADDED: _("later data could not be added"),
    Reason.TASK_REFUSED: _("Planfix refused the callback task"),
    Reason.SEARCH_BLIND: _("Planfix's contact search does not find contacts that exist"),
    Reason.TOO_MANY_CONTACTS: _("held: more new contacts than usual"),
    Reason.UNAVAILABLE: _("Planfix did not answer"),
    Reason.ACCESS_DENIED: _("Planfix denied access"),
    Reason.REFUSED: _("Planfix refused the request"),
    Reason.INTERNAL_ERROR: _("Ringofix error"),
}
"""Labels for Call.reason: why a call was skipped, waits or failed. Each label can follow a colon in a sentence."""


def list_indexes() -> list[models.Index]:
    """The indexes of the list of calls: the newest calls by one filter, of one customer and of all customers.

    Filters that may match few calls of all customers have an index. Most filters match so many that PostgreSQL soon
    finds the newest without one. A search for a number or call ID compares its beginning and its end; the customer
    beside them keeps the planner from reading all calls of a large customer. Counts of filters without tallies
    (call_count.py) read only these indexes, so the indexes hold the counted columns too.
    """
    newest = [F("started_at").desc(), F("id").desc()]
    counted, whose = [F("state"), F("outcome")], F("customer")
    undelivered, with_reason, with_utm = ~Q(state="delivered"), ~Q(reason=""), ~Q(utm_source="")
    forwards = OpClass("client_number", name="varchar_pattern_ops")
    backwards = OpClass(Reverse("client_number"), name="text_pattern_ops")
    id_forwards = OpClass("ringostat_id", name="varchar_pattern_ops")
    id_backwards = OpClass(Reverse("ringostat_id"), name="text_pattern_ops")
    return [
        models.Index("customer", "direction", *newest, name="call_direction_of_customer"),
        models.Index("customer", "outcome", *newest, name="call_outcome_of_customer"),
        models.Index("customer", "state", *newest, name="call_state_of_customer"),
        models.Index("customer", "reason", *newest, *counted, name="customer_calls_by_reason", condition=with_reason),
        models.Index("customer", "utm_source", *newest, *counted, name="customer_calls_by_utm", condition=with_utm),
        models.Index("customer", "has_recording", *newest, *counted, name="customer_calls_by_recording"),
        models.Index("employee", *newest, *counted, whose, name="employee_calls"),
        models.Index("state", *newest, name="call_undelivered", condition=undelivered),
        models.Index("reason", *newest, *counted, whose, name="calls_by_reason", condition=with_reason),
        models.Index("utm_source", *newest, *counted, whose, name="calls_by_utm", condition=with_utm),
        models.Index(forwards, whose, *newest, *counted, name="calls_by_number"),
        models.Index(backwards, whose, *newest, "client_number", *counted, name="calls_by_number_backwards"),
        models.Index(id_forwards, whose, name="calls_by_id"),
        models.Index(id_backwards, whose, name="calls_by_id_backwards"),
    ]


class Call(models.Model):
    """One phone call of a customer: the folded facts and the state.

    The columns beside `facts` repeat the values that lists filter and sort by. Workers write often to Delivery, a table
    of its own, so that this wider row changes only with the call itself.
    """

    # No indexes of the foreign keys: they would be prefixes of the indexes below.
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="calls", db_index=False
    )
    ringostat_id = models.CharField(_("Ringostat call ID"), max_length=64)
    facts = models.JSONField(_("facts"))

    direction = models.CharField(
        _("direction"), max_length=8, choices=[("incoming", _("Incoming")), ("outgoing", _("Outgoing"))], blank=True
    )
    outcome = models.CharField(
        _("outcome"), max_length=8, choices=[("answered", _("Answered")), ("missed", _("Missed"))], blank=True
    )
    client_number = models.CharField(_("client number"), max_length=64, blank=True)
    started_at = models.DateTimeField(_("started"))
    employee = models.ForeignKey(
        Employee,
        verbose_name=_("employee"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="calls",
        db_index=False,
    )
    utm_source = models.CharField(_("UTM source"), max_length=255, blank=True, db_default="")
    has_recording = models.BooleanField(_("has a recording"), db_default=False)

    state = models.CharField(
        _("state"), max_length=12, choices=CallState, default=CallState.IN_PROGRESS, db_default="in_progress"
    )
    reason = models.CharField(_("reason"), max_length=32, blank=True, default="", db_default="")
    detail = models.CharField(_("detail"), max_length=300, blank=True, default="", db_default="")
    due_at = models.DateTimeField(_("next attempt"), null=True)
    due_since = models.DateTimeField(_("due since"), null=True)
    """When the call was first due. Failed attempts change `due_at`, not this column."""
    received_at = models.DateTimeField(_("received"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        constraints = [
            models.UniqueConstraint(name="call_once", fields=["customer", "ringostat_id"]),
            models.CheckConstraint(
                name="call_due_while_pending", condition=~models.Q(state="pending") | models.Q(due_at__isnull=False)
            ),
        ]
        indexes = [
            # Only due calls: workers and the sweep find them fast, however many finished calls there are. The index
            # includes the columns that a customer's status counts, because a backlog may have 100,000 wide rows.
            models.Index(
                name="call_due_with_reason",
                fields=["customer", "due_at"],
                include=["state", "reason", "due_since"],
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(name="call_in_progress", fields=["received_at"], condition=models.Q(state="in_progress")),
            models.Index(
                name="call_failed_by_reason",
                fields=["customer", "reason", "finished_at"],
                condition=models.Q(state="failed"),
            ),
            models.Index(name="call_newest", fields=["-started_at", "-id"]),
            models.Index(name="call_newest_of_customer", fields=["customer", "-started_at", "-id"]),
            *list_indexes(),
            # Recording links that retention must still delete. A call leaves the index with its link.
            models.Index(
                name="call_with_recording_link",
                fields=["customer", "started_at"],
                condition=models.Q(facts__facts__has_key="recording_url"),
            ),
        ]

    def __str__(self) -> str:
        return self.ringostat_id

    @property
    def folded(self) -> CallFacts:
        return facts_of(self.facts, self.ringostat_id)


class Step(models.TextChoices):
    """A write to Planfix during the delivery of a call."""

    CONTACT = "contact", _("contact")
    RECORDING = "recording", _("recording")
    COMMENT = "comment", _("comment")
    TAG = "tag", _("data tag")


class Delivery(models.Model):
    """The receipts of one call: its records in Planfix, and the write whose response has not arrived yet."""

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE, related_name="delivery")
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    contact_id = models.PositiveBigIntegerField(_("contact"), null=True)
    contact_created = models.BooleanField(_("contact created"), default=False, db_default=False)
    contacts_found = models.PositiveSmallIntegerField(_("contacts with this number"), default=0, db_default=0)
    task_id = models.PositiveBigIntegerField(_("task"), null=True)
    target_known = models.BooleanField(default=False, db_default=False)
    file_id = models.PositiveBigIntegerField(_("recording file"), null=True)
    recording_refused = models.CharField(
        _("recording not copied because"), max_length=300, blank=True, default="", db_default=""
    )
    recording_attached = models.BooleanField(default=False, db_default=False)
    recording_tries = models.PositiveSmallIntegerField(_("looks for the recording"), default=0, db_default=0)
    comment_id = models.PositiveBigIntegerField(_("comment"), null=True)
    text_hash = models.CharField(max_length=16, blank=True, default="", db_default="", db_column="text_digest")
    """The hash of the comment's text as last sent."""
    tag_key = models.PositiveBigIntegerField(_("data tag entry"), null=True)
    skipped_fields = ArrayField(
        models.CharField(max_length=255),
        verbose_name=_("skipped fields"),
        default=list,
        db_default=[],
        db_column="left_out",
    )
    """Names of fields that have a value but do not exist in the account, and parts that Planfix refused, marked with
    REFUSED.
    """
    in_flight_step = models.CharField(
        _("step in flight"),
        max_length=9,
        choices=Step,
        blank=True,
        default="",
        db_default="",
        db_column="unclear",
        help_text=_(
            "Set before a write is sent and cleared with its receipt. If it is still set at the next attempt, "
            "Planfix is searched before the write is sent again."
        ),
    )

    REFUSED = "refused: "

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            # Only calls whose recording was not copied. They are few.
            models.Index(name="delivery_without_recording", fields=["-call"], condition=~Q(recording_refused="")),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}"

    @property
    def missing_fields(self) -> list[str]:
        """Names of fields that have a value but do not exist in the account."""
        return [name for name in self.skipped_fields if not name.startswith(self.REFUSED)]

    @property
    def refused_parts(self) -> list[str]:
        """The parts that Planfix refused although the request succeeded, such as "contact: phones (…)"."""
        return [name.removeprefix(self.REFUSED) for name in self.skipped_fields if name.startswith(self.REFUSED)]


class EventResult(models.TextChoices):
    CALL = "call", _("Call")
    IGNORED = "ignored", _("Not a call")
    NOT_UNDERSTOOD = "not_understood", _("Not understood")
    FAILED = "failed", _("Failed")


class WebhookEvent(models.Model):
    """A webhook request, unchanged. Nothing depends on this row, so it may be deleted at any time."""

    # No index of the foreign key: it would be a prefix of an index below.
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="events", db_index=False
    )
    call = models.ForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="events")
    received_at = models.DateTimeField(_("received"))
    event = models.CharField(_("event in the address"), max_length=64, blank=True)
    method = models.CharField(_("method"), max_length=8)
    content_type = models.CharField(_("content type"), max_length=200, blank=True)
    content_encoding = models.CharField(_("content encoding"), max_length=64, blank=True, db_default="")
    """The compression of the body, which is stored unchanged."""
    query_string = models.TextField(_("query string"), blank=True)
    body = models.BinaryField(_("body"))
    kind = models.CharField(_("kind"), max_length=24, blank=True)
    result = models.CharField(_("result"), max_length=16, choices=EventResult)
    problem = models.CharField(_("problem"), max_length=32, blank=True, db_default="")
    """The kind of problem if the request was not understood (ringostat.problems.Problem)."""
    reason = models.TextField(_("reason"), blank=True)
    notes = models.JSONField(_("notes"), null=True)
    """Notes about a request that was understood: [[kind, parameter, value], …] (ringostat.problems.NoteKind)."""

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        indexes = [
            models.Index(name="event_newest_of_customer", fields=["customer", "-received_at"]),
            models.Index(
                "customer",
                F("received_at").desc(),
                "problem",
                name="event_not_understood",
                condition=Q(result="not_understood"),
            ),
            # Only events that report no call. They are few, and counting them reads the index alone.
            models.Index(
                name="event_not_a_call",
                fields=["customer", "-received_at", "event"],
                condition=Q(result="ignored"),
            ),
        ]

    def __str__(self) -> str:
        received_at = self.received_at.astimezone(self.customer.zone)
        return f"{self.kind or self.result} {received_at:%Y-%m-%d %H:%M:%S}"


class PlanfixRequest(models.Model):
    """One request to Planfix and its answer, without secrets. Nothing depends on this row, so it may be deleted at any
    time.
    """

    # No index of the foreign key: it would be a prefix of the index below.
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="planfix_requests", db_index=False
    )
    call = models.ForeignKey(Call, null=True, on_delete=models.CASCADE, related_name="planfix_requests")
    sent_at = models.DateTimeField(_("sent"))
    seconds = models.FloatField(_("seconds"))
    method = models.CharField(_("method"), max_length=8)
    path = models.CharField(_("path"), max_length=300)
    body = models.JSONField(_("body"), null=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    code = models.IntegerField(_("Planfix code"), null=True)
    answer = models.TextField(_("answer"), blank=True)
    outcome = models.CharField(_("outcome"), max_length=12)

    class Meta:
        verbose_name = _("Planfix request")
        verbose_name_plural = _("Planfix requests")
        indexes = [models.Index(name="request_newest_of_customer", fields=["customer", "-sent_at"])]

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.http_status or self.outcome}"
