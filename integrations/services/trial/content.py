"""The content that a trial writes to Planfix: a contact, two comments with call tags, a recording, perhaps a task.

Sends nothing.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import phonenumbers
from django.conf import settings
from django.templatetags.static import static

from integrations.domain.calls import Direction, Outcome
from integrations.models import BackgroundJob, Call, Customer, Employee
from integrations.outbound.allowed_hosts import is_recording_allowed
from integrations.planfix.call_tags.entries import CallEntry, entry_values
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.comment_text import CallText, call_text
from integrations.planfix.http.json_fields import JSON
from integrations.services.account_traits import NumberFormat
from integrations.services.callback_tasks.settings_file import settings_of
from integrations.services.trial.unassigned_numbers import pieces_of_unassigned, unassigned_number

OBJECTS = uuid.UUID("7d1f2a90-4f0b-5c1c-8f1e-52494e474f46")
"""Namespace of the ids of the trial's records in Planfix (sourceObjectId)."""

EMOJI = "🙂"
ODD_TEXT = 'Trial <line> & "quotes"'
"""Contains all characters that HTML must escape."""
EXAMPLE = "trial"
"""The value of every mapped parameter."""
BEFORE_MIDNIGHT = time(23, 50)
DAYS_BACK = timedelta(days=2)
"""Far enough back that both calls lie in the past, whatever the time of day."""
TALK_SECONDS, WAIT_SECONDS = 20 * 60, 12
SOUND = "ringofix/trial.wav"
NEWEST_CALLS = 20
"""How many recorded calls are searched for a recording that may be copied."""


@dataclass(frozen=True, kw_only=True)
class TrialContent:
    """`key`: only the names and texts of this trial's records contain it. Times are UTC."""

    key: str
    number: str
    region: str
    employee: Employee | None
    """The author of the answered call's comment."""
    language: str
    customer: Customer
    makes_callback_tasks: bool = False
    answered_at: datetime
    """Ten minutes before midnight in the customer's time zone: the call ends on the next day."""
    recording: Recording

    @property
    def name(self) -> str:
        return f"Ringofix {self.key}"

    @property
    def missed_at(self) -> datetime:
        return self.answered_at + timedelta(hours=1)

    def source_object_id(self, record: str) -> uuid.UUID:
        """`record`: "contact", "answered", "missed", "task" or "task_comment"."""
        return uuid.uuid5(OBJECTS, f"{self.customer.pk}:{self.key}:{record}")

    def marker(self, record: str) -> str:
        """The call id in the text of a comment or task."""
        return f"{self.key}.{record}"

    @property
    def formats(self) -> dict[NumberFormat, tuple[str, ...]]:
        """The values for the phone filter in each format, the best format first. A contact must match all values."""
        parsed = phonenumbers.parse(self.number, self.region)
        prefix = phonenumbers.ndd_prefix_for_region(self.region, True) or ""
        digits = self.number.removeprefix("+")
        return {
            NumberFormat.FULL: (self.number,),
            NumberFormat.DIGITS: (digits,),
            NumberFormat.NATIONAL: (prefix + phonenumbers.national_significant_number(parsed),),
            NumberFormat.LAST_SEVEN: (digits[-7:],),
            NumberFormat.PIECES: pieces_of_unassigned(self.number, self.region),
        }

    @property
    def answered_text(self) -> str:
        text = CallText(
            direction=Direction.INCOMING,
            outcome=Outcome.ANSWERED,
            client_number=self.number,
            ringostat_id=self.marker("answered"),
            line_name=f"{ODD_TEXT} {EMOJI}",
            employee_name=self.employee.name if self.employee else "",
            talk_seconds=TALK_SECONDS,
            wait_seconds=WAIT_SECONDS,
            card_url=f"{settings.PUBLIC_URL}/",
        )
        return call_text(text, self.language)

    @property
    def missed_text(self) -> str:
        return call_text(self._missed_call("missed"), self.language)

    def _missed_call(self, record: str) -> CallText:
        return CallText(
            direction=Direction.INCOMING,
            outcome=Outcome.MISSED,
            client_number=self.number,
            ringostat_id=self.marker(record),
        )

    @property
    def task_name(self) -> str:
        return f"Ringofix {self.marker('task')}"

    @property
    def task_text(self) -> str:
        """The task's description, which is the text of a missed call."""
        return call_text(self._missed_call("task"), self.language)

    @property
    def task_comment_text(self) -> str:
        return call_text(self._missed_call("task_comment"), self.language)

    def values(self, tags: CallTags, contact_id: int, outcome: Outcome) -> list[dict[str, JSON]]:
        """The data tag's values for the answered or the missed call."""
        is_answered = outcome is Outcome.ANSWERED
        started_at = self.answered_at if is_answered else self.missed_at
        fields = [tags.text_field(outcome, mapping.field) for mapping in self.customer.utm_fields.all()]
        entry = CallEntry(
            direction=Direction.INCOMING,
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=TALK_SECONDS),
            talk_seconds=TALK_SECONDS,
            employee_id=self.employee.planfix_user_id if self.employee else None,
            contact_id=contact_id,
            line="380440000000",
            client_number=self.number,
            line_name=ODD_TEXT,
            extra={field.id: EXAMPLE for field in fields if field},
        )
        return entry_values(tags.of(outcome), entry, timezone=self.customer.zone, outcome=outcome)


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The recording to copy. `is_own`: it is Ringofix's own sound, because no call has a usable recording yet."""

    url: str
    is_own: bool


def trial_content(job: BackgroundJob, customer: Customer) -> TrialContent:
    """Makes the content of a job's trial: the same each time, except for the recording."""
    asked_at = job.asked_at.astimezone(customer.zone)
    past_day = asked_at.date() - DAYS_BACK
    answered_at = datetime.combine(past_day, BEFORE_MIDNIGHT, customer.zone).astimezone(UTC)
    return TrialContent(
        key=f"trial-{job.pk}",
        number=job.arguments["number"],
        region=customer.region,
        employee=author_of(customer),
        language=customer.language,
        customer=customer,
        makes_callback_tasks=settings_of(customer).makes_tasks,
        answered_at=answered_at,
        recording=recording_of(customer),
    )


def author_of(customer: Customer) -> Employee | None:
    """The newest employee who takes calls. The account's first employee often owns the token: Planfix would write in
    that name anyway, and the trial would learn nothing.
    """
    matched = customer.employees.filter(participates=True).exclude(planfix_user_id=None)
    return matched.order_by("-pk").first()


def recording_of(customer: Customer) -> Recording:
    """The newest recording that Ringostat has for the customer, else Ringofix's own short sound."""
    recorded = Call.objects.filter(customer=customer, has_recording=True)
    for call in recorded.order_by("-started_at", "-pk")[:NEWEST_CALLS]:
        url = call.folded.recording_url
        if url and is_recording_allowed(url, api_url=customer.ringostat_api_url):
            return Recording(url=url, is_own=False)
    return Recording(url=f"{settings.PUBLIC_URL}{static(SOUND)}", is_own=True)


def new_number(customer: Customer) -> str:
    """Makes a random number of the customer's country that nobody has, in full format."""
    return unassigned_number(customer.region, secrets.randbelow(10**9))
