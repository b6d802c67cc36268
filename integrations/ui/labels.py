"""Labels, icons (Material Symbols) and colours (unfold's label colours) of states, reasons and events: tables only."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.domain.calls import Direction, EventKind, Outcome
from integrations.domain.reasons import Reason
from integrations.models import CallState
from integrations.models.call import REASONS as REASONS

LazyText = str | Promise
"""A text, or a text that Django translates when a page shows it."""


@dataclass(frozen=True, kw_only=True)
class Badge:
    label: LazyText
    icon: str
    colour: str = ""

    @property
    def classes(self) -> str:
        return BADGE_CLASSES[self.colour]


BADGE_CLASSES = {
    "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
    "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
    "info": "bg-blue-100 text-blue-700 dark:bg-blue-500/20 dark:text-blue-400",
    "": "bg-base-500/8 text-base-700 dark:bg-base-500/20 dark:text-base-200",
}

STATES = {
    CallState.IN_PROGRESS: Badge(label=_("In progress"), icon="ring_volume", colour="info"),
    CallState.PENDING: Badge(label=_("Waiting"), icon="schedule", colour="warning"),
    CallState.DELIVERED: Badge(label=_("In Planfix"), icon="check_circle", colour="success"),
    CallState.SKIPPED: Badge(label=_("Skipped"), icon="block", colour=""),
    CallState.FAILED: Badge(label=_("Failed"), icon="error", colour="danger"),
}

BAR_ORDER = (CallState.DELIVERED, CallState.SKIPPED, CallState.PENDING, CallState.IN_PROGRESS, CallState.FAILED)
"""The states from the bottom of a chart's bar to its top, and in its legend. site.css has a colour for each."""

KINDS = {
    (Direction.INCOMING, Outcome.ANSWERED): Badge(
        label=_("Incoming, answered"), icon="call_received", colour="success"
    ),
    (Direction.INCOMING, Outcome.MISSED): Badge(label=_("Incoming, missed"), icon="call_missed", colour="danger"),
    (Direction.INCOMING, ""): Badge(label=_("Incoming"), icon="call_received"),
    (Direction.OUTGOING, Outcome.ANSWERED): Badge(label=_("Outgoing, answered"), icon="call_made", colour="success"),
    (Direction.OUTGOING, Outcome.MISSED): Badge(
        label=_("Outgoing, unanswered"), icon="call_missed_outgoing", colour="danger"
    ),
    (Direction.OUTGOING, ""): Badge(label=_("Outgoing"), icon="call_made"),
    ("", Outcome.ANSWERED): Badge(label=_("Answered"), icon="call", colour="success"),
    ("", Outcome.MISSED): Badge(label=_("Missed"), icon="phone_missed", colour="danger"),
    ("", ""): Badge(label=_("Call"), icon="call"),
}
"""Badges by direction and outcome; "" for one that is not known yet."""

KIND_SENTENCES: dict[tuple[str, str], LazyText] = {
    (Direction.INCOMING, Outcome.ANSWERED): _("Answered incoming call from %(number)s."),
    (Direction.INCOMING, Outcome.MISSED): _("Missed incoming call from %(number)s."),
    (Direction.OUTGOING, Outcome.ANSWERED): _("Answered outgoing call to %(number)s."),
    (Direction.OUTGOING, Outcome.MISSED): _("Unanswered outgoing call to %(number)s."),
    (Direction.INCOMING, ""): _("Incoming call from %(number)s."),
    (Direction.OUTGOING, ""): _("Outgoing call to %(number)s."),
}

INCOMPLETE: dict[str, LazyText] = {
    Reason.NOT_ADDED: _("Later data could not be added."),
    Reason.TASK_REFUSED: _("Planfix refused the callback task, or a change of it."),
}
"""What a delivered call lacks in Planfix, by the call's reason."""

UNANSWERED_OUTGOING = _("no matching contact, and an unanswered outgoing call never creates one")

EVENTS: dict[str, LazyText] = {
    EventKind.BEFORE_CALL: _("before the call"),
    EventKind.FORWARDING: _("forwarding"),
    EventKind.TAKING_CALL: _("call taken"),
    EventKind.AFTER_CALL: _("after the call"),
    EventKind.CALL_RATING: _("call rating"),
    EventKind.BEFORE_OUTGOING_CALL: _("before an outgoing call"),
    EventKind.AFTER_OUTGOING_CALL: _("after an outgoing call"),
    EventKind.AI_PROCESSED: _("processed by AI"),
}

REQUEST_OUTCOMES = {
    "ok": Badge(label=_("Done"), icon="check", colour="success"),
    "unavailable": Badge(label=_("No answer"), icon="schedule", colour="warning"),
    "access": Badge(label=_("No access"), icon="lock", colour="danger"),
    "refused": Badge(label=_("Refused"), icon="close", colour="danger"),
}


def reason_label(code: str) -> LazyText:
    """The reason's label; a code that this version does not know is its own label."""
    return REASONS.get(code, code)


def kind_badge(direction: str, outcome: str) -> Badge:
    return KINDS.get((direction, outcome), KINDS["", ""])


def without_full_stop(sentence: str) -> str:
    """The sentence without its full stop, so that another sentence can quote it."""
    return sentence.strip().rstrip(".")
