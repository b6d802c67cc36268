"""The readings of a trial: the records as Planfix stored them, and the requests that failed. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.errors import PlanfixError, PlanfixUnavailable
from integrations.planfix.http.json_fields import JSON
from integrations.planfix.records.read_back import StoredComment, StoredContact, StoredTask
from integrations.planfix.rights import is_missing_right
from integrations.services.account_traits import NumberFormat
from integrations.services.trial.report import NO_RESPONSE, NO_RIGHT, REFUSED, Leftover


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A step's request that Planfix did not carry out. `request`: "POST /contact/". `answer`: REFUSED and so on."""

    answer: str
    message: str
    request: str = ""
    required_field: str = ""

    @classmethod
    def of(cls, error: PlanfixError) -> Failure:
        answer = NO_RESPONSE if isinstance(error, PlanfixUnavailable) else REFUSED
        return cls(
            answer=NO_RIGHT if is_missing_right(error) else answer,
            message=error.message,
            request=error.request,
            required_field=getattr(error, "required_field", ""),
        )


@dataclass(frozen=True, kw_only=True)
class TagReading:
    """A data tag entry as written and as read. `names`: the fields' names by id."""

    key: int
    written: list[dict[str, JSON]]
    names: Mapping[int, str]
    stored: Mapping[int, JSON] | None = None
    period_field: int | None = None
    """The field with the times of the call, which spans midnight."""


@dataclass(frozen=True, kw_only=True)
class RateReading:
    """The answer to the second of two requests in one second. `wait`: the seconds that Planfix asks to wait."""

    is_refused: bool
    status: int | None = None
    code: int | None = None
    wait: float | None = None


@dataclass(kw_only=True)
class Readings:
    """Everything that a trial has read. None: not read, because the step failed or was not reached. `failures`: by the
    name of the step.
    """

    failures: dict[str, Failure] = field(default_factory=dict)
    end: Failure | None = None
    """Why the trial stopped early; None if it did not."""
    has_answered: bool = False
    """Planfix has accepted the token at least once."""

    tags: CallTags | None = None
    holders: list[StoredContact] | None = None
    """Contacts that had the number before the trial."""
    contact_id: int | None = None
    contact: StoredContact | None = None
    found_by: frozenset[NumberFormat] | None = None
    found_with_foreign_part: bool | None = None
    """Does a search for the number and for a part that it lacks find the contact?"""
    found_among_companies: bool | None = None

    file_id: int | None = None
    file: tuple[str, int] | None = None
    """Name and size."""
    answered_id: int | None = None
    """The comment of the answered call."""
    answered_attempts: int = 0
    """How often it was sent until Planfix took it."""
    missed_id: int | None = None
    comments: list[StoredComment] | None = None
    """In the order in which Planfix listed them."""
    answered_tag: TagReading | None = None
    missed_tag: TagReading | None = None
    second_file_id: int | None = None
    updated: StoredComment | None = None

    task_template_id: int | None = None
    """The template of the task that the trial may create; None if it may create none."""
    task_id: int | None = None
    task_created_at: datetime | None = None
    """When the task was sent, by the clock of this server."""
    own_tasks: list[StoredTask] | None = None
    """The tasks of the trial's contact, after the trial has created its task."""
    task_comment_id: int | None = None

    tasks: list[StoredTask] | None = None
    tasks_of_trial: list[StoredTask] | None = None
    """The tasks that the filter finds for the trial's contact before it has any."""
    tasks_of_one: list[StoredTask] | None = None
    """The tasks that the filter finds for one counterparty, taken from the first listed task that has one."""
    rate: RateReading | None = None

    found_when_deleted: list[StoredContact] | None = None
    contact_stays: bool = False
    """Planfix has confirmed the contact's deletion, but shows the contact as before."""
    left: list[Leftover] | None = None
    is_kept: bool = False

    @property
    def is_number_unused(self) -> bool | None:
        """True if nobody had the number before the trial; None if a contact had it, or if that is unknown."""
        return None if self.holders is None or self.holders else True

    def comment(self, comment_id: int | None) -> StoredComment | None:
        return next((comment for comment in self.comments or [] if comment.id == comment_id), None)
