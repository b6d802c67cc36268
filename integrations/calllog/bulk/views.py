"""Actions on the selected calls, or on all calls that match the filters.

The confirmation page counts the affected calls and changes nothing. Confirming enqueues a background job.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from integrations.calllog.bulk.forecast import Forecast, forecast
from integrations.calllog.call.actions import NOTE_LENGTH
from integrations.calllog.list.filters import CallFilter
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJobKind, Call, CallState, Customer
from integrations.services.calls.ignored_numbers import numbers_among, spelled_numbers
from integrations.services.calls.replay import NEVER_REPLAYED
from integrations.services.queue.background import enqueue
from integrations.ui.labels import LazyText
from integrations.ui.page_context import page_context
from integrations.ui.parse_pk import parse_pk
from integrations.ui.phone_text import grouped
from integrations.users.audit import audit_record
from integrations.users.visibility import calls_visible_to, jobs_visible_to, may_act_on_calls

MAX_CALLS = 100_000
"""The most calls of one background job."""
MAX_SELECTED = 5000
"""The most calls that a user may select one by one."""
MAX_LISTED = 100
"""The most numbers that the confirmation page shows."""
MAX_NUMBERS = 1000
"""The most numbers to ignore at once. Delivery compares every call with the whole list."""

StateAndReason = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many calls or numbers an action affects, and how many calls it leaves unchanged, with the reasons."""

    affected: int
    unchanged: Sequence[tuple[int, LazyText]]
    is_too_many: bool = False
    by_customer: Mapping[int, int] = field(default_factory=dict)
    """How many phone numbers the action affects, by customer ID."""
    numbers: Sequence[str] = ()
    """The first phone numbers that the action affects, with grouped digits."""
    more_numbers: int = 0
    forecast: Forecast | None = None
    """Set only for a retry."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The calls that the user selected: by their keys, or all that match the filters (`call_ids` is None)."""

    calls: QuerySet[Call]
    filters: CallFilter
    call_ids: list[int] | None

    @property
    def arguments(self) -> dict[str, Any]:
        """The selection as arguments of a background job, for selection.py."""
        if self.call_ids is not None:
            return {"calls": self.call_ids}
        return {"filter": self.query}

    @property
    def query(self) -> str:
        return cast(QueryDict, self.filters.data).urlencode()

    @property
    def customer(self) -> Customer | None:
        """The customer of all selected calls; None if there may be several."""
        if self.call_ids is None:
            return cast("Customer | None", self.filters.form.cleaned_data.get("customer"))
        customers = list(self.calls.order_by().values_list("customer", flat=True).distinct()[:2])
        return Customer.objects.get(pk=customers[0]) if len(customers) == 1 else None

    def counts(self) -> Counter[StateAndReason]:
        """Counts the calls by state and reason, up to MAX_CALLS. Counts delivered calls with a query of their own,
        because nearly all calls may be delivered.
        """
        delivered, others = Q(state=CallState.DELIVERED), ~Q(state=CallState.DELIVERED)
        rows = self.calls.filter(others).order_by().values_list("state", "reason")
        counts: Counter[StateAndReason] = Counter(rows[: MAX_CALLS + 1])
        counts[CallState.DELIVERED, ""] = self.calls.filter(delivered).order_by()[: MAX_CALLS + 1].count()
        return +counts


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    kind: BackgroundJobKind
    title: LazyText
    plan: Callable[[Selection], Plan]
    needs_note: bool = False


UNCHANGED_STATES: Mapping[str, LazyText] = {
    CallState.DELIVERED: gettext_lazy("already in Planfix"),
    CallState.PENDING: gettext_lazy("already waiting to be sent"),
    CallState.IN_PROGRESS: gettext_lazy("not ended yet"),
}


def _why_not_retry(call: StateAndReason) -> LazyText:
    state, reason = call
    if reason in NEVER_REPLAYED:
        return gettext_lazy("their details are missing")
    if reason == Reason.DISMISSED:
        return gettext_lazy("marked as resolved")
    return UNCHANGED_STATES.get(state, "")


