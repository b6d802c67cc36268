"""Makes the timeline of a call: what happened to it, as sentences in order.

Makes no query: the caller passes the loaded models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.employees import MatchedBy, match_employee
from integrations.domain.outcome import is_known_status, outcome_of
from integrations.domain.reasons import Reason
from integrations.models import (
    Call,
    CallbackTask,
    CallHistory,
    CallState,
    Delivery,
    HistoryKind,
    PlanfixRequest,
    RoutingAnswer,
    Step,
    WebhookEvent,
)
from integrations.ui.call_row import (
    call_reason,
    callback_task_of,
    explained,
    format_duration,
    is_technical,
    next_attempt,
    pause_reason,
)
from integrations.ui.durations import DAY
from integrations.ui.labels import INCOMPLETE, KIND_SENTENCES, LazyText, reason_label, without_full_stop
from integrations.ui.local_time import local_second, local_time
from integrations.ui.phone_text import grouped
from integrations.ui.routing import answer_sentence

IN_FLIGHT = {
    Step.CONTACT: gettext_lazy(
        "It is not known yet whether the contact was created. Ringofix checks Planfix before it retries."
    ),
    Step.RECORDING: gettext_lazy(
        "It is not known yet whether the recording was copied. Ringofix copies it again if necessary."
    ),
    Step.COMMENT: gettext_lazy(
        "It is not known yet whether the comment was written. Ringofix checks Planfix before it retries."
    ),
    Step.TAG: gettext_lazy(
        "It is not known yet whether the data tag was filled in. Ringofix checks Planfix before it retries."
    ),
}


MATCHED_BY: dict[MatchedBy, LazyText] = {
    MatchedBy.STAFF_ID: gettext_lazy("the staff ID"),
    MatchedBy.SIP_LOGIN: gettext_lazy("the SIP login or phone"),
    MatchedBy.EXTENSION: gettext_lazy("the extension"),
    MatchedBy.EMAIL: gettext_lazy("the e-mail address"),
    MatchedBy.NAME: gettext_lazy("the name"),
}


ACTIONS: dict[HistoryKind, tuple[LazyText, LazyText]] = {
    HistoryKind.RETRIED: (gettext_lazy("The call was retried."), gettext_lazy("%(name)s retried the call.")),
    HistoryKind.REREAD: (
        gettext_lazy("The webhooks were re-read and the call retried."),
        gettext_lazy("%(name)s re-read the webhooks and retried the call."),
    ),
}
"""The sentences for an action, without and with the user's name."""

REQUEST_OF_STEP: dict[str, Callable[[PlanfixRequest], bool]] = {
    "person": lambda sent: sent.path.endswith("/contact/list"),
    "person_add": lambda sent: sent.method == "POST" and sent.path.rstrip("/").endswith("/contact"),
    "task_alt": lambda sent: sent.path.endswith("/task/list"),
    "graphic_eq": lambda sent: "/file/" in sent.path,
    "chat": lambda sent: "/comments" in sent.path,
    "sell": lambda sent: "/datatags/" in sent.path and sent.method == "POST",
}
"""By the icon of a step's entry: a function that tells whether a request did this step."""


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    text: str
    icon: str
    colour: str = ""
    """A colour of ui.labels.BADGE_CLASSES."""
    at: datetime | None = None
    """None if the time is unknown. The entry then keeps its place."""
    time: str = ""
    """`at` in the customer's time zone, with the date unless it is the day of the call."""
    offset: str = ""
    """`at` from the start of the call, "+0:42"; "" for the start itself, and after a day."""
    technical_detail: str = ""
    """The stored line that the text explains."""


