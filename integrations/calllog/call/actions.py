"""A specialist's actions on one call: retry it, re-read its webhooks, ignore its number, dismiss it.

Writes each action to the audit log. Sends no request to Planfix: the worker does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from integrations.domain.phones import normalize
from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, EventResult
from integrations.services.calls.dismiss import dismiss
from integrations.services.calls.ignored_numbers import ignore_number, skip_ignored
from integrations.services.calls.own_lines import is_own_line
from integrations.services.calls.replay import NEVER_REPLAYED, replay_call, send_again
from integrations.ui.labels import LazyText
from integrations.ui.links import dry_run_url, employees_url
from integrations.users.audit import audit_record
from integrations.users.visibility import calls_visible_to, may_act_on_calls

NOTE_LENGTH = 200
EMPLOYEE_REASONS = (Reason.UNKNOWN_EMPLOYEE, Reason.AMBIGUOUS_EMPLOYEE, Reason.EMPLOYEE_NOT_PARTICIPATING)


@dataclass(frozen=True, kw_only=True)
class ActionResult:
    """The result of an action: a message for the user, and one for the audit log, which is "" if nothing changed."""

    message: str
    audit_message: str = ""


@dataclass(frozen=True, kw_only=True)
class AvailableActions:
    """The actions that a call's state and reason allow. An action with "" or False is not available."""

    retry_label: LazyText
    is_retry_primary: bool
    can_reread: bool
    can_ignore_number: bool
    is_own_line: bool
    """The number is one of the customer's own lines, so the page suggests ignoring it."""
    can_dismiss: bool
    dry_run_url: str
    employees_url: str


RETRY_LABELS: Mapping[str, LazyText] = {
    CallState.FAILED: pgettext_lazy("button", "Retry call"),
    CallState.SKIPPED: pgettext_lazy("button", "Retry call"),
    CallState.PENDING: gettext_lazy("Retry now"),
}


def available_actions(call: Call) -> AvailableActions:
    """The actions for a call, which must be loaded with its customer."""
    is_known = call.reason not in NEVER_REPLAYED
    number = normalize(call.client_number, call.customer.region)
    has_unmatched_employee = call.reason in EMPLOYEE_REASONS
    can_ignore_number = number is not None and number not in call.customer.full_ignored_numbers
    return AvailableActions(
        retry_label=RETRY_LABELS.get(call.state, "") if is_known else "",
        is_retry_primary=call.state == CallState.FAILED,
        can_reread=call.reason != Reason.ERASED and call.state != CallState.IN_PROGRESS,
        can_ignore_number=can_ignore_number,
        is_own_line=can_ignore_number and is_own_line(call),
        can_dismiss=call.state == CallState.FAILED,
        dry_run_url=dry_run_url(call.customer_id, call.pk) if is_known else "",
        employees_url=employees_url(call.customer_id, call.pk) if has_unmatched_employee else "",
    )


@require_POST
@login_required
def act(request: HttpRequest, call_id: int, action: str) -> HttpResponse:
    """Runs the action that the URL names, then shows the call again."""
    user = cast(User, request.user)
    call = get_object_or_404(calls_visible_to(user).select_related("customer"), pk=call_id)
    if not may_act_on_calls(user):
        raise PermissionDenied
    if action not in ACTIONS:
        raise Http404
    result = ACTIONS[action](call, request)
    if result.audit_message:
        audit_record(user, result.audit_message % {"call": call.ringostat_id}, call.customer)
    messages.add_message(request, messages.SUCCESS if result.audit_message else messages.WARNING, result.message)
    return redirect("calllog:call", call.pk)


def _retry(call: Call, request: HttpRequest) -> ActionResult:
    if not send_again(call, by=cast(User, request.user)):
        return ActionResult(
            message=_("The call cannot be retried: it is in Planfix already, or its details are missing.")
        )
    waits = _(" The customer is paused, so the call waits until it is resumed.") if call.customer.paused_reason else ""
    return ActionResult(message=_("The call is being retried.") + waits, audit_message=_("Call %(call)s was retried."))


def _reread(call: Call, request: HttpRequest) -> ActionResult:
    if call.reason == Reason.ERASED:
        return ActionResult(message=_("The data of this call was erased, so there is nothing to re-read."))
    results = replay_call(call, by=cast(User, request.user))
    count = results[EventResult.CALL]
    text = ngettext(
        "One webhook was re-read. The call is retried with today's settings.",
        "%(count)s webhooks were re-read. The call is retried with today's settings.",
        count,
    )
    if not results:
        text = _("The webhooks are no longer stored. The call is retried with the stored details.")
    return ActionResult(
        message=text % {"count": count},
        audit_message=_("The webhooks of call %(call)s were re-read and the call retried."),
    )


def _ignore_number(call: Call, request: HttpRequest) -> ActionResult:
    try:
        is_new = ignore_number(call.customer_id, call.client_number)
    except ValueError:
        return ActionResult(message=_("The client's number is not a phone number, so it cannot be ignored."))
    if not is_new:
        return ActionResult(message=_("The number is already on the ignore list."))
    skip_ignored(Call.objects.filter(pk=call.pk))
    return ActionResult(
        message=_("Calls with %(number)s no longer go to Planfix.") % {"number": call.client_number},
        audit_message=_("The number of call %(call)s was added to the ignore list."),
    )


def _dismiss(call: Call, request: HttpRequest) -> ActionResult:
    note = " ".join(request.POST.get("note", "").split())[:NOTE_LENGTH]
    if not note:
        return ActionResult(message=_("The call was not marked as resolved: enter a resolution note."))
    if not dismiss(Call.objects.filter(pk=call.pk), note=note, by=cast(User, request.user)):
        return ActionResult(message=_("Only a failed call can be marked as resolved."))
    return ActionResult(
        message=_("The call is marked as resolved."), audit_message=_("Call %(call)s was marked as resolved.")
    )


ACTIONS: Mapping[str, Callable[[Call, HttpRequest], ActionResult]] = {
    "send-again": _retry,
    "replay": _reread,
    "ignore-number": _ignore_number,
    "settle": _dismiss,
}
"""Actions by the last part of the URL."""
