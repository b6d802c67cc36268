"""A customer's status as pages show it: badge, sentence, next step and technical details."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from integrations.models import Customer
from integrations.services.monitoring.customer_status import Cause, CustomerStatus, Issue, Level
from integrations.services.monitoring.status_texts import LABELS, NextStep, next_step, sentence_of
from integrations.ui.labels import Badge
from integrations.ui.local_time import local_time

COLOURS = {Level.PROBLEM: "danger", Level.WARNING: "warning", Level.NOTICE: "info", Level.FINE: "success"}
ICONS: Mapping[Cause, str] = {
    Cause.PAUSED_BY_HAND: "back_hand",
    Cause.PAUSED: "pause_circle",
    Cause.NO_ACCESS: "lock",
    Cause.RIGHTS_MISSING: "key_off",
    Cause.ACCOUNT_INCOMPLETE: "build",
    Cause.NO_EMPLOYEES: "group_off",
    Cause.NEW: "hourglass_top",
    Cause.NO_CALL: "hourglass_top",
    Cause.NOT_UNDERSTOOD: "help",
    Cause.EVENT_MISSING: "link_off",
    Cause.SILENT: "notifications_paused",
    Cause.NO_WORKER: "power_off",
    Cause.FAILED: "error",
    Cause.LATE: "running_with_errors",
    Cause.SKIPPED: "block",
    Cause.DIFFERENT: "difference",
    Cause.LEAKED: "gpp_maybe",
    Cause.CONTACTS_HELD: "person_add_disabled",
    Cause.TRAFFIC: "traffic",
    Cause.CALL_LIST_UNREADABLE: "sync_problem",
    Cause.WAITING: "schedule",
    Cause.RECORDINGS_REFUSED: "voice_over_off",
    Cause.TASKS_REFUSED: "assignment_late",
    Cause.DIRECTORY_UNREADABLE: "contacts",
    Cause.CONNECTED: "check_circle",
}


@dataclass(frozen=True, kw_only=True)
class StatusLine:
    badge: Badge
    sentence: str
    step: NextStep | None
    """None for a customer without a problem."""
    detail: str
    """A raw line of Planfix or Ringostat; "" without one."""


def badge_of(issue: Issue) -> Badge:
    return Badge(label=LABELS[issue.cause], icon=ICONS[issue.cause], colour=COLOURS[issue.level])


def status_line(issue: Issue, customer: Customer, now: datetime) -> StatusLine:
    """The line for an issue. Times are in the customer's zone, with the day unless it is today."""
    return StatusLine(
        badge=badge_of(issue),
        sentence=sentence_of(issue, lambda at: local_time(customer, at, now)),
        step=None if issue.level is Level.FINE else next_step(issue, customer.pk),
        detail="" if issue.cause is Cause.PAUSED_BY_HAND else issue.detail,
    )


def status_lines(status: CustomerStatus, now: datetime) -> list[StatusLine]:
    """The status first, then the customer's other issues."""
    return [status_line(issue, status.customer, now) for issue in status.issues]
