"""Erases one phone number from everything stored here. Planfix and Ringostat keep their data.

Works in short transactions. It may be killed at any time and started again.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import unquote_plus

import phonenumbers
from django.db import transaction
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.domain.calls import Direction
from integrations.domain.folding import MAPPINGS, Folded
from integrations.domain.parties import client_number, direction_of
from integrations.domain.phones import normalize
from integrations.domain.reasons import Reason
from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallbackComment,
    CallbackTask,
    CallState,
    ContactClaim,
    Customer,
    MissedCall,
    PlanfixRequest,
    ReadBack,
    RememberedContact,
    RoutingAnswer,
    SavedView,
    TrialReceipt,
    WebhookEvent,
)
from integrations.ringostat.encoding import readable_body
from integrations.services.directory.store import erase_number as erase_number_from_directory
from integrations.services.queue.job_files import delete_files_about

ERASED = "erased"
"""Replaces an erased number, and a text that mentions it."""

UNBEATEN = (1, 1, 2**31 - 1, 2**31 - 1)
"""The rank of an erased fact: no later event or row of the call list can restore the number."""

CLIENT_FIELDS = {
    Direction.INCOMING: ("e164", "userfield", "caller"),
    Direction.OUTGOING: ("e164", "userfield", "destination", "connected_with"),
}
LINKS = ("recording_url", "card_url")

SCANNED = 500
"""Rows per batch."""

Row = TypeVar("Row", bound=Model)


class NotANumber(Exception):
    """The input is not a phone number."""


def erase_number(customer: Customer, raw: str) -> dict[str, int]:
    """Erases the number from the customer's calls, events, Planfix requests, remembered contacts, contact directory and
    saved views.

    An ignored number stays ignored, so that its next call does not reach Planfix. Returns the number of affected rows
    of each kind. Raises NotANumber.
    """
    number = normalize(raw, customer.region)
    if number is None:
        raise NotANumber(_("“%(number)s” is not a phone number. Write it in full: +380671234567.") % {"number": raw})
    mention = mention_of(number)
    done = {"calls": 0, "events": 0, "planfix_requests": 0, "remembered_contacts": 0}
    for call_id in _calls(customer, number, mention):
        done["calls"] += 1
        events, requests = _erase_from_call(call_id, customer, number, mention)
        done["events"] += events
        done["planfix_requests"] += requests
    done["events"] += _delete_mentioning(WebhookEvent.objects.filter(customer=customer), _event_text, mention)
    done["planfix_requests"] += _delete_mentioning(
        PlanfixRequest.objects.filter(customer=customer), _request_text, mention
    )
    jobs = BackgroundJob.objects.filter(Q(customer=customer) | Q(customer=None))
    # The result of a dry run may hold any personal data, and is easily produced again.
    jobs.filter(customer=customer, kind=BackgroundJobKind.DRY_RUN).delete()
    delete_files_about(customer.pk)
    _delete_mentioning(jobs.exclude(finished_at=None), _job_text, mention)
    ContactClaim.objects.filter(account=customer.planfix_account, number=number).delete()
    TrialReceipt.objects.filter(customer=customer, number=number).update(number="")
    RoutingAnswer.objects.filter(customer=customer, client_number=number).delete()
    erase_number_from_directory(customer, number)
    _delete_mentioning(SavedView.objects.all(), _view_text, mention)
    done["remembered_contacts"], _rows = RememberedContact.objects.filter(customer=customer, number=number).delete()
    return done


def mention_of(number: str) -> re.Pattern[str]:
    """A pattern for the number in any spelling. Python and PostgreSQL read it alike."""
    parsed = phonenumbers.parse(number)
    national = r"\W{0,3}".join(phonenumbers.national_significant_number(parsed))
    return re.compile(rf"(?<!\d)(?:(?:00)?{parsed.country_code}|[08]{{1,2}})?\W{{0,3}}{national}(?!\d)")


# --- calls ---


def _calls(customer: Customer, number: str, mention: re.Pattern[str]) -> list[int]:
    """IDs of the client's calls and of calls that mention the number."""
    calls = Call.objects.filter(customer=customer).annotate(text=Cast("facts", TextField()))
    concerned = Q(client_number=number) | Q(text__regex=mention.pattern) | Q(detail__regex=mention.pattern)
    return list(calls.filter(concerned).values_list("pk", flat=True))


