"""Makes the values of a call that pages, exports and the API show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.phones import sip_login
from integrations.domain.reasons import Reason
from integrations.models import Call, CallbackComment, CallbackTask, CallState, Customer, Delivery, MissedCall
from integrations.planfix.http.explanations import explain
from integrations.planfix.links import contact_url, task_url
from integrations.services.missed_calls.waiting import NOBODY_WAITS
from integrations.ui.durations import rough_duration
from integrations.ui.labels import (
    STATES,
    UNANSWERED_OUTGOING,
    Badge,
    LazyText,
    kind_badge,
    reason_label,
    without_full_stop,
)

REQUEST_LINE = re.compile(r"(?:GET|POST|PUT|DELETE) /")

RELATED = (
    "customer",
    "employee",
    "delivery",
    "read_back",
    "customer__delivery_lease",
    "missed__called_back_in__employee",
    "callback_task",
    "callback_comment__task",
)
"""For select_related: with these, call_row() and callback_task_of() need no query."""


@dataclass(frozen=True, kw_only=True)
class CallRow:
    id: int
    ringostat_id: str
    facts: CallFacts
    customer: str
    started_at: datetime
    zone: ZoneInfo
    kind: Badge
    client_number: str
    employee: str
    is_employee_known: bool
    talk_time: str
    wait_time: str
    utm_source: str
    has_recording: bool
    recording_link: str
    """The link at Ringostat; "" if there is none. Pages link to our own address of the recording instead."""
    state: Badge
    reason: LazyText
    attempts: int
    contact_id: int | None
    contact_url: str
    task_id: int | None
    task_url: str
    callback: Callback | None


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Tells whether the client of a missed call was reached later, by whom and after how many attempts."""

    at: datetime | None
    """None: not yet."""
    by: str
    """The employee who talked with the client; "" if unknown."""
    after: timedelta | None
    """The time since the start of the missed call."""
    attempts: int
    """Unanswered attempts before that, or until now."""
    call_id: int | None
    """The call in which the client was reached."""

    @property
    def text(self) -> str:
        if self.after is None:
            tried = ngettext("Not called back, %(count)s attempt", "Not called back, %(count)s attempts", self.attempts)
            return tried % {"count": self.attempts} if self.attempts else _("Not called back")
        text = _("Called back after %(time)s by %(name)s") if self.by else _("Called back after %(time)s")
        return text % {"time": rough_duration(self.after.total_seconds()), "name": self.by}


def call_row(call: Call) -> CallRow:
    facts, customer, receipts = call.folded, call.customer, receipts_of(call)
    return CallRow(
        id=call.pk,
        ringostat_id=call.ringostat_id,
        facts=facts,
        customer=customer.name,
        started_at=call.started_at,
        zone=customer.zone,
        kind=kind_badge(call.direction, call.outcome),
        client_number=call.client_number,
        employee=call.employee.name if call.employee else reported_employee(facts),
        is_employee_known=call.employee is not None,
        talk_time=format_duration(facts.talk_seconds),
        wait_time=format_duration(facts.wait_seconds),
        utm_source=call.utm_source,
        has_recording=call.has_recording,
        recording_link=recording_link(facts),
        state=STATES[CallState(call.state)],
        reason=_("the customer is paused") if is_paused(call) else call_reason(call),
        attempts=receipts.attempts,
        contact_id=receipts.contact_id,
        contact_url=_contact_url(customer, receipts),
        task_id=receipts.task_id,
        task_url=task_url(customer.planfix_url, receipts.task_id, receipts.comment_id) if receipts.task_id else "",
        callback=callback_of(call),
    )


def callback_task_id_of(call: Call) -> int | None:
    """The Planfix ID of the call's callback task."""
    task = callback_task_of(call)
    return task.task_id if task else None


def callback_task_of(call: Call) -> CallbackTask | None:
    """The callback task made for the call, or the one that has a comment about it. Needs no query with RELATED."""
    task: CallbackTask | None = getattr(call, "callback_task", None)
    comment: CallbackComment | None = getattr(call, "callback_comment", None)
    return task or (comment.task if comment else None)


