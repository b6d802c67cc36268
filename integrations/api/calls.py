"""A call as the read API gives it: what the call log's page of it says, in words that programs can rely on."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from integrations.models import Call, CallState
from integrations.ui.call_row import call_row, receipts_of
from integrations.ui.links import web_url

DIRECTIONS = {"incoming": _("a client called"), "outgoing": _("a client was called"), "": _("not known yet")}
OUTCOMES = {"answered": _("somebody talked"), "missed": _("nobody talked"), "": _("not over yet")}


class PlanfixNumbers(serializers.Serializer[dict[str, Any]]):
    contact_id = serializers.IntegerField(allow_null=True, help_text=_("The contact."))
    contact_url = serializers.CharField(help_text=_("The contact's page in Planfix; empty while there is none."))
    task_id = serializers.IntegerField(allow_null=True, help_text=_("The task, when calls go to tasks."))
    task_url = serializers.CharField(help_text=_("The task's page in Planfix; empty while there is none."))
    comment_id = serializers.IntegerField(allow_null=True, help_text=_("The comment that is the call."))
    tag_id = serializers.IntegerField(allow_null=True, help_text=_("The key of the comment's data tag entry."))


class CallSerializer(serializers.Serializer[dict[str, Any]]):
    """Times are UTC in ISO 8601, durations are seconds, and what is not known is null or empty."""

    id = serializers.IntegerField(help_text=_("The call's number here."))
    call_id = serializers.CharField(help_text=_("The call's ID in Ringostat."))
    url = serializers.CharField(help_text=_("The call's page in the call log."))
    customer = serializers.CharField(help_text=_("The customer whose call it is."))
    started_at = serializers.DateTimeField(default_timezone=UTC, help_text=_("When the call began."))
    received_at = serializers.DateTimeField(default_timezone=UTC, help_text=_("When Ringostat first told of it."))
    finished_at = serializers.DateTimeField(
        default_timezone=UTC, allow_null=True, help_text=_("When it was delivered, skipped or failed.")
    )
    direction = serializers.ChoiceField(choices=list(DIRECTIONS.items()), help_text=_("Who called whom."))
    outcome = serializers.ChoiceField(choices=list(OUTCOMES.items()), help_text=_("How it ended."))
    client_number = serializers.CharField(help_text=_("As +380671234567, or as it came if it is no phone number."))
    employee = serializers.CharField(help_text=_("The employee's name, or what Ringostat told of one unknown to us."))
    duration_seconds = serializers.IntegerField(allow_null=True, help_text=_("The whole call."))
    waiting_seconds = serializers.IntegerField(allow_null=True, help_text=_("Until somebody answered."))
    talk_seconds = serializers.IntegerField(allow_null=True, help_text=_("What was talked."))
    state = serializers.ChoiceField(choices=CallState.choices, help_text=_("Where it stands on its way to Planfix."))
    reason = serializers.CharField(help_text=_("Why it was skipped, waits or failed: a word that stays the same."))
    explanation = serializers.CharField(help_text=_("The same for people, in the language that was asked for."))
    attempts = serializers.IntegerField(help_text=_("How often its delivery was begun."))
    planfix = PlanfixNumbers(help_text=_("What it became in Planfix."))
    has_recording = serializers.BooleanField(help_text=_("Is there a recording?"))
    card_url = serializers.CharField(help_text=_("The call's card in Ringostat; empty when Ringostat named none."))
    parameters = serializers.DictField(
        child=serializers.CharField(), help_text=_("utm_source and every other parameter that came with it.")
    )
    analysis = serializers.DictField(child=serializers.CharField(), help_text=_("What Ringostat's AI said of it."))
    rating = serializers.DictField(child=serializers.CharField(), help_text=_("What the employee rated it."))


def call_record(call: Call) -> dict[str, Any]:
    """For CallSerializer, without a query if the call comes with RELATED. The recording's own link is a secret."""
    facts, row, receipts = call.folded, call_row(call), receipts_of(call)
    return {
        "id": call.pk,
        "call_id": call.ringostat_id,
        "url": settings.PUBLIC_URL + reverse("calllog:call", args=[call.pk]),
        "customer": row.customer,
        "started_at": call.started_at,
        "received_at": call.received_at,
        "finished_at": call.finished_at,
        "direction": call.direction,
        "outcome": call.outcome,
        "client_number": call.client_number,
        "employee": row.employee,
        "duration_seconds": facts.total_seconds,
        "waiting_seconds": facts.wait_seconds,
        "talk_seconds": facts.talk_seconds,
        "state": call.state,
        "reason": call.reason,
        "explanation": str(row.reason),
        "attempts": row.attempts,
        "planfix": {
            "contact_id": row.contact_id,
            "contact_url": row.contact_url,
            "task_id": row.task_id,
            "task_url": row.task_url,
            "comment_id": receipts.comment_id,
            "tag_id": receipts.tag_key,
        },
        "has_recording": call.has_recording,
        "card_url": web_url(facts.card_url),
        "parameters": dict(facts.parameters),
        "analysis": dict(facts.analysis),
        "rating": dict(facts.rating),
    }
