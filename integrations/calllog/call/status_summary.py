"""Makes the two sentences at the top of a call's page: its status and the next step.

Makes no query: the caller passes the loaded models.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Delivery
from integrations.ui.call_row import call_reason, explained, is_unanswered_outgoing, next_attempt, pause_reason
from integrations.ui.labels import INCOMPLETE, STATES, Badge, LazyText
from integrations.ui.local_time import local_time

NEXT_STEPS: dict[str, LazyText] = {
    Reason.INTERNAL_CALL: gettext_lazy("Nothing to do: calls between employees are not sent to Planfix."),
    Reason.NO_CLIENT_NUMBER: gettext_lazy("Add the client's number to the parameters of the webhook in Ringostat."),
    Reason.HIDDEN_NUMBER: gettext_lazy("Nothing to do: without a number there is no client to find."),
    Reason.UNUSABLE_NUMBER: gettext_lazy(
        "If the number is real, check the customer's country, then re-read the webhooks and retry."
    ),
    Reason.IGNORED_NUMBER: gettext_lazy(
        "If the number should not be ignored, remove it from the customer's ignore list, then retry."
    ),
    Reason.UNKNOWN_EMPLOYEE: gettext_lazy("Match the employee, then retry."),
    Reason.AMBIGUOUS_EMPLOYEE: gettext_lazy("Give each employee their own staff ID or SIP login, then retry."),
    Reason.EMPLOYEE_NOT_PARTICIPATING: gettext_lazy(
        "If the employee should be included, include them on the customer's Employees page, then retry."
    ),
    Reason.UNKNOWN_CONTACT: gettext_lazy(
        "Create the contact in Planfix, or turn on “create a contact for an unknown number” for the customer, then"
        " retry."
    ),
    Reason.NO_FINAL_EVENT: gettext_lazy("Check in Ringostat that the webhook “after the call” is set up."),
    Reason.ERASED: gettext_lazy("Nothing to do: the data was erased on request."),
    Reason.DISMISSED: gettext_lazy("Nothing to do. You can still retry the call."),
    Reason.TOO_MANY_CONTACTS: gettext_lazy(
        "Nothing to do: the call continues by itself. To create the contact now, open the customer's Webhooks page."
    ),
    Reason.REFUSED: gettext_lazy("Fix the problem in Planfix, then retry; or mark the call as resolved with a note."),
    Reason.INTERNAL_ERROR: gettext_lazy("Send the address of this page to the developers, and retry after the fix."),
}
"""What a specialist should do next, by the reason of a skipped or failed call."""


@dataclass(frozen=True, kw_only=True)
class StatusSummary:
    text: str
    """The state and its cause."""
    next_step: str
    """"" if there is none."""
    badge: Badge
    technical_detail: str
    """The stored line that the text explains; "" if there is none."""


def status_summary(call: Call, receipts: Delivery, now: datetime) -> StatusSummary:
    """The status of a call and the next step. The call must be loaded with ui.call_row.RELATED."""
    state = CallState(call.state)
    text, next_step = _SUMMARIES[state](call, receipts, now)
    detail = technical_detail(call)
    return StatusSummary(text=" ".join(text.split()), next_step=next_step, badge=STATES[state], technical_detail=detail)


def technical_detail(call: Call) -> str:
    """The stored error message behind the call's state; "" if there is none."""
    if call.state == CallState.PENDING and call.customer.paused_reason:
        return pause_reason(call.customer)[1]
    has_line = call.state in (CallState.FAILED, CallState.PENDING) or call.reason in INCOMPLETE
    return call.detail if has_line else ""


def _near(call: Call, now: datetime) -> datetime:
    """A time on the call's day, or today if it has no start. The page shows times of that day without a date."""
    return call.started_at or now


def _in_progress(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    return _("The call has not ended yet."), _("Nothing to do: the call is sent to Planfix when it ends.")


def _pending(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    if call.customer.paused_reason:
        text = _("Waiting because the customer is paused: %(why)s.") % {"why": pause_reason(call.customer)[0]}
        return text, _("Fix this on the customer's page. The call is then sent automatically.")
    due = next_attempt(call)
    if due <= now:
        return _("The call is about to be sent to Planfix."), _("Nothing to do: this page updates itself.")
    names = {"time": local_time(call.customer, due, _near(call, now)), "why": call_reason(call)}
    text = _("Waiting: %(why)s.") % names if call.reason else _("Waiting for the next attempt.")
    return text, _("Nothing to do: the next attempt is at %(time)s.") % names


def _delivered(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    names = {
        "task": receipts.task_id,
        "contact": receipts.contact_id,
        "time": local_time(call.customer, call.finished_at, _near(call, now)) if call.finished_at else "",
    }
    if receipts.task_id:
        text = _("In Planfix since %(time)s: task %(task)s of contact %(contact)s.")
    elif receipts.contact_id:
        text = _("In Planfix since %(time)s: contact %(contact)s.")
    else:
        text = _("In Planfix since %(time)s.")
    return text % names, _pending_additions(call, now)


def _pending_additions(call: Call, now: datetime) -> str:
    if call.reason in INCOMPLETE:
        return " ".join([str(INCOMPLETE[call.reason]), explained(call.detail)]).strip()
    if not call.due_at:
        return ""
    if call.customer.paused_reason:
        return _("Later data, such as the recording, waits until the customer is resumed.")
    return _("Later data, such as the recording, is added automatically.")


def _skipped(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    names = {"why": call_reason(call), "detail": call.detail}
    if call.reason == Reason.DISMISSED:
        names["time"] = local_time(call.customer, call.finished_at, _near(call, now)) if call.finished_at else ""
        text = _("Not sent to Planfix: marked as resolved at %(time)s by %(detail)s.")
    elif call.detail:
        text = _("Not sent to Planfix: %(why)s – %(detail)s.")
    else:
        text = _("Not sent to Planfix: %(why)s.")
    if call.reason == Reason.UNKNOWN_CONTACT and is_unanswered_outgoing(call):
        return text % names, _("Create the contact in Planfix, then retry.")
    return text % names, str(NEXT_STEPS.get(call.reason, ""))


def _failed(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    text = _("The call could not be sent: %(why)s.") % {"why": call_reason(call)}
    next_step = NEXT_STEPS.get(call.reason, NEXT_STEPS[Reason.REFUSED])
    return " ".join([text, explained(call.detail)]), str(next_step)


_SUMMARIES = {
    CallState.IN_PROGRESS: _in_progress,
    CallState.PENDING: _pending,
    CallState.DELIVERED: _delivered,
    CallState.SKIPPED: _skipped,
    CallState.FAILED: _failed,
}