def _why_not_reread(call: StateAndReason) -> LazyText:
    state, reason = call
    if reason == Reason.ERASED:
        return gettext_lazy("their details are missing")
    if reason == Reason.DISMISSED:
        return gettext_lazy("marked as resolved")
    return "" if state == CallState.DELIVERED else UNCHANGED_STATES.get(state, "")


def _why_not_dismiss(call: StateAndReason) -> LazyText:
    state, reason = call
    if (state, reason) == (CallState.PENDING, Reason.TOO_MANY_CONTACTS):
        return ""
    if state == CallState.SKIPPED:
        return gettext_lazy("skipped, not failed")
    return UNCHANGED_STATES.get(state, "")


WHY_NOT: Mapping[str, Callable[[StateAndReason], LazyText]] = {
    "send-again": _why_not_retry,
    "replay": _why_not_reread,
    "settle": _why_not_dismiss,
}
"""By action: a function that says why the action leaves a call unchanged; "" if it does not."""


def plan_of(action: str, counts: Mapping[StateAndReason, int]) -> Plan:
    by_cause: Counter[LazyText] = Counter()
    for state_and_reason, count in counts.items():
        by_cause[WHY_NOT[action](state_and_reason)] += count
    affected = by_cause.pop("", 0)
    unchanged = [(count, cause) for cause, count in by_cause.most_common()]
    return Plan(affected=affected, unchanged=unchanged, is_too_many=affected > MAX_CALLS)


def _plan_of_calls(action: str) -> Callable[[Selection], Plan]:
    return lambda selection: plan_of(action, selection.counts())


def _plan_of_retry(selection: Selection) -> Plan:
    plan = plan_of("send-again", selection.counts())
    return replace(plan, forecast=forecast(selection.calls)) if plan.affected and not plan.is_too_many else plan


def _plan_of_numbers(selection: Selection) -> Plan:
    calls = list(spelled_numbers(selection.calls)[: MAX_CALLS + 1])
    if len(calls) > MAX_CALLS or len(set(calls)) > MAX_NUMBERS:
        return Plan(affected=len(set(calls)), unchanged=[], is_too_many=True)
    found = numbers_among(calls)
    causes = [
        (found.ignored_calls, gettext_lazy("their number is already on the ignore list")),
        (found.unusable_calls, gettext_lazy("they have no phone number")),
    ]
    unchanged = [(count, cause) for count, cause in causes if count]
    numbers = sorted({number for _customer_id, number in found.new})
    return Plan(
        affected=len(found.new),
        unchanged=unchanged,
        by_customer=found.by_customer,
        numbers=[grouped(number) for number in numbers[:MAX_LISTED]],
        more_numbers=max(0, len(numbers) - MAX_LISTED),
    )


BULK_ACTIONS: Mapping[str, BulkAction] = {
    "send-again": BulkAction(kind=BackgroundJobKind.SEND_AGAIN, title=gettext_lazy("Retry calls"), plan=_plan_of_retry),
    "replay": BulkAction(
        kind=BackgroundJobKind.REPLAY, title=gettext_lazy("Re-read webhooks and retry"), plan=_plan_of_calls("replay")
    ),
    "settle": BulkAction(
        kind=BackgroundJobKind.DISMISS,
        title=gettext_lazy("Mark calls as resolved"),
        plan=_plan_of_calls("settle"),
        needs_note=True,
    ),
    "ignore-numbers": BulkAction(
        kind=BackgroundJobKind.IGNORE_NUMBERS, title=gettext_lazy("Ignore numbers"), plan=_plan_of_numbers
    ),
}
"""Actions by the value of the list's buttons."""