def _erase_from_call(call_id: int, customer: Customer, number: str, mention: re.Pattern[str]) -> tuple[int, int]:
    """Erases the number from one call. Returns how many of its events and Planfix requests were deleted."""
    with transaction.atomic():
        call = Call.objects.select_for_update(no_key=True).get(pk=call_id)
        is_client = number in (call.client_number, client_number(call.folded, customer.region).number)
        _erase_from_history(call, mention, is_client=is_client)
        if not is_client:
            detail = ERASED if mention.search(call.detail) else call.detail
            Call.objects.filter(pk=call_id).update(facts=_without_mentions(call.facts, mention), detail=detail)
            ReadBack.objects.filter(call=call).exclude(differences=[]).delete()
            return 0, 0
        MissedCall.objects.filter(call=call).delete()
        CallbackTask.objects.filter(call=call).delete()
        CallbackComment.objects.filter(call=call).delete()
        events, _rows = WebhookEvent.objects.filter(call=call).delete()
        requests, _rows = PlanfixRequest.objects.filter(call=call).delete()
        ReadBack.objects.filter(call=call).delete()
        Call.objects.filter(pk=call_id).update(
            facts=_without_client(call, mention),
            client_number=ERASED,
            detail="",
            due_at=None,
            **({} if call.state == CallState.DELIVERED else _never_delivered(call)),
        )
    return events, requests


def _erase_from_history(call: Call, mention: re.Pattern[str], *, is_client: bool) -> None:
    """Erases Planfix's answers to failed attempts that name the number. For a call of the client it erases all answers:
    they may name the client in other ways.
    """
    for entry in call.history.exclude(detail=""):
        if is_client or mention.search(entry.detail):
            call.history.filter(pk=entry.pk).update(detail=ERASED)


def _never_delivered(call: Call) -> dict[str, Any]:
    return {"state": CallState.SKIPPED, "reason": Reason.ERASED, "finished_at": call.finished_at or timezone.now()}


def _without_mentions(stored: Folded, mention: re.Pattern[str]) -> Folded:
    def erased(candidate: list[Any]) -> list[Any]:
        value = candidate[-1]
        return [*UNBEATEN, ERASED] if isinstance(value, str) and mention.search(value) else candidate

    groups = {
        group: {name: erased(candidate) for name, candidate in stored.get(group, {}).items()}
        for group in ("facts", *MAPPINGS)
    }
    return {**stored, **groups}


def _without_client(call: Call, mention: re.Pattern[str]) -> Folded:
    """The facts of the client's call without the client, the analysis, the links and the visit's IDs.

    Fields for the client's number are marked as erased even if they are empty, so that no later event fills them.
    """
    stored = _without_mentions(call.facts, mention)
    nobody = {name: [*UNBEATEN, ERASED] for name in CLIENT_FIELDS[direction_of(call.folded)]}
    links = {name: [*UNBEATEN, ""] for name in LINKS}
    visit = {name: [*UNBEATEN, ""] for name in stored["parameters"] if not name.startswith("utm_")}
    return {
        **stored,
        "facts": nobody | stored["facts"] | links,
        "parameters": stored["parameters"] | visit,
        "analysis": {name: [*UNBEATEN, ""] for name in stored["analysis"]},
    }


# --- raw bodies ---


def _delete_mentioning(rows: QuerySet[Row], text_of: Callable[[Row], str], mention: re.Pattern[str]) -> int:
    deleted = last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:SCANNED]):
        last = batch[-1].pk
        found = [row.pk for row in batch if mention.search(text_of(row))]
        deleted += rows.filter(pk__in=found).delete()[0]
    return deleted


def _event_text(event: WebhookEvent) -> str:
    """The event's text. It holds the body twice: its raw bytes, and the text that the webhook's reader makes of it."""
    body = bytes(event.body)
    read = readable_body(body, event.content_type, event.content_encoding)
    parts = (event.query_string, body.decode("utf-8", "replace"), read, event.reason, json.dumps(event.notes))
    return plain_text("\n".join(parts))


def _request_text(request: PlanfixRequest) -> str:
    return plain_text(f"{request.path}\n{json.dumps(request.body)}\n{request.answer}")


def _job_text(job: BackgroundJob) -> str:
    """The job's text. The filter in its arguments may name the number."""
    return plain_text(f"{json.dumps(job.arguments)}\n{json.dumps(job.result)}\n{job.trouble}")


def _view_text(view: SavedView) -> str:
    return plain_text(f"{view.name}\n{view.query}")


def plain_text(text: str) -> str:
    """Decodes the escapes of URLs, HTML and JSON: they may stand between digits, and contain digits themselves."""
    decoded = unquote_plus(text)
    # html.unescape raises ValueError for a number of more than 4,300 digits; no character has more than seven.
    bounded = re.sub(r"&#([0-9]+)", lambda number: f"&#{number[1].lstrip('0')[:8] or 0}", decoded)
    unescaped = html.unescape(bounded)
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda escape: chr(int(escape[1], 16)), unescaped)
