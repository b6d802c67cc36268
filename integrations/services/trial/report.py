"""The report of a trial, as data: a finding for each question. A job stores it as JSON; texts.py has the sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Question(StrEnum):
    """The questions of a trial, in the order of its report."""

    ACCESS = "access"
    NUMBER_UNUSED = "number_unused"
    CONTACT_CREATED = "contact_created"
    NUMBER_STORAGE = "number_storage"
    FOUND_BY = "found_by"
    FILTER_MATCHES = "filter_matches"
    FILTERS_COMBINED = "filters_combined"
    COMPANIES = "companies"
    RECORDING_COPIED = "recording_copied"
    RECORDING_FILE = "recording_file"
    EMPLOYEE_AUTHOR = "employee_author"
    CONTACT_AUTHOR = "contact_author"
    COMMENT_TIME = "comment_time"
    COMMENT_HTML = "comment_html"
    COMMENT_CHARACTERS = "comment_characters"
    EMOJI = "emoji"
    COMMENT_VISIBLE = "comment_visible"
    SOURCE_ID = "source_id"
    COMMENT_ORDER = "comment_order"
    CALL_TAG = "call_tag"
    CALL_FIELDS = "call_fields"
    MIDNIGHT = "midnight"
    MISSED_CALL_TAG = "missed_call_tag"
    MISSED_CALL_FIELDS = "missed_call_fields"
    FILES_ON_UPDATE = "files_on_update"
    TASK_CREATED = "task_created"
    TASK_FILTER = "task_filter"
    TASK_ROWS = "task_rows"
    TASK_COMMENTS = "task_comments"
    TASK_CLOSED = "task_closed"
    REQUEST_RATE = "request_rate"
    RIGHTS = "rights"
    DELETED_CONTACTS = "deleted_contacts"
    REMOVED = "removed"


class Outcome(StrEnum):
    """The outcome of a question. ADAPTED: not as expected, but Ringofix adapts. TROUBLE: a person must do something."""

    OK = "ok"
    ADAPTED = "adapted"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"


REFUSED, NO_RIGHT, NO_RESPONSE, NOT_ASKED = "refused", "no_right", "no_response", "not_asked"
"""Answers that any question can have: Planfix refused the request, the token lacks the right, Planfix did not answer,
or the trial ended before the question.
"""
LIMIT = "limit"
"""The trial has used up its requests."""

UNFINDABLE_FILE = "Planfix did not confirm the copy, and its API cannot search for files."
NO_REQUESTS_LEFT = "The trial's limit of requests is reached."
NOT_DELETED = "Planfix did not delete the contact."
CLOSED_TASK = "Planfix's API deletes no tasks. The task is closed."
OPEN_TASK = "Planfix's API deletes no tasks, and the task's process does not let it be closed."
"""Reasons why a record stays in Planfix. Other reasons are Planfix's own words."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one question. `answer`: a code, for which texts.py has sentences."""

    question: Question
    outcome: Outcome
    answer: str
    came: str = ""
    """Planfix's value or message, unchanged."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Values for the placeholders of the sentences."""


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """A record of the trial that is still in Planfix."""

    kind: str
    """A TrialRecordKind."""
    id: int | None
    """None: the record may exist, but could not be found."""
    contact_id: int | None = None
    """The trial's contact, whose page in Planfix shows the record."""
    comment_id: int | None = None
    """The comment that the record is, or belongs to."""
    task_id: int | None = None
    """The task that the record is, or belongs to."""
    name: str = ""
    why: str = ""
    """Why the record could not be removed; "" if it stays on purpose."""


@dataclass(frozen=True, kw_only=True)
class TrialReport:
    account: str
    number: str = ""
    name: str = ""
    findings: tuple[Finding, ...] = ()
    left: tuple[Leftover, ...] = ()
    requests: int = 0
    is_kept: bool = False
    """All records stay in Planfix, so that people can look at them."""
    was_interrupted: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> TrialReport:
        findings = tuple(
            Finding(**{**row, "question": Question(row["question"]), "outcome": Outcome(row["outcome"])})
            for row in stored["findings"]
        )
        left = tuple(Leftover(**row) for row in stored["left"])
        return cls(**{**stored, "findings": findings, "left": left})
