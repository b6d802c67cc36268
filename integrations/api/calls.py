"""A call as the read API returns it. Field names and codes are stable."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from integrations.models import Call, CallState
from integrations.outbound.allowed_hosts import ringostat_link
from integrations.planfix.links import task_url
from integrations.services.read_back.findings import is_verified
from integrations.ui.call_row import call_row, callback_task_id_of, receipts_of

DIRECTIONS = {"incoming": _("a client called"), "outgoing": _("a client was called"), "": _("not known yet")}
OUTCOMES = {"answered": _("the client and an employee talked"), "missed": _("nobody answered"), "": _("not ended yet")}


class PlanfixNumbers(serializers.Serializer[dict[str, Any]]):
    contact_id = serializers.IntegerField(allow_null=True, help_text=_("The contact."))
    contact_url = serializers.CharField(help_text=_("The contact's page in Planfix; empty while there is none."))
    task_id = serializers.IntegerField(allow_null=True, help_text=_("The task, when calls go to tasks."))
    task_url = serializers.CharField(help_text=_("The task's page in Planfix; empty while there is none."))
    comment_id = serializers.IntegerField(allow_null=True, help_text=_("The call's comment."))
    tag_id = serializers.IntegerField(allow_null=True, help_text=_("The key of the comment's data tag entry."))


class CallSerializer(serializers.Serializer[dict[str, Any]]):
    """Times are UTC in ISO 8601, durations are seconds, and unknown values are null or empty."""

    id = serializers.IntegerField(help_text=_("The call's number in Ringofix."))
    call_id = serializers.CharField(help_text=_("The call's ID in Ringostat."))
    url = serializers.CharField(help_text=_("The call's page in the call log."))
    customer = serializers.CharField(help_text=_("The customer's name."))
    started_at = serializers.DateTimeField(default_timezone=UTC, help_text=_("When the call began."))
    received_at = serializers.DateTimeField(
        default_timezone=UTC, help_text=_("When Ringostat first reported the call.")
    )
    finished_at = serializers.DateTimeField(
        default_timezone=UTC, allow_null=True, help_text=_("When the call was delivered, skipped or failed.")
    )
    direction = serializers.ChoiceField(choices=list(DIRECTIONS.items()), help_text=_("The direction of the call."))
    outcome = serializers.ChoiceField(choices=list(OUTCOMES.items()), help_text=_("How the call ended."))
    client_number = serializers.CharField(
        help_text=_("In the form +380671234567, or as received if it is not a phone number.")
    )
    employee = serializers.CharField(
        help_text=_("The employee's name, or what Ringostat sent for an unknown employee.")
    )
    duration_seconds = serializers.IntegerField(allow_null=True, help_text=_("From the start to the end of the call."))
    waiting_seconds = serializers.IntegerField(allow_null=True, help_text=_("Until the call was answered."))
    talk_seconds = serializers.IntegerField(allow_null=True, help_text=_("From the answer to the end of the call."))
    state = serializers.ChoiceField(
        choices=CallState.choices, help_text=_("The state of the call's delivery to Planfix.")
    )
    reason = serializers.CharField(help_text=_("Why the call was skipped, waits or failed: a code that never changes."))
    explanation = serializers.CharField(help_text=_("The reason as text, in the requested language."))
    called_back_at = serializers.DateTimeField(
        default_timezone=UTC,
        allow_null=True,
        help_text=_("Of a missed incoming call: the first later call on which the client was reached."),
    )
    called_back_by = serializers.CharField(help_text=_("The employee who talked with the client on that call."))
    callback_attempts = serializers.IntegerField(
        allow_null=True, help_text=_("Unanswered attempts to call the client back; null if the call was not missed.")
    )
    callback_task = serializers.IntegerField(
        allow_null=True, help_text=_("The callback task in Planfix: made for the call, or with a comment about it.")
    )
    callback_task_url = serializers.CharField(help_text=_("The task's page in Planfix; empty while there is none."))
    attempts = serializers.IntegerField(help_text=_("The number of delivery attempts."))
    planfix = PlanfixNumbers(help_text=_("The records of the call in Planfix."))
    verified = serializers.BooleanField(
        allow_null=True,
        help_text=_("Was the call read back from Planfix as it was sent? Null if it was not read back."),
    )
    has_recording = serializers.BooleanField(help_text=_("Is there a recording?"))
    card_url = serializers.CharField(help_text=_("The call's card in Ringostat; empty if Ringostat sent none."))
    parameters = serializers.DictField(
        child=serializers.CharField(), help_text=_("utm_source and every other parameter that came with it.")
    )
    analysis = serializers.DictField(child=serializers.CharField(), help_text=_("The AI analysis from Ringostat."))
    rating = serializers.DictField(child=serializers.CharField(), help_text=_("The employee's rating of the call."))


def call_record(call: Call) -> dict[str, Any]:
    """The data for CallSerializer, without the recording's link, which is a secret. Needs no query if the call was
    loaded with RELATED.
    """
    facts, row, receipts = call.folded, call_row(call), receipts_of(call)
    task_id = callback_task_id_of(call)
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
        "called_back_at": row.callback.at if row.callback else None,
        "called_back_by": row.callback.by if row.callback else "",
        "callback_attempts": row.callback.attempts if row.callback else None,
        "callback_task": task_id,
        "callback_task_url": task_url(call.customer.planfix_url, task_id) if task_id else "",
        "attempts": row.attempts,
        "planfix": {
            "contact_id": row.contact_id,
            "contact_url": row.contact_url,
            "task_id": row.task_id,
            "task_url": row.task_url,
            "comment_id": receipts.comment_id,
            "tag_id": receipts.tag_key,
        },
        "verified": is_verified(call),
        "has_recording": call.has_recording,
        "card_url": ringostat_link(facts.card_url),
        "parameters": dict(facts.parameters),
        "analysis": dict(facts.analysis),
        "rating": dict(facts.rating),
    }
