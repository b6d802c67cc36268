"""The status of a call and the next step: the two sentences at the top of its page.

Pure: works on the models that it is given, without a query.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Delivery
from integrations.ui.call_row import next_attempt
from integrations.ui.labels import STATES, Badge, LazyText, reason_label, without_full_stop
from integrations.ui.local_time import local_time

NEXT_STEPS: dict[str, LazyText] = {
    Reason.INTERNAL_CALL: gettext_lazy("Nothing to do: employees' calls to each other stay out of Planfix."),
    Reason.NO_CLIENT_NUMBER: gettext_lazy("Add the client's number to the parameters of the webhook in Ringostat."),
    Reason.HIDDEN_NUMBER: gettext_lazy("Nothing to do: without a number there is no client to find."),
    Reason.UNUSABLE_NUMBER: gettext_lazy(
        "If it is a real number, check the customer's country, then replay the call with today's settings."
    ),
    Reason.IGNORED_NUMBER: gettext_lazy(
        "If it should not be ignored, take it off the customer's ignored numbers, then send the call again."
    ),
    Reason.UNKNOWN_EMPLOYEE: gettext_lazy("Map this employee, then send the call again."),
    Reason.AMBIGUOUS_EMPLOYEE: gettext_lazy(
        "Give each employee a staff ID or SIP login of their own, then send the call again."
    ),
    Reason.EMPLOYEE_NOT_PARTICIPATING: gettext_lazy(
        "If the employee should take part, say so in the customer's employees, then send the call again."
    ),
    Reason.UNKNOWN_CONTACT: gettext_lazy(
        "Create the contact in Planfix, or let the customer's contacts be created, then send the call again."
    ),
    Reason.NO_FINAL_EVENT: gettext_lazy("Check in Ringostat that the webhook of the call's end is set up."),
    Reason.ERASED: gettext_lazy("Nothing to do: it was forgotten on purpose."),
    Reason.DISMISSED: gettext_lazy("Nothing to do. It can still be sent again."),
    Reason.REFUSED: gettext_lazy(
        "Mend what Planfix names, then send the call again; or mark it as settled with a note."
    ),
    Reason.INTERNAL_ERROR: gettext_lazy("Tell the developers this page's address, and send the call again afterwards."),
}
"""What a specialist does next, by the reason of a skipped or failed call."""


@dataclass(frozen=True, kw_only=True)
class StatusSummary:
    text: str
    """The state and its cause."""
    next_step: str
    """"" if there is none."""
    badge: Badge


def status_summary(call: Call, receipts: Delivery, now: datetime) -> StatusSummary:
    """For a call that is loaded with ui.call_row.RELATED."""
    state = CallState(call.state)
    text, next_step = _SUMMARIES[state](call, receipts, now)
    return StatusSummary(text=" ".join(text.split()), next_step=next_step, badge=STATES[state])


def _in_progress(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    return _("It has not ended yet."), _("Nothing to do: it goes to Planfix by itself when it has.")


def _pending(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    if call.customer.paused_reason:
        text = _("It waits, because the customer is paused: %(why)s.")
        why = without_full_stop(call.customer.paused_reason)
        return text % {"why": why}, _("Mend that on the customer's page; the call then goes by itself.")
    due = next_attempt(call)
    if due <= now:
        return _("It is about to go to Planfix."), _("Nothing to do: this page renews itself.")
    names = {"time": local_time(call.customer, due, now), "why": reason_label(call.reason)}
    text = _("It waits, because %(why)s.") % names if call.reason else _("It waits for its turn.")
    return text, _("Nothing to do: it is tried again by itself at %(time)s.") % names


def _delivered(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    names = {
        "task": receipts.task_id,
        "contact": receipts.contact_id,
        "time": local_time(call.customer, call.finished_at, now) if call.finished_at else "",
    }
    if receipts.task_id:
        text = _("It is in Planfix, in task %(task)s of contact %(contact)s, since %(time)s.")
    elif receipts.contact_id:
        text = _("It is in Planfix, on the card of contact %(contact)s, since %(time)s.")
    else:
        text = _("It is in Planfix since %(time)s.")
    return text % names, _pending_additions(call, now)


def _pending_additions(call: Call, now: datetime) -> str:
    if call.reason == Reason.NOT_ADDED:
        return _("What came later could not be added. %(detail)s") % {"detail": call.detail}
    if not call.due_at:
        return ""
    if call.customer.paused_reason:
        return _("What came later, its recording for one, waits until the customer is no longer paused.")
    return _("What comes later, its recording for one, is added by itself.")


def _skipped(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    names = {"why": reason_label(call.reason), "detail": call.detail}
    if call.reason == Reason.DISMISSED:
        names["time"] = local_time(call.customer, call.finished_at, now) if call.finished_at else ""
        text = _("It was not sent to Planfix: settled at %(time)s by %(detail)s.")
    elif call.detail:
        text = _("It was not sent to Planfix: %(why)s – %(detail)s.")
    else:
        text = _("It was not sent to Planfix: %(why)s.")
    return text % names, str(NEXT_STEPS.get(call.reason, ""))


def _failed(call: Call, receipts: Delivery, now: datetime) -> tuple[str, str]:
    names = {"why": reason_label(call.reason), "detail": call.detail}
    return _("It could not be sent: %(why)s. %(detail)s") % names, str(
        NEXT_STEPS.get(call.reason, NEXT_STEPS[Reason.REFUSED])
    )


_SUMMARIES = {
    CallState.IN_PROGRESS: _in_progress,
    CallState.PENDING: _pending,
    CallState.DELIVERED: _delivered,
    CallState.SKIPPED: _skipped,
    CallState.FAILED: _failed,
}
