"""The words for a customer's status: label, sentence and next step, for pages and mails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from integrations.domain.calls import EventKind
from integrations.domain.reasons import Reason
from integrations.models import CallState
from integrations.models.call import REASONS
from integrations.planfix.http.explanations import explain
from integrations.services.customers.connection_report import Check, Finding
from integrations.services.customers.connection_texts import sentence_and_steps
from integrations.services.monitoring.customer_status import NEW_NETWORK, Cause, Issue

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class NextStep:
    text: str
    address: str


LABELS: Mapping[Cause, Text] = {
    Cause.PAUSED_BY_HAND: gettext_lazy("Paused by hand"),
    Cause.PAUSED: gettext_lazy("Paused"),
    Cause.NO_ACCESS: gettext_lazy("No access"),
    Cause.RIGHTS_MISSING: gettext_lazy("Permissions missing"),
    Cause.ACCOUNT_INCOMPLETE: gettext_lazy("Planfix set-up incomplete"),
    Cause.NO_EMPLOYEES: gettext_lazy("No employees"),
    Cause.NEW: gettext_lazy("No webhook yet"),
    Cause.NO_CALL: gettext_lazy("No call yet"),
    Cause.NOT_UNDERSTOOD: gettext_lazy("Not understood"),
    Cause.EVENT_MISSING: gettext_lazy("Webhook missing"),
    Cause.SILENT: gettext_lazy("No webhooks"),
    Cause.NO_WORKER: gettext_lazy("No worker"),
    Cause.FAILED: gettext_lazy("Calls failed"),
    Cause.LATE: gettext_lazy("Late"),
    Cause.SKIPPED: gettext_lazy("Calls are skipped"),
    Cause.DIFFERENT: gettext_lazy("Planfix differs"),
    Cause.LEAKED: gettext_lazy("Address may have leaked"),
    Cause.CONTACTS_HELD: gettext_lazy("New contacts held"),
    Cause.TRAFFIC: gettext_lazy("Too many webhooks"),
    Cause.CALL_LIST_UNREADABLE: gettext_lazy("Call list unreadable"),
    Cause.WAITING: gettext_lazy("Waiting for Planfix"),
    Cause.RECORDINGS_REFUSED: gettext_lazy("Recordings missing"),
    Cause.TASKS_REFUSED: gettext_lazy("Callback tasks missing"),
    Cause.DIRECTORY_UNREADABLE: gettext_lazy("Contacts unreadable"),
    Cause.CONNECTED: gettext_lazy("Connected"),
}

SENTENCES: Mapping[Cause, Text] = {
    Cause.PAUSED_BY_HAND: gettext_lazy("Paused by hand: %(detail)s."),
    Cause.PAUSED: gettext_lazy("Calls wait, because Planfix denies access."),
    Cause.NO_ACCESS: gettext_lazy("No Planfix token is stored."),
    Cause.NO_EMPLOYEES: ngettext_lazy(
        "One of %(of)s calls was skipped, because no employee is included.",
        "%(count)s of %(of)s calls were skipped, because no employee is included.",
        "count",
    ),
    Cause.NEW: gettext_lazy("No webhook has arrived yet."),
    Cause.NO_CALL: gettext_lazy("Webhooks arrive, but none of them is about a call."),
    Cause.NOT_UNDERSTOOD: ngettext_lazy(
        "One webhook request of the last 7 days was not understood.",
        "%(count)s webhook requests of the last 7 days were not understood.",
        "count",
    ),
    Cause.SILENT: gettext_lazy("No webhook has arrived since %(since)s."),
    Cause.NO_WORKER: ngettext_lazy(
        "One call waits, because no worker is running.",
        "%(count)s calls wait, because no worker is running.",
        "count",
    ),
    Cause.FAILED: ngettext_lazy("One call failed.", "%(count)s calls failed.", "count"),
    Cause.LATE: ngettext_lazy(
        "One call waits. It has been waiting since %(since)s.",
        "%(count)s calls wait. The oldest has been waiting since %(since)s.",
        "count",
    ),
    Cause.SKIPPED: ngettext_lazy(
        "One of %(of)s calls was skipped: %(reason)s.", "%(count)s of %(of)s calls were skipped: %(reason)s.", "count"
    ),
    Cause.DIFFERENT: ngettext_lazy(
        "One call in Planfix differs from what was sent.",
        "%(count)s calls in Planfix differ from what was sent.",
        "count",
    ),
    Cause.LEAKED: ngettext_lazy(
        "Ringostat's call list does not have %(count)s recent call.",
        "Ringostat's call list does not have %(count)s recent calls.",
        "count",
    ),
    Cause.CONTACTS_HELD: ngettext_lazy(
        "One call is held: more contacts were created within an hour than is usual.",
        "%(count)s calls are held: more contacts were created within an hour than is usual.",
        "count",
    ),
    Cause.TRAFFIC: gettext_lazy("The webhook address gets far more requests than usual, and some are refused."),
    Cause.CALL_LIST_UNREADABLE: gettext_lazy(
        "The Ringostat call list cannot be read, so calls whose webhook is lost are not recovered."
    ),
    Cause.WAITING: gettext_lazy("Planfix does not answer. Next attempt at %(until)s."),
    Cause.RECORDINGS_REFUSED: ngettext_lazy(
        "One recording was not copied into Planfix. The comment links to Ringostat.",
        "%(count)s recordings were not copied into Planfix. The comments link to Ringostat.",
        "count",
    ),
    Cause.TASKS_REFUSED: ngettext_lazy(
        "Planfix refused one callback task. Its call is in Planfix.",
        "Planfix refused %(count)s callback tasks. Their calls are in Planfix.",
        "count",
    ),
    Cause.DIRECTORY_UNREADABLE: gettext_lazy(
        "Ringofix cannot read the contacts of the account in advance. It searches Planfix for each call instead."
    ),
    Cause.CONNECTED: ngettext_lazy(
        "%(count)s of %(of)s call of the last 7 days is in Planfix.",
        "%(count)s of %(of)s calls of the last 7 days are in Planfix.",
        "of",
    ),
}
SPECIAL_SENTENCES: Mapping[tuple[Cause, str], Text] = {
    (Cause.EVENT_MISSING, EventKind.AFTER_CALL): gettext_lazy(
        "The webhook “after the call” does not arrive. Calls are read from the call list instead, minutes late."
    ),
    (Cause.EVENT_MISSING, EventKind.AFTER_OUTGOING_CALL): gettext_lazy(
        "The webhook “after an outgoing call” does not arrive. Calls are read from the call list instead, minutes late."
    ),
    (Cause.LEAKED, NEW_NETWORK): ngettext_lazy(
        "Webhooks come from a network that never sent before, and Ringostat's call list does not have %(count)s recent"
        " call.",
        "Webhooks come from a network that never sent before, and Ringostat's call list does not have %(count)s recent"
        " calls.",
        "count",
    ),
    (Cause.FAILED, Reason.INTERNAL_ERROR): ngettext_lazy(
        "One call failed because of an error in Ringofix.",
        "%(count)s calls failed because of an error in Ringofix.",
        "count",
    ),
}
"""Sentences by cause and code. They override SENTENCES."""
SENTENCES_WITHOUT_COUNT: Mapping[tuple[Cause, str], Text] = {
    (Cause.NO_EMPLOYEES, ""): gettext_lazy("No employees included yet: answered calls will not reach Planfix."),
    (Cause.EVENT_MISSING, EventKind.AFTER_CALL): gettext_lazy(
        "No incoming call arrives. If this company receives calls, add the webhook “after the call”."
    ),
    (Cause.EVENT_MISSING, EventKind.AFTER_OUTGOING_CALL): gettext_lazy(
        "No outgoing call arrives. If this company calls clients, add the webhook “after an outgoing call”."
    ),
    (Cause.LEAKED, NEW_NETWORK): gettext_lazy(
        "Webhooks come from a network that never sent before, far more than usual."
    ),
    (Cause.LEAKED, ""): gettext_lazy("Far more webhooks than usual."),
    (Cause.CONNECTED, ""): gettext_lazy("No calls in the last 7 days."),
}
"""Sentences by cause and code for an issue without calls or requests."""

REASONS_TO_WAIT: Mapping[str, Text] = {
    Reason.UNAVAILABLE: gettext_lazy("Planfix does not answer."),
    Reason.ACCESS_DENIED: gettext_lazy("Planfix denied access."),
    Reason.TOO_MANY_CONTACTS: gettext_lazy("More contacts were created than is usual."),
    Reason.SEARCH_BLIND: gettext_lazy("Planfix's contact search does not find contacts that exist."),
}
SAY_SINCE = frozenset(
    {
        Cause.PAUSED_BY_HAND,
        Cause.PAUSED,
        Cause.NO_EMPLOYEES,
        Cause.EVENT_MISSING,
        Cause.NO_WORKER,
        Cause.FAILED,
        Cause.SKIPPED,
        Cause.DIFFERENT,
        Cause.CALL_LIST_UNREADABLE,
        Cause.TASKS_REFUSED,
        Cause.DIRECTORY_UNREADABLE,
    }
)
"""Causes whose sentence is followed by “Since …”."""


def sentence_of(issue: Issue, when: Callable[[datetime], str]) -> str:
    """Describes the issue in one to three short sentences. `when` formats a time in the customer's zone."""
    since = when(issue.since) if issue.since else ""
    values = {
        "count": issue.count,
        "of": issue.of,
        "since": since,
        "until": when(issue.until) if issue.until else "",
        "detail": issue.detail.rstrip("."),
        "reason": REASONS.get(issue.code, issue.code),
    }
    parts = [_text(issue) % values, _why(issue)]
    if since and issue.cause in SAY_SINCE:
        parts.append(_("Since %(since)s.") % values)
    return " ".join(part for part in parts if part)


