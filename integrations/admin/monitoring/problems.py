"""The page of problems: failed and skipped calls by cause, with one action for all calls of a cause."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from integrations.models import BackgroundJobKind, CallState, Customer
from integrations.services.calls.replay import LEFT_ALONE
from integrations.services.monitoring.problem_groups import ProblemGroup, calls_of, problem_groups
from integrations.services.monitoring.status_texts import NextStep, step_for_skips
from integrations.services.queue.background import enqueue
from integrations.ui.durations import rough_duration, time_ago
from integrations.ui.labels import STATES, Badge, reason_label
from integrations.users.audit import audit_record
from integrations.users.visibility import customers_visible_to, may_act_on_calls

MOST_CUSTOMERS = 8
"""The most customers that a group names. The others are only counted."""
MOST_CALLS = 100_000
"""The most calls that one job retries."""


@dataclass(frozen=True, kw_only=True)
class ShareRow:
    name: str
    count: int
    address: str
    """The customer's calls of this cause."""
    step: NextStep | None
    """What fixes the cause for this customer, if it is fixed here."""


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    id: str
    """Names the group in the form."""
    badge: Badge
    title: str
    count: int
    customers: int
    lasts: str
    last: str
    shares: tuple[ShareRow, ...]
    more: int
    """Customers that are not named."""
    detail: str
    address: str
    """The group's calls in the call log, as far as its filters tell them apart."""
    retry: str
    """The label of the button; "" for calls that cannot be retried together."""


@never_cache
def problems(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("integrations.view_customer"):
        raise PermissionDenied
    groups = problem_groups(customers_visible_to(request.user))
    if request.method == "POST":
        return _retry(request, groups)
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Problems"),
        "failed": [_row(group, now) for group in groups if group.key.state == CallState.FAILED],
        "skipped": [
            _row(group, now) for group in groups if group.key.state == CallState.SKIPPED and not group.is_by_settings
        ],
        "by_settings": [_row(group, now) for group in groups if group.is_by_settings],
        "may_retry": may_act_on_calls(request.user),
    }
    return render(request, "admin/monitoring/problems.html", context)


def _retry(request: HttpRequest, groups: list[ProblemGroup]) -> HttpResponse:
    """Retries the calls of one group, as they are now."""
    if not may_act_on_calls(request.user):
        raise PermissionDenied
    group = next((group for group in groups if _id(group) == request.POST.get("group")), None)
    call_ids = calls_of(group)[:MOST_CALLS] if group else []
    if not group or not call_ids:
        messages.info(request, _("These calls have been dealt with already."))
        return redirect("console:problems")
    assert isinstance(request.user, User)
    job = enqueue(BackgroundJobKind.SEND_AGAIN, by=request.user, calls=call_ids)
    for share in group.shares:
        audit_record(request.user, _("Retried calls: %(cause)s") % {"cause": _title(group)}, share.customer)
    text = ngettext("One call is being retried.", "%(count)s calls are being retried.", len(call_ids))
    messages.success(request, text % {"count": len(call_ids)})
    return redirect("calllog:bulk_job", job.pk)


def _row(group: ProblemGroup, now: datetime) -> GroupRow:
    retry = ngettext("Retry one call", "Retry %(count)s calls", group.count) % {"count": group.count}
    log = f"{reverse('calllog:list')}?state={group.key.state.value}&reason={group.key.reason}"
    return GroupRow(
        id=_id(group),
        badge=STATES[group.key.state],
        title=_title(group),
        count=group.count,
        customers=len(group.shares),
        lasts=rough_duration((now - group.first_at).total_seconds()),
        last=time_ago(group.last_at, now),
        shares=tuple(
            ShareRow(
                name=share.customer.name,
                count=share.count,
                address=f"{log}&customer={share.customer.pk}",
                step=_step(group, share.customer),
            )
            for share in group.shares[:MOST_CUSTOMERS]
        ),
        more=max(len(group.shares) - MOST_CUSTOMERS, 0),
        detail=group.detail,
        address=log,
        retry="" if group.key.reason in LEFT_ALONE else retry,
    )


def _title(group: ProblemGroup) -> str:
    """The explanation of the error, or else the reason."""
    return group.explanation or capfirst(str(reason_label(group.key.reason)) or _("No reason is stored"))


def _step(group: ProblemGroup, customer: Customer) -> NextStep | None:
    return step_for_skips(group.key.reason, customer.pk) if group.key.state == CallState.SKIPPED else None


def _id(group: ProblemGroup) -> str:
    """A short name that changes with the group's key only."""
    return hashlib.sha256("|".join(group.key).encode()).hexdigest()[:16]
