"""The words, icons (Material Symbols) and colours (of unfold's labels) of what happens to a call: tables only."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.domain.calls import Direction, EventKind, Outcome
from integrations.domain.reasons import Reason
from integrations.models import CallState

Words = str | Promise


@dataclass(frozen=True, kw_only=True)
class Badge:
    words: Words
    icon: str
    colour: str = ""

    @property
    def classes(self) -> str:
        return COLOURS[self.colour]


COLOURS = {
    "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    "": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}

STATES = {
    CallState.IN_PROGRESS: Badge(words=_("In progress"), icon="ring_volume", colour="info"),
    CallState.PENDING: Badge(words=_("Waiting"), icon="schedule", colour="warning"),
    CallState.DELIVERED: Badge(words=_("In Planfix"), icon="check_circle", colour="success"),
    CallState.SKIPPED: Badge(words=_("Skipped"), icon="block", colour=""),
    CallState.FAILED: Badge(words=_("Failed"), icon="error", colour="danger"),
}

KINDS = {
    (Direction.INCOMING, Outcome.ANSWERED): Badge(
        words=_("Incoming, answered"), icon="call_received", colour="success"
    ),
    (Direction.INCOMING, Outcome.MISSED): Badge(words=_("Incoming, missed"), icon="call_missed", colour="danger"),
    (Direction.INCOMING, ""): Badge(words=_("Incoming"), icon="call_received"),
    (Direction.OUTGOING, Outcome.ANSWERED): Badge(words=_("Outgoing, answered"), icon="call_made", colour="success"),
    (Direction.OUTGOING, Outcome.MISSED): Badge(
        words=_("Outgoing, unanswered"), icon="call_missed_outgoing", colour="danger"
    ),
    (Direction.OUTGOING, ""): Badge(words=_("Outgoing"), icon="call_made"),
    ("", Outcome.ANSWERED): Badge(words=_("Answered"), icon="call", colour="success"),
    ("", Outcome.MISSED): Badge(words=_("Missed"), icon="phone_missed", colour="danger"),
    ("", ""): Badge(words=_("Call"), icon="call"),
}
"""By direction and outcome; "" for what is not known yet."""

REASONS: dict[str, Words] = {
    Reason.INTERNAL_CALL: _("a call between employees"),
    Reason.NO_CLIENT_NUMBER: _("the client's number did not come"),
    Reason.HIDDEN_NUMBER: _("the number is hidden"),
    Reason.UNUSABLE_NUMBER: _("the number is not a phone number"),
    Reason.IGNORED_NUMBER: _("the number is among the ignored ones"),
    Reason.UNKNOWN_EMPLOYEE: _("the employee is not known"),
    Reason.AMBIGUOUS_EMPLOYEE: _("the employee may be one of several"),
    Reason.EMPLOYEE_NOT_PARTICIPATING: _("the employee does not take part"),
    Reason.UNKNOWN_CONTACT: _("no contact has the number, and none may be created"),
    Reason.NO_FINAL_EVENT: _("Ringostat never told how it ended"),
    Reason.ERASED: _("the client's data was erased before it was delivered"),
    Reason.DISMISSED: _("settled by a person"),
    Reason.NOT_ADDED: _("what came later could not be added"),
    Reason.UNAVAILABLE: _("Planfix did not answer"),
    Reason.ACCESS_DENIED: _("Planfix does not let us in"),
    Reason.REFUSED: _("Planfix refused it"),
    Reason.INTERNAL_ERROR: _("a mistake of ours"),
}
"""Why a call was skipped, waits or failed, by the code in Call.reason."""

EVENTS: dict[str, Words] = {
    EventKind.BEFORE_CALL: _("before the call"),
    EventKind.FORWARDING: _("forwarding"),
    EventKind.TAKING_CALL: _("call taken"),
    EventKind.AFTER_CALL: _("after the call"),
    EventKind.CALL_RATING: _("rating of the call"),
    EventKind.BEFORE_OUTGOING_CALL: _("before an outgoing call"),
    EventKind.AFTER_OUTGOING_CALL: _("after an outgoing call"),
    EventKind.AI_PROCESSED: _("processed by AI"),
}

REQUEST_OUTCOMES = {
    "ok": Badge(words=_("Done"), icon="check", colour="success"),
    "unavailable": Badge(words=_("No answer"), icon="schedule", colour="warning"),
    "access": Badge(words=_("No access"), icon="lock", colour="danger"),
    "refused": Badge(words=_("Refused"), icon="close", colour="danger"),
}


def reason_words(code: str) -> Words:
    """The reason in words; a code that this version does not know is shown as it is."""
    return REASONS.get(code, code)


def kind_look(direction: str, outcome: str) -> Badge:
    return KINDS.get((direction, outcome), KINDS["", ""])