def _text(issue: Issue) -> Any:
    """The template that sentence_of() fills with values."""
    key = (issue.cause, issue.code)
    if issue.code in FINDINGS:
        text, _steps = sentence_and_steps(Check(finding=Finding(issue.code), names=issue.names))
        return text.replace("%", "%%")
    if not (issue.count or issue.of) and key in SENTENCES_WITHOUT_COUNT:
        return SENTENCES_WITHOUT_COUNT[key]
    return SPECIAL_SENTENCES.get(key) or SENTENCES[issue.cause]


FINDINGS = frozenset(Finding)


EXPLAINED = frozenset({Cause.PAUSED, Cause.FAILED, Cause.TASKS_REFUSED, Cause.DIRECTORY_UNREADABLE})
"""Causes whose sentence is followed by an explanation of their error message."""


def _why(issue: Issue) -> str:
    if issue.cause is Cause.LATE:
        return str(REASONS_TO_WAIT.get(issue.code, ""))
    explained = explain(issue.detail) if issue.cause in EXPLAINED else ""
    if explained and issue.count > 1 and issue.cause is Cause.FAILED:
        return _("Last error: %(error)s") % {"error": explained}
    return explained


# --- next steps ---


def _page(name: str, fragment: str = "") -> Callable[[int], str]:
    return lambda customer_id: reverse(f"admin:integrations_customer_{name}", args=[customer_id]) + fragment