def timeline(
    call: Call,
    receipts: Delivery,
    *,
    events: Sequence[WebhookEvent],
    requests: Sequence[PlanfixRequest],
    now: datetime,
    history: Sequence[CallHistory] = (),
    answers: Sequence[RoutingAnswer] = (),
) -> list[TimelineEntry]:
    """The timeline of a call, ordered by time. The call must be loaded with ui.call_row.RELATED.

    Retention may have deleted some of `events`, `requests`, `history` and the routing `answers`.
    """
    facts = call.folded
    steps = [
        *_contact(call, receipts),
        *_target(receipts),
        *_recording(receipts),
        *_comment(call, receipts),
        *_tag(call, facts, receipts),
    ]
    task = callback_task_of(call)
    of_call = [sent for sent in requests if not (task and _is_about(task, sent))]
    entries = [
        *_call_and_webhooks(call, facts, events),
        *(_routing(answer) for answer in answers),
        *_employee(call, facts),
        *_history(call, history),
        *(_with_request_time(step, of_call) for step in steps),
        *(_callback_task(call, task, requests) if task else ()),
        *_requests_and_attempts(receipts, requests),
    ]
    return [_with_time(call, entry) for entry in [*_by_time(entries), *_current_state(call, receipts, now)]]


def _by_time(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Sorts the entries by time. An entry without a time stays after the one before it."""
    keys: list[float] = []
    for entry in entries:
        keys.append(entry.at.timestamp() if entry.at else (keys[-1] if keys else 0.0))
    return [entry for _key, entry in sorted(zip(keys, entries, strict=True), key=lambda pair: pair[0])]


def _with_time(call: Call, entry: TimelineEntry) -> TimelineEntry:
    if entry.at is None:
        return entry
    time = local_second(call.customer, entry.at, call.started_at)
    return replace(entry, time=time, offset=_offset(entry.at - call.started_at))


def _offset(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    return f"+{format_duration(seconds)}" if 0 < seconds < DAY else ""


def _with_request_time(step: TimelineEntry, requests: Sequence[PlanfixRequest]) -> TimelineEntry:
    """Adds the time of the newest request that did the step, if that request is still stored."""
    is_of_step = REQUEST_OF_STEP.get(step.icon)
    times = [sent.sent_at for sent in requests if is_of_step and is_of_step(sent)]
    return replace(step, at=max(times)) if times else step


def _history(call: Call, history: Sequence[CallHistory]) -> Iterator[TimelineEntry]:
    """The failed attempts and the actions of people. Leaves out the attempt that made the current state."""
    is_manual = False
    for entry in history:
        if entry.kind == HistoryKind.ATTEMPT:
            if not _is_current_state(call, entry):
                yield _attempt(entry, is_manual)
            is_manual = False
        else:
            yield _action(entry)
            is_manual = True


def _is_current_state(call: Call, entry: CallHistory) -> bool:
    """Tells whether this attempt made the call's final state, which the last entry of the timeline shows."""
    is_finished = call.finished_at is not None and abs((call.finished_at - entry.at).total_seconds()) < 1
    return is_finished and (call.state, call.reason) == (entry.state, entry.reason)


def _attempt(entry: CallHistory, is_manual: bool) -> TimelineEntry:
    text = _("Attempt after the retry: %(why)s.") if is_manual else _("Automatic attempt: %(why)s.")
    if entry.state == CallState.SKIPPED:
        text = _("Skipped: %(why)s.")
    is_plain = entry.state == CallState.SKIPPED or not is_technical(entry.detail)
    meaning = entry.detail if is_plain else explained(entry.detail)
    return TimelineEntry(
        text=" ".join([text % {"why": reason_label(entry.reason)}, meaning]).strip(),
        icon="block" if entry.state == CallState.SKIPPED else "sync_problem",
        colour="" if entry.state == CallState.SKIPPED else "warning",
        at=entry.at,
        technical_detail="" if is_plain else entry.detail,
    )


def _action(entry: CallHistory) -> TimelineEntry:
    text = ACTIONS[HistoryKind(entry.kind)][bool(entry.by_name)]
    return TimelineEntry(text=str(text) % {"name": entry.by_name}, icon="person_edit", at=entry.at)


def _call_and_webhooks(call: Call, facts: CallFacts, events: Sequence[WebhookEvent]) -> Iterator[TimelineEntry]:
    number = grouped(call.client_number) or _("an unknown number")
    kind = str(KIND_SENTENCES.get((call.direction, call.outcome), _("A call with %(number)s.")))
    yield TimelineEntry(text=kind % {"number": number}, icon="call", at=call.started_at)
    if call.outcome and facts.status and not is_known_status(facts.status):
        text = _(
            "Ringofix does not know the outcome “%(status)s”. The talk time decided whether the call was answered."
        )
        yield TimelineEntry(text=text % {"status": facts.status}, icon="help", colour="warning")
    if events:
        count, first = len(events), min(event.received_at for event in events)
        text = ngettext("Webhook received at %(time)s.", "%(count)s webhooks received, the first at %(time)s.", count)
        names = {"count": count, "time": local_time(call.customer, first, call.started_at)}
        yield TimelineEntry(text=text % names, icon="webhook", at=first)
    else:
        yield TimelineEntry(text=_("No webhooks stored."), icon="webhook")


def _routing(answer: RoutingAnswer) -> TimelineEntry:
    icon = "phone_forwarded" if answer.directions else "phone_disabled"
    return TimelineEntry(text=answer_sentence(answer), icon=icon, at=answer.asked_at)


def _employee(call: Call, facts: CallFacts) -> Iterator[TimelineEntry]:
    """Says how the employee was matched. A missed incoming call has no employee."""
    employee = call.employee
    if employee is None or (call.direction, call.outcome) == (Direction.INCOMING, Outcome.MISSED):
        return
    match = match_employee(facts, (employee.facts,), call.customer.region)
    if match.by in MATCHED_BY:
        text = _("%(employee)s was matched by %(what)s.")
        names = {"employee": employee.name, "what": MATCHED_BY[match.by]}
        yield TimelineEntry(text=text % names, icon="badge")
    elif employee.pk and employee.pk == call.customer.fallback_employee_id:
        text = _("The call is logged under %(employee)s, the fallback employee, because %(who)s is not included.")
        names = {"employee": employee.name, "who": match.seen or _("an unnamed employee")}
        yield TimelineEntry(text=text % names, icon="badge", colour="warning")


def _contact(call: Call, receipts: Delivery) -> Iterator[TimelineEntry]:
    contact, found = receipts.contact_id, receipts.contacts_found
    if contact is None:
        return
    if receipts.contact_created:
        text = _("Contact %(contact)s was created.")
    elif found > 1:
        # services/contacts/search.py chooses the contact.
        text = _("%(found)s contacts have this number. Contact %(contact)s was chosen: full number first, then oldest.")
    elif found == 1:
        text = _("Contact %(contact)s was found by %(number)s.")
    else:
        text = _("Contact %(contact)s is known from an earlier call with this number.")
    colour = "warning" if found > 1 else ""
    icon = "person_add" if receipts.contact_created else "person"
    names = {"contact": contact, "found": found, "number": grouped(call.client_number)}
    yield TimelineEntry(text=text % names, icon=icon, colour=colour)


def _target(receipts: Delivery) -> Iterator[TimelineEntry]:
    if receipts.task_id:
        text = _("The call goes to task %(task)s, the contact's last active task.") % {"task": receipts.task_id}
        yield TimelineEntry(text=text, icon="task_alt")
    elif any(part.startswith("comments of task") for part in receipts.refused_parts):
        text = _("The contact's last active task takes no comments: the call goes to the contact.")
        yield TimelineEntry(text=text, icon="task_alt", colour="warning")
    elif receipts.target_known:
        yield TimelineEntry(text=_("The contact has no active task: the call goes to the contact."), icon="task_alt")


def _recording(receipts: Delivery) -> Iterator[TimelineEntry]:
    if receipts.file_id:
        text = _("The recording was copied to Planfix as file %(file)s.") % {"file": receipts.file_id}
        yield TimelineEntry(text=text, icon="graphic_eq")
    elif receipts.recording_refused:
        text = _("The recording was not copied: %(why)s. The comment links to it.")
        text %= {"why": without_full_stop(receipts.recording_refused)}
        yield TimelineEntry(text=text, icon="graphic_eq", colour="warning")


def _comment(call: Call, receipts: Delivery) -> Iterator[TimelineEntry]:
    if receipts.comment_id is None:
        return
    if (call.direction, call.outcome) == (Direction.INCOMING, Outcome.MISSED):
        text = _("Comment %(comment)s was written in the name of the contact.")
    elif call.employee:
        text = _("Comment %(comment)s was written in the name of %(employee)s.")
    else:
        text = _("Comment %(comment)s was written.")
    names = {"comment": receipts.comment_id, "employee": call.employee.name if call.employee else ""}
    yield TimelineEntry(text=text % names, icon="chat")
    yield from _correction(call)


def _correction(call: Call) -> Iterator[TimelineEntry]:
    """Says that Ringostat reported another outcome after the delivery."""
    outcome = outcome_of(call.folded)
    if call.state != CallState.DELIVERED or not call.outcome or outcome == call.outcome:
        return
    text = (
        _("Ringostat later reported that the call was answered. The comment says so; author and data tag stay.")
        if outcome is Outcome.ANSWERED
        else _(
            "Ringostat later reported that the call was not answered. The comment says so; author and data tag stay."
        )
    )
    yield TimelineEntry(text=text, icon="published_with_changes", colour="warning")


def _tag(call: Call, facts: CallFacts, receipts: Delivery) -> Iterator[TimelineEntry]:
    if receipts.tag_key is None:
        return
    answered = call.outcome == Outcome.ANSWERED
    text = (
        _("The data tag of an answered call was filled in.")
        if answered
        else _("The data tag of a missed call was filled in.")
    )
    yield TimelineEntry(text=text, icon="sell")
    yield TimelineEntry(text=_utm(call, facts), icon="campaign")
    if receipts.missing_fields:
        text = _("Skipped, because Planfix has no such field: %(fields)s.")
        yield TimelineEntry(text=text % {"fields": ", ".join(receipts.missing_fields)}, icon="rule", colour="warning")
    if receipts.refused_parts:
        text = _("Planfix did not accept: %(parts)s. The rest is in Planfix; check these by hand.")
        yield TimelineEntry(text=text % {"parts": ", ".join(receipts.refused_parts)}, icon="rule", colour="warning")


def _is_about(task: CallbackTask, sent: PlanfixRequest) -> bool:
    path = sent.path.rstrip("/")
    return path == "/task" or (task.task_id is not None and f"{path}/".startswith(f"/task/{task.task_id}/"))


def _callback_task(call: Call, task: CallbackTask, requests: Sequence[PlanfixRequest]) -> Iterator[TimelineEntry]:
    """Says what was written to the callback task about this call. The current state shows a refusal."""
    if task.task_id is None:
        return
    times = [sent.sent_at for sent in requests if sent.method == "POST" and _is_about(task, sent)]
    text = _("Callback task %(task)s was created.")
    if task.call_id != call.pk:
        text = _("The call was added to callback task %(task)s as a comment.")
    yield TimelineEntry(text=text % {"task": task.task_id}, icon="add_task", at=max(times, default=None))
    if task.call_id == call.pk and task.reached_comment_id:
        yield TimelineEntry(text=_("The callback task says that the client was reached."), icon="phone_callback")


def _utm(call: Call, facts: CallFacts) -> str:
    if call.direction == Direction.OUTGOING:
        return _("No UTM: the call is outgoing.")
    tags = [f"{name} = {value}" for name, value in sorted(facts.parameters.items()) if name.startswith("utm_")]
    if not tags:
        return _("No UTM: the call has none.")
    return _("UTM of the call: %(tags)s.") % {"tags": ", ".join(tags)}


def _requests_and_attempts(receipts: Delivery, requests: Sequence[PlanfixRequest]) -> Iterator[TimelineEntry]:
    if not requests:
        return
    count, attempts = len(requests), receipts.attempts
    text = ngettext("One request to Planfix.", "%(count)s requests to Planfix.", count)
    yield TimelineEntry(text=text % {"count": count}, icon="sync_alt")
    if attempts > 1:
        text = ngettext("One attempt.", "%(count)s attempts.", attempts)
        yield TimelineEntry(text=text % {"count": attempts}, icon="replay")


def _current_state(call: Call, receipts: Delivery, now: datetime) -> Iterator[TimelineEntry]:
    if receipts.in_flight_step and call.state == CallState.PENDING:
        yield TimelineEntry(text=str(IN_FLIGHT[Step(receipts.in_flight_step)]), icon="help", colour="warning")
    state = CallState(call.state)
    yield from _CURRENT_STATES[state](call, now)


def _in_progress(call: Call, now: datetime) -> Iterator[TimelineEntry]:
    yield TimelineEntry(text=_("The call has not ended yet. It is sent to Planfix when it ends."), icon="ring_volume")


def _pending(call: Call, now: datetime) -> Iterator[TimelineEntry]:
    if call.customer.paused_reason:
        why, line = pause_reason(call.customer)
        text = _("Waiting because the customer is paused: %(why)s. No call is lost.") % {"why": why}
        yield TimelineEntry(text=text, icon="pause_circle", colour="warning", technical_detail=line)
        return
    due = next_attempt(call)
    if due <= now:
        yield TimelineEntry(text=_("The call is about to be sent to Planfix."), icon="schedule")
        return
    text = _("Next attempt at %(time)s.")
    if call.reason:
        text = _("Next attempt at %(time)s. Reason: %(why)s.")
    names = {"time": local_time(call.customer, due, call.started_at), "why": call_reason(call)}
    yield TimelineEntry(text=text % names, icon="schedule", colour="warning")


def _delivered(call: Call, now: datetime) -> Iterator[TimelineEntry]:
    if call.due_at:
        yield from _pending_additions(call, now)
        return
    text = _("Everything is in Planfix.")
    if call.finished_at:
        text = _("Everything has been in Planfix since %(time)s.") % {
            "time": local_time(call.customer, call.finished_at, call.started_at)
        }
    yield TimelineEntry(text=text, icon="check_circle", colour="success", at=call.finished_at)
    if call.reason in INCOMPLETE:
        text = " ".join([str(INCOMPLETE[call.reason]), explained(call.detail)]).strip()
        yield TimelineEntry(text=text, icon="link_off", colour="warning", technical_detail=call.detail)


def _pending_additions(call: Call, now: datetime) -> Iterator[TimelineEntry]:
    yield TimelineEntry(text=_("The call itself is in Planfix."), icon="check_circle", colour="success")
    due = next_attempt(call)
    if call.customer.paused_reason:
        why, line = pause_reason(call.customer)
        text = _("Later data, such as the recording, waits because the customer is paused: %(why)s.") % {"why": why}
        yield TimelineEntry(text=text, icon="pause_circle", colour="warning", technical_detail=line)
    elif due <= now:
        yield TimelineEntry(text=_("Later data, such as the recording, is about to be added."), icon="schedule")
    else:
        text = _("Next check for the recording and other later data at %(time)s.")
        yield TimelineEntry(text=text % {"time": local_time(call.customer, due, call.started_at)}, icon="schedule")


def _skipped(call: Call, now: datetime) -> Iterator[TimelineEntry]:
    if call.reason == Reason.DISMISSED:
        text = _("Marked as resolved and not sent. %(detail)s")
        yield TimelineEntry(text=text % {"detail": call.detail}, icon="task_alt", at=call.finished_at)
        return
    text = _("Skipped: %(why)s – %(detail)s.") if call.detail else _("Skipped: %(why)s.")
    names = {"why": call_reason(call), "detail": call.detail}
    yield TimelineEntry(text=text % names, icon="block", at=call.finished_at)


def _failed(call: Call, now: datetime) -> Iterator[TimelineEntry]:
    parts = [_("Failed: %(why)s.") % {"why": call_reason(call)}, explained(call.detail), _("Needs attention.")]
    text = " ".join(part for part in parts if part)
    yield TimelineEntry(text=text, icon="error", colour="danger", at=call.finished_at, technical_detail=call.detail)


_CURRENT_STATES = {
    CallState.IN_PROGRESS: _in_progress,
    CallState.PENDING: _pending,
    CallState.DELIVERED: _delivered,
    CallState.SKIPPED: _skipped,
    CallState.FAILED: _failed,
}
