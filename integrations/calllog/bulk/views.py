"""The same done with many calls: chosen on the list, or all that fit its filter. First a page that counts what would
happen, then work for the worker, and how far it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from integrations.users.audit import audit_record
from integrations.users.visibility import calls_visible_to, may_act_on_calls, works_visible_to

MOST = 100_000
"""Calls that one piece of work takes on."""
MOST_CHOSEN = 5000
"""Calls ticked one by one: as many as somebody might scroll to."""
MOST_NUMBERS = 1000
"""Numbers ignored at once: every call of a customer is compared with all of them, and nobody means more."""

Standing = tuple[str, str]
"""A call's state and reason."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would happen: to how many calls or numbers it is done, how many calls are left alone and why."""

    will: int
    wont: Sequence[tuple[int, LazyText]]
    is_too_much: bool = False
    by_customer: Mapping[int, int] = field(default_factory=dict)
    """How many numbers of which customer."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The calls that somebody means: by their numbers, or by a filter (`numbers` is None)."""

    calls: QuerySet[Call]
    filters: CallFilter
    numbers: list[int] | None

    @property
    def arguments(self) -> dict[str, Any]:
        """As the work keeps them (calllog/bulk/selection.py)."""
        if self.numbers is not None:
            return {"calls": self.numbers}
        return {"filter": self.query}

    @property
    def query(self) -> str:
        return cast(QueryDict, self.filters.data).urlencode()

    @property
    def customer(self) -> Customer | None:
        """The one whose calls they all are; None when there may be several."""
        if self.numbers is None:
            return cast("Customer | None", self.filters.form.cleaned_data.get("customer"))
        customers = list(self.calls.order_by().values_list("customer", flat=True).distinct()[:2])
        return Customer.objects.get(pk=customers[0]) if len(customers) == 1 else None

    def standings(self) -> Counter[Standing]:
        """How many calls stand how, counted so far as it matters: the delivered ones may be nearly everything."""
        delivered, others = Q(state=CallState.DELIVERED), ~Q(state=CallState.DELIVERED)
        rows = self.calls.filter(others).order_by().values_list("state", "reason")
        standings: Counter[Standing] = Counter(rows[: MOST + 1])
        standings[CallState.DELIVERED, ""] = self.calls.filter(delivered).order_by()[: MOST + 1].count()
        return +standings


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    kind: BackgroundJobKind
    title: LazyText
    plan: Callable[[Chosen], Plan]
    needs_note: bool = False


IN_THEIR_WAY: Mapping[str, LazyText] = {
    CallState.DELIVERED: gettext_lazy("already in Planfix"),
    CallState.PENDING: gettext_lazy("already on their way"),
    CallState.IN_PROGRESS: gettext_lazy("not ended yet"),
}


def _obstacle_to_sending(standing: Standing) -> LazyText:
    state, reason = standing
    if reason in NEVER_REPLAYED:
        return gettext_lazy("too little is known of them")
    if reason == Reason.DISMISSED:
        return gettext_lazy("settled by a person")
    return IN_THEIR_WAY.get(state, "")


def _obstacle_to_replaying(standing: Standing) -> LazyText:
    state, reason = standing
    if reason == Reason.ERASED:
        return gettext_lazy("too little is known of them")
    if reason == Reason.DISMISSED:
        return gettext_lazy("settled by a person")
    return "" if state == CallState.DELIVERED else IN_THEIR_WAY.get(state, "")


def _obstacle_to_settling(standing: Standing) -> LazyText:
    state, _reason = standing
    if state == CallState.SKIPPED:
        return gettext_lazy("skipped, not failed")
    return IN_THEIR_WAY.get(state, "")


OBSTACLES: Mapping[str, Callable[[Standing], LazyText]] = {
    "send-again": _obstacle_to_sending,
    "replay": _obstacle_to_replaying,
    "settle": _obstacle_to_settling,
}
"""Why a call that stands so is left alone; "" if it is not."""


def plan_of(action: str, standings: Mapping[Standing, int]) -> Plan:
    wont: Counter[LazyText] = Counter()
    for standing, count in standings.items():
        wont[OBSTACLES[action](standing)] += count
    will = wont.pop("", 0)
    return Plan(will=will, wont=[(count, words) for words, count in wont.most_common()], is_too_much=will > MOST)


def _plan_of_calls(action: str) -> Callable[[Chosen], Plan]:
    return lambda chosen: plan_of(action, chosen.standings())


def _plan_of_numbers(chosen: Chosen) -> Plan:
    calls = list(spelled_numbers(chosen.calls)[: MOST + 1])
    if len(calls) > MOST or len(set(calls)) > MOST_NUMBERS:
        return Plan(will=len(set(calls)), wont=[], is_too_much=True)
    found = numbers_among(calls)
    left = [
        (found.ignored_calls, gettext_lazy("their number is ignored already")),
        (found.unusable_calls, gettext_lazy("they came without a phone number")),
    ]
    wont = [(count, words) for count, words in left if count]
    return Plan(will=len(found.new), wont=wont, by_customer=found.by_customer)


