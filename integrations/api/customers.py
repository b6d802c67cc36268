"""A customer's status as the read API returns it. Field names and codes are stable."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from integrations.models import CallState, Customer
from integrations.services.monitoring.customer_status import CustomerStatus, Issue
from integrations.services.monitoring.status_texts import LABELS, next_step, sentence_of
from integrations.ui.local_time import local_time

LEVELS = {
    "problem": _("calls do not reach Planfix"),
    "warning": _("some calls, or parts of calls, do not reach Planfix, or soon will not"),
    "notice": _("the set-up is not finished, or a person decided it"),
    "fine": _("calls reach Planfix"),
}


class IssueSerializer(serializers.Serializer[dict[str, Any]]):
    level = serializers.ChoiceField(choices=list(LEVELS.items()), help_text=_("How serious the problem is."))
    cause = serializers.ChoiceField(
        choices=[(cause.lower(), label) for cause, label in LABELS.items()],
        help_text=_("What keeps calls from Planfix: a code that never changes."),
    )
    explanation = serializers.CharField(help_text=_("The cause as text, in the requested language."))
    next_step = serializers.CharField(help_text=_("What to do, in the requested language."))
    next_step_url = serializers.CharField(help_text=_("The page to do it on."))
    count = serializers.IntegerField(help_text=_("The number of calls or requests concerned."))
    since = serializers.DateTimeField(default_timezone=UTC, allow_null=True, help_text=_("Since when."))


class CustomerSerializer(serializers.Serializer[dict[str, Any]]):
    """The status is the worst issue; `others` are the rest."""

    customer = serializers.CharField(help_text=_("The customer's name."))
    status = IssueSerializer(help_text=_("The status that the first page shows."))
    others = IssueSerializer(many=True, help_text=_("Further issues, the worst first."))
    delivered = serializers.IntegerField(help_text=_("Calls of the last 7 days that are in Planfix."))
    waiting = serializers.IntegerField(help_text=_("Calls of the last 7 days that wait."))
    skipped = serializers.IntegerField(help_text=_("Calls of the last 7 days that were skipped."))
    failed = serializers.IntegerField(help_text=_("Calls of the last 7 days that failed."))


def customer_record(status: CustomerStatus) -> dict[str, Any]:
    """The data for CustomerSerializer."""
    calls = status.facts.calls
    return {
        "customer": status.customer.name,
        "status": _issue(status.issue, status.customer),
        "others": [_issue(issue, status.customer) for issue in status.others],
        "delivered": calls(CallState.DELIVERED),
        "waiting": calls(CallState.PENDING),
        "skipped": calls(CallState.SKIPPED),
        "failed": calls(CallState.FAILED),
    }


def _issue(issue: Issue, customer: Customer) -> dict[str, Any]:
    step, now = next_step(issue, customer.pk), timezone.now()
    return {
        "level": issue.level.name.lower(),
        "cause": issue.cause.lower(),
        "explanation": sentence_of(issue, lambda at: local_time(customer, at, now)),
        "next_step": step.text,
        "next_step_url": settings.PUBLIC_URL + step.address,
        "count": issue.count,
        "since": issue.since,
    }