def callback_state(task: CallbackTask) -> str:
    """The state of a callback task in words."""
    if task.problem:
        return _("Refused by Planfix, will be retried") if task.due_at else _("Refused by Planfix")
    if task.task_id is None:
        return _("No longer needed") if task.closed_at else _("About to be created")
    if task.reached_in_id is not None:
        return _("The client was reached")
    return _("No more comments") if task.closed_at else _("Open")


def callback_of(call: Call) -> Callback | None:
    """Returns whether the client of a missed call was reached. None for other calls, and for calls without a client."""
    missed: MissedCall | None = getattr(call, "missed", None)
    if missed is None or call.reason in NOBODY_WAITS:
        return None
    answered = missed.called_back_in
    by = (answered.employee.name if answered.employee else reported_employee(answered.folded)) if answered else ""
    after = missed.called_back_at - missed.started_at if missed.called_back_at else None
    return Callback(
        at=missed.called_back_at, by=by, after=after, attempts=missed.attempts, call_id=missed.called_back_in_id
    )


def receipts_of(call: Call) -> Delivery:
    """The call's delivery. Before the first attempt it is empty and unsaved."""
    receipts: Delivery | None = getattr(call, "delivery", None)
    return receipts or Delivery()


def is_paused(call: Call) -> bool:
    """Tells whether the call waits because its customer is paused."""
    return call.state == CallState.PENDING and bool(call.customer.paused_reason)


def pause_reason(customer: Customer) -> tuple[str, str]:
    """Why the customer is paused, as a sentence in the reader's language, and the stored line if the sentence explains
    it.
    """
    line = without_full_stop(customer.paused_reason)
    explanation = "" if customer.paused_by_hand else explain(customer.paused_reason)
    return (without_full_stop(explanation), line) if explanation else (line, "")


def explained(line: str) -> str:
    """Explains a stored line; returns the line itself if it is a plain sentence, "" if it has no explanation."""
    return explain(line) or ("" if is_technical(line) else line)


def is_technical(line: str) -> bool:
    """Tells whether the line begins with a request, such as "POST /contact/: …"."""
    return bool(REQUEST_LINE.match(line))


def call_reason(call: Call) -> LazyText:
    """The label of the call's reason; "" without one."""
    if call.reason == Reason.UNKNOWN_CONTACT and is_unanswered_outgoing(call):
        return UNANSWERED_OUTGOING
    return reason_label(call.reason)


def is_unanswered_outgoing(call: Call) -> bool:
    """Tells whether the call is outgoing and unanswered. Such a call never creates a contact, whatever the settings."""
    return (call.direction, call.outcome) == (Direction.OUTGOING, Outcome.MISSED)


def next_attempt(call: Call) -> datetime:
    """The time of the next delivery attempt: when the call is due and its customer's retry delay is over."""
    retry_at = getattr(getattr(call.customer, "delivery_lease", None), "retry_at", None)
    times = [time for time in (call.due_at, retry_at) if time]
    return max(times, default=call.received_at)


def reported_employee(facts: CallFacts) -> str:
    """The employee as the webhooks name them, for a call without a matched employee. "" if they name nobody."""
    logins = (sip_login(facts.connected_with), sip_login(facts.caller))
    staff = _("staff ID %(id)s") % {"id": facts.staff_id} if facts.staff_id else ""
    names = (facts.employee_name, facts.employee_email, *logins, facts.extension, staff)
    return next((name.strip() for name in names if name.strip()), "")


def recording_link(facts: CallFacts) -> str:
    """The link to the recording or voicemail, "" without one. Some projects do not send `has_recording`."""
    return "" if facts.has_recording is False else facts.recording_url


def format_duration(seconds: int | None) -> str:
    """Formats seconds as 0:07, 12:30 or 1:02:03, and None, an unknown duration, as ""."""
    if seconds is None:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _contact_url(customer: Customer, receipts: Delivery) -> str:
    if receipts.contact_id is None:
        return ""
    comment_id = None if receipts.task_id else receipts.comment_id
    return contact_url(customer.planfix_url, receipts.contact_id, comment_id)
