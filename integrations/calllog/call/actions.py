"""What a specialist can do with one call: send it again, replay it, ignore its number, settle it. Each is written down
with who did it; none asks Planfix, which is the worker's to do.
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
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from integrations.domain.phones import normalize
from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, EventResult
from integrations.services.calls.dismiss import settle
from integrations.services.calls.ignored_numbers import ignore_number, skip_ignored
from integrations.services.calls.replay import NEVER_REPLAYED, replay_call, send_again
from integrations.ui.labels import LazyText
from integrations.ui.links import dry_run_url, employees_url
from integrations.users.audit import audit_record
from integrations.users.visibility import calls_visible_to, may_act_on_calls

NOTE_LENGTH = 200
STRANGERS = (Reason.UNKNOWN_EMPLOYEE, Reason.AMBIGUOUS_EMPLOYEE, Reason.EMPLOYEE_NOT_PARTICIPATING)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of an action: a sentence for who asked for it, and one for the book. No book: nothing was changed."""

    sentence: str
    book: str = ""


@dataclass(frozen=True, kw_only=True)
class Offers:
    """What can be done with a call as it stands; addresses are "" when there is no such page for it."""

    send_again: LazyText
    is_sending_next: bool
    replay: bool
    ignore_number: bool
    settle: bool
    dry_run: str
    employees: str


SEND_AGAIN: Mapping[str, LazyText] = {
    CallState.FAILED: gettext_lazy("Send again"),
    CallState.SKIPPED: gettext_lazy("Send again"),
    CallState.PENDING: gettext_lazy("Try now"),
}


def offers(call: Call) -> Offers:
    """For a call that brings its customer."""
    is_known = call.reason not in NEVER_REPLAYED
    full = normalize(call.client_number, call.customer.region)
    is_strange = call.reason in STRANGERS
    return Offers(
        send_again=SEND_AGAIN.get(call.state, "") if is_known else "",
        is_sending_next=call.state == CallState.FAILED,
        replay=call.reason != Reason.ERASED,
        ignore_number=full is not None and full not in call.customer.full_ignored_numbers,
        settle=call.state == CallState.FAILED,
        dry_run=dry_run_url(call.customer_id, call.pk) if is_known else "",
        employees=employees_url(call.customer_id, call.pk) if is_strange else "",
    )


@require_POST
@login_required
def act(request: HttpRequest, call_id: int, action: str) -> HttpResponse:
    """Does what the address names with one call, and shows the call again."""
    user = cast(User, request.user)
    call = get_object_or_404(calls_visible_to(user).select_related("customer"), pk=call_id)
    if not may_act_on_calls(user):
        raise PermissionDenied
    if action not in ACTIONS:
        raise Http404
    done = ACTIONS[action](call, request)
    if done.book:
        audit_record(user, done.book % {"call": call.ringostat_id}, call.customer)
    messages.add_message(request, messages.SUCCESS if done.book else messages.WARNING, done.sentence)
    return redirect("calllog:call", call.pk)


def _send_again(call: Call, request: HttpRequest) -> Done:
    if not send_again(call):
        return Done(sentence=_("There is nothing to send again: the call is in Planfix, or too little of it is known."))
    waits = _(" It waits until the customer is no longer paused.") if call.customer.paused_reason else ""
    return Done(sentence=_("The call is on its way again.") + waits, book=_("Call %(call)s was sent again."))


def _replay(call: Call, request: HttpRequest) -> Done:
    if call.reason == Reason.ERASED:
        return Done(sentence=_("Nothing of this call is kept that could be replayed."))
    results = replay_call(call)
    count = results[EventResult.CALL]
    text = ngettext(
        "One webhook was read again, and the call is decided anew with today's settings.",
        "%(count)s webhooks were read again, and the call is decided anew with today's settings.",
        count,
    )
    if not results:
        text = _("No webhook is kept any more, so the call is decided anew by what is known of it.")
    return Done(sentence=text % {"count": count}, book=_("Call %(call)s was replayed with the settings of the moment."))


def _ignore_number(call: Call, request: HttpRequest) -> Done:
    try:
        is_new = ignore_number(call.customer_id, call.client_number)
    except ValueError:
        return Done(sentence=_("What came as the client's number is no phone number, so it cannot be ignored."))
    if not is_new:
        return Done(sentence=_("The number is among the ignored ones already."))
    skip_ignored(Call.objects.filter(pk=call.pk))
    return Done(
        sentence=_("Calls of %(number)s no longer go to Planfix.") % {"number": call.client_number},
        book=_("The number of call %(call)s was added to the ignored ones."),
    )


def _settle(call: Call, request: HttpRequest) -> Done:
    note = " ".join(request.POST.get("note", "").split())[:NOTE_LENGTH]
    if not note:
        return Done(sentence=_("Write in a few words how the call was dealt with; without a note it was not settled."))
    if not settle(Call.objects.filter(pk=call.pk), note=note, by=cast(User, request.user)):
        return Done(sentence=_("Only a call that failed can be settled."))
    return Done(sentence=_("The call is settled."), book=_("Call %(call)s was marked as settled."))


ACTIONS: Mapping[str, Callable[[Call, HttpRequest], Done]] = {
    "send-again": _send_again,
    "replay": _replay,
    "ignore-number": _ignore_number,
    "settle": _settle,
}
"""By the last part of their addresses."""