BULK_ACTIONS: Mapping[str, BulkAction] = {
    "send-again": BulkAction(
        kind=BackgroundJobKind.SEND_AGAIN, title=gettext_lazy("Send calls again"), plan=_plan_of_calls("send-again")
    ),
    "replay": BulkAction(
        kind=BackgroundJobKind.REPLAY, title=gettext_lazy("Replay with today's settings"), plan=_plan_of_calls("replay")
    ),
    "settle": BulkAction(
        kind=BackgroundJobKind.DISMISS,
        title=gettext_lazy("Mark calls as settled"),
        plan=_plan_of_calls("settle"),
        needs_note=True,
    ),
    "ignore-numbers": BulkAction(
        kind=BackgroundJobKind.IGNORE_NUMBERS, title=gettext_lazy("Ignore these numbers"), plan=_plan_of_numbers
    ),
}
"""By the word that the list's buttons send."""


@require_POST
@login_required
@never_cache
def bulk(request: HttpRequest) -> HttpResponse:
    """Counts what would happen and asks; changes nothing."""
    _check(request)
    action, chosen = _action(request), _chosen(request)
    context = {
        **page_context(request, str(action.title)),
        "action": action,
        "action_name": request.POST.get("action"),
        "plan": action.plan(chosen),
        "most": MOST,
        "most_numbers": MOST_NUMBERS,
        "numbers": chosen.numbers,
        "query": chosen.query,
        "paused": _paused(chosen),
        "note_length": NOTE_LENGTH,
    }
    return render(request, "calllog/bulk/confirm.html", context)


@require_POST
@login_required
@never_cache
def bulk_begin(request: HttpRequest) -> HttpResponse:
    """Puts the work down and shows how far it is."""
    user = _check(request)
    action, chosen = _action(request), _chosen(request)
    plan, note = action.plan(chosen), " ".join(request.POST.get("note", "").split())[:NOTE_LENGTH]
    if not plan.will or plan.is_too_much or (action.needs_note and not note):
        return bulk(request)
    extra = {"note": note} if action.needs_note else {}
    work = enqueue(action.kind, customer=chosen.customer, by=user, **chosen.arguments, **extra)
    _record(user, action, plan, chosen)
    return redirect(f"{reverse('calllog:bulk_work', args=[work.pk])}?{chosen.query}")


@require_safe
@login_required
@never_cache
def bulk_work(request: HttpRequest, work_id: int) -> HttpResponse:
    user = _check(request)
    work = get_object_or_404(works_visible_to(user).select_related("customer"), pk=work_id)
    context = {"work": work, "query": request.GET.urlencode()}
    return render(request, "calllog/bulk/job.html", {**page_context(request, work.kind_label), **context})


def _check(request: HttpRequest) -> User:
    if not may_act_on_calls(request.user):
        raise PermissionDenied
    return cast(User, request.user)


def _action(request: HttpRequest) -> BulkAction:
    try:
        return BULK_ACTIONS[request.POST.get("action", "")]
    except KeyError as error:
        raise PermissionDenied from error


def _chosen(request: HttpRequest) -> Chosen:
    user = cast(User, request.user)
    filters = CallFilter.for_user(user, QueryDict(request.POST.get("filter", "")))
    if request.POST.get("all"):
        return Chosen(calls=filters.qs, filters=filters, numbers=None)
    numbers = sorted(_numbers(request.POST.getlist("call")))[:MOST_CHOSEN]
    return Chosen(calls=calls_visible_to(user).filter(pk__in=numbers), filters=filters, numbers=numbers)


def _numbers(texts: Iterable[str]) -> set[int]:
    return {number for text in texts if (number := parse_pk(text)) is not None}


def _paused(chosen: Chosen) -> bool:
    """Does one of the customers wait for a person? Asked of one customer only; of many it would say little."""
    customer = chosen.customer
    return bool(customer and customer.paused_reason)


def _record(user: User, action: BulkAction, plan: Plan, chosen: Chosen) -> None:
    """Numbers in the book of each customer whose settings they change."""
    if not plan.by_customer:
        return audit_record(user, _book(action, plan.will), chosen.customer)
    for customer in Customer.objects.filter(pk__in=plan.by_customer).order_by("pk"):
        audit_record(user, _book(action, plan.by_customer[customer.pk]), customer)


def _book(action: BulkAction, count: int) -> str:
    texts = {
        BackgroundJobKind.SEND_AGAIN: ngettext("One call was sent again.", "%(count)s calls were sent again.", count),
        BackgroundJobKind.REPLAY: ngettext("One call was replayed.", "%(count)s calls were replayed.", count),
        BackgroundJobKind.DISMISS: ngettext(
            "One call was marked as settled.", "%(count)s calls were marked as settled.", count
        ),
        BackgroundJobKind.IGNORE_NUMBERS: ngettext(
            "One number was added to the ignored ones.", "%(count)s numbers were added to the ignored ones.", count
        ),
    }
    return texts[action.kind] % {"count": count}
