"""The report of a dry run, as data. The job stores it as JSON, and the page reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from integrations.models import Step


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What the rules decide. `skip`: a Reason, "" for a call that is delivered; then `detail` explains it."""

    skip: str = ""
    detail: str = ""
    seen: str = ""
    """The employee as Ringostat names them."""
    matched_by: str = ""
    direction: str = ""
    outcome: str = ""
    number: str = ""
    employee: str = ""
    fallback_for: str | None = None
    """Who talked instead of the fallback employee, "" for unknown; None when the employee is no fallback."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """`id`: None when the delivery stops before; `found`: how many contacts have the number, 0 for a remembered one."""

    id: int | None = None
    name: str = ""
    is_new: bool = False
    is_gone: bool = False
    found: int = 0


@dataclass(frozen=True, kw_only=True)
class Target:
    """`task`: the contact's last active task."""

    was_looked_for: bool = False
    task: int | None = None


@dataclass(frozen=True, kw_only=True)
class NewContact:
    """`values`: name and value of each field."""

    step: Step = field(default=Step.CONTACT, init=False)
    name: str = ""
    phones: list[str] = field(default_factory=list)
    template: int | None = None
    supervisor: str = ""
    values: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CopiedRecording:
    step: Step = field(default=Step.RECORDING, init=False)
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """`author`: "" for the new contact, and for the token's employee (`by_token`). `text`: HTML with escaped values, or
    plain text for an account that keeps no HTML.
    """

    step: Step = field(default=Step.COMMENT, init=False)
    author: str = ""
    by_employee: bool = False
    by_token: bool = False
    text: str = ""
    with_recording: bool = False


@dataclass(frozen=True, kw_only=True)
class TagEntry:
    """`name`: the data tag's. `values`: name and value of each field, "" for the new contact."""

    step: Step = field(default=Step.TAG, init=False)
    name: str = ""
    values: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class CallbackTask:
    """`open_task`: of the same client, which would get a comment instead of a new task. `assignee`: a name or an ID, ""
    if the template decides. `due`: in the customer's time zone.
    """

    name: str = ""
    text: str = ""
    assignee: str = ""
    due: str = ""
    open_task: int | None = None


Write = NewContact | CopiedRecording | Comment | TagEntry
WRITES: Mapping[Step, type[Write]] = {
    Step.CONTACT: NewContact,
    Step.RECORDING: CopiedRecording,
    Step.COMMENT: Comment,
    Step.TAG: TagEntry,
}


@dataclass(frozen=True, kw_only=True)
class DryRunReport:
    """The parts are None or empty from where the call would go no further."""

    understood: str = ""
    """An EventResult, of a request; "" for a stored call or a typed number."""
    kind: str = ""
    why_not: str = ""
    notes: list[list[str]] = field(default_factory=list)
    """Notes on a request that was understood, as in WebhookEvent.notes."""
    not_over: bool = False
    decided: Decided | None = None
    unknown_contact: bool = False
    contact: Contact | None = None
    target: Target | None = None
    writes: list[Write] | None = None
    callback_task: CallbackTask | None = None
    left_out: list[str] = field(default_factory=list)
    """Names of fields that have a value but do not exist in the account."""
    trouble: str = ""
    """The error at which the delivery would stop."""
    asked: int | None = None
    """How many requests were sent; all of them only read."""

    def to_json(self) -> dict[str, Any]:
        """Leaves out what is None, "" or False; a count of 0 and an empty list of writes stay."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "") and value is not False}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> DryRunReport:
        parts: dict[str, Any] = {name: cls_(**stored[name]) for name, cls_ in PARTS.items() if name in stored}
        if "writes" in stored:
            parts["writes"] = [_write(row) for row in stored["writes"]]
        return cls(**{**stored, **parts})


PARTS: Mapping[str, type[Decided] | type[Contact] | type[Target] | type[CallbackTask]] = {
    "decided": Decided,
    "contact": Contact,
    "target": Target,
    "callback_task": CallbackTask,
}


def _write(stored: Mapping[str, Any]) -> Write:
    return WRITES[Step(stored["step"])](**{name: value for name, value in stored.items() if name != "step"})