def _calls(state: CallState) -> Callable[[int], str]:
    return lambda customer_id: f"{reverse('calllog:list')}?customer={customer_id}&state={state.value}"


_ACCESS = (gettext_lazy("Check access"), _page("change", "#connection"))
_WEBHOOKS = (gettext_lazy("Set up webhooks"), _page("webhook_setup"))
_EMPLOYEES = (gettext_lazy("Match employees"), _page("employees"))
_WAITING = (gettext_lazy("Show waiting calls"), _calls(CallState.PENDING))

STEPS: Mapping[Cause, tuple[Text, Callable[[int], str]]] = {
    Cause.PAUSED_BY_HAND: (gettext_lazy("Resume customer"), _page("overview", "#pausing")),
    Cause.PAUSED: _ACCESS,
    Cause.NO_ACCESS: _ACCESS,
    Cause.RIGHTS_MISSING: _ACCESS,
    Cause.ACCOUNT_INCOMPLETE: _ACCESS,
    Cause.NO_EMPLOYEES: _EMPLOYEES,
    Cause.NEW: _WEBHOOKS,
    Cause.NO_CALL: _WEBHOOKS,
    Cause.NOT_UNDERSTOOD: (gettext_lazy("Show requests"), _page("webhook_setup")),
    Cause.EVENT_MISSING: (gettext_lazy("Add the webhook"), _page("webhook_setup")),
    Cause.SILENT: (gettext_lazy("Check webhooks"), _page("webhook_setup")),
    Cause.NO_WORKER: (gettext_lazy("Start a worker"), lambda customer_id: reverse("console:system")),
    Cause.FAILED: (gettext_lazy("Show failed calls"), _calls(CallState.FAILED)),
    Cause.LATE: _WAITING,
    Cause.SKIPPED: (gettext_lazy("Show skipped calls"), _calls(CallState.SKIPPED)),
    Cause.DIFFERENT: (gettext_lazy("Show differences"), _page("overview")),
    Cause.LEAKED: (gettext_lazy("Replace the address"), _page("webhook_setup")),
    Cause.CONTACTS_HELD: (gettext_lazy("Decide about held calls"), _page("webhook_setup")),
    Cause.TRAFFIC: (gettext_lazy("Replace the address"), _page("webhook_setup")),
    Cause.CALL_LIST_UNREADABLE: _ACCESS,
    Cause.WAITING: _WAITING,
    Cause.RECORDINGS_REFUSED: (gettext_lazy("Check access"), _page("change", "#connection")),
    Cause.TASKS_REFUSED: (gettext_lazy("Check callback tasks"), _page("callback_tasks")),
    Cause.DIRECTORY_UNREADABLE: (gettext_lazy("Check the directory"), _page("directory")),
    Cause.CONNECTED: (
        gettext_lazy("Show calls"),
        lambda customer_id: f"{reverse('calllog:list')}?customer={customer_id}",
    ),
}
STEPS_FOR_SKIPS: Mapping[str, tuple[Text, Callable[[int], str]]] = {
    Reason.UNKNOWN_EMPLOYEE: _EMPLOYEES,
    Reason.AMBIGUOUS_EMPLOYEE: _EMPLOYEES,
    Reason.EMPLOYEE_NOT_PARTICIPATING: (gettext_lazy("Include employees"), _page("employees")),
    Reason.UNKNOWN_CONTACT: (gettext_lazy("Change the settings"), _page("change")),
    Reason.NO_FINAL_EVENT: (gettext_lazy("Check webhooks"), _page("webhook_setup")),
    Reason.NO_CLIENT_NUMBER: (gettext_lazy("Check webhooks"), _page("webhook_setup")),
}
"""Next steps by reason. STEPS has the step for other reasons."""


def next_step(issue: Issue, customer_id: int) -> NextStep:
    if issue.cause is Cause.SKIPPED and (step := step_for_skips(issue.code, customer_id)):
        return step
    text, address = STEPS[issue.cause]
    return NextStep(text=str(text), address=address(customer_id))


def step_for_skips(reason: str, customer_id: int) -> NextStep | None:
    """The step after which the customer's calls are no longer skipped for this reason; None if there is none."""
    found = STEPS_FOR_SKIPS.get(reason)
    return NextStep(text=str(found[0]), address=found[1](customer_id)) if found else None