@require_POST
@login_required
@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """The confirmation page. It counts the affected calls and changes nothing."""
    _check_permission(request)
    action, selection = _action(request), _selection(request)
    context = {
        **page_context(request, str(action.title)),
        "action": action,
        "action_name": request.POST.get("action"),
        "plan": action.plan(selection),
        "max_calls": MAX_CALLS,
        "max_numbers": MAX_NUMBERS,
        "call_ids": selection.call_ids,
        "query": selection.query,
        "is_paused": _is_paused(selection),
        "note_length": NOTE_LENGTH,
    }
    return render(request, "calllog/bulk/confirm.html", context)


@require_POST
@login_required
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Enqueues the background job and redirects to its progress."""
    user = _check_permission(request)
    action, selection = _action(request), _selection(request)
    plan, note = action.plan(selection), " ".join(request.POST.get("note", "").split())[:NOTE_LENGTH]
    if not plan.affected or plan.is_too_many or (action.needs_note and not note):
        return confirm(request)
    extra = {"note": note} if action.needs_note else {}
    job = enqueue(action.kind, customer=selection.customer, by=user, **selection.arguments, **extra)
    _audit(user, action, plan, selection)
    return redirect(f"{reverse('calllog:bulk_job', args=[job.pk])}?{selection.query}")


@require_safe
@login_required
@never_cache
def bulk_job(request: HttpRequest, job_id: int) -> HttpResponse:
    user = _check_permission(request)
    job = get_object_or_404(jobs_visible_to(user).select_related("customer"), pk=job_id)
    context = {"job": job, "query": request.GET.urlencode()}
    return render(request, "calllog/bulk/job.html", {**page_context(request, job.kind_label), **context})


def _check_permission(request: HttpRequest) -> User:
    if not may_act_on_calls(request.user):
        raise PermissionDenied
    return cast(User, request.user)


def _action(request: HttpRequest) -> BulkAction:
    try:
        return BULK_ACTIONS[request.POST.get("action", "")]
    except KeyError as error:
        raise PermissionDenied from error


def _selection(request: HttpRequest) -> Selection:
    user = cast(User, request.user)
    filters = CallFilter.for_user(user, QueryDict(request.POST.get("filter", "")))
    if request.POST.get("all"):
        return Selection(calls=filters.qs, filters=filters, call_ids=None)
    call_ids = sorted(_keys(request.POST.getlist("call")))[:MAX_SELECTED]
    return Selection(calls=calls_visible_to(user).filter(pk__in=call_ids), filters=filters, call_ids=call_ids)


def _keys(texts: Iterable[str]) -> set[int]:
    return {key for text in texts if (key := parse_pk(text)) is not None}


def _is_paused(selection: Selection) -> bool:
    """Tells whether the customer is paused. False for calls of several customers."""
    customer = selection.customer
    return bool(customer and customer.paused_reason)


def _audit(user: User, action: BulkAction, plan: Plan, selection: Selection) -> None:
    """Writes one entry to the audit log, or one for each customer whose ignore list changes."""
    if not plan.by_customer:
        return audit_record(user, _audit_message(action, plan.affected), selection.customer)
    for customer in Customer.objects.filter(pk__in=plan.by_customer).order_by("pk"):
        audit_record(user, _audit_message(action, plan.by_customer[customer.pk]), customer)


def _audit_message(action: BulkAction, count: int) -> str:
    texts = {
        BackgroundJobKind.SEND_AGAIN: ngettext("One call was retried.", "%(count)s calls were retried.", count),
        BackgroundJobKind.REPLAY: ngettext(
            "The webhooks of one call were re-read and the call retried.",
            "The webhooks of %(count)s calls were re-read and the calls retried.",
            count,
        ),
        BackgroundJobKind.DISMISS: ngettext(
            "One call was marked as resolved.", "%(count)s calls were marked as resolved.", count
        ),
        BackgroundJobKind.IGNORE_NUMBERS: ngettext(
            "One number was added to the ignore list.", "%(count)s numbers were added to the ignore list.", count
        ),
    }
    return texts[action.kind] % {"count": count}
