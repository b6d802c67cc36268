"""The page of what to paste into Ringostat: addresses, parameters, and whether the first webhook has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.domain.calls import EventKind
from integrations.models import Customer
from integrations.services.customers.webhook_addresses import (
    first_webhook,
    newest_webhook,
    revoke,
    rotate,
    send_test_event,
    valid_tokens,
)
from integrations.ui.labels import EVENTS, LazyText
from integrations.ui.parse_pk import parse_pk
from integrations.users.audit import audit_record

NEEDED = (EventKind.AFTER_CALL, EventKind.AFTER_OUTGOING_CALL)
USEFUL: Mapping[EventKind, LazyText] = {
    EventKind.AI_PROCESSED: gettext_lazy("adds what Ringostat's AI says of a call to its comment"),
    EventKind.CALL_RATING: gettext_lazy("adds what the employee entered in the rating menu"),
    EventKind.TAKING_CALL: gettext_lazy("shows calls in the call log while they are talked"),
    EventKind.BEFORE_CALL: gettext_lazy("shows incoming calls in the call log from their beginning"),
    EventKind.BEFORE_OUTGOING_CALL: gettext_lazy("shows outgoing calls in the call log from their beginning"),
    EventKind.FORWARDING: gettext_lazy("tells who was rung; rarely needed"),
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A variable of Ringostat's list, and the name under which to send it."""

    name: str
    words: LazyText
    note: LazyText = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    words: LazyText
    parameters: tuple[Parameter, ...]


PARAMETERS = (
    Group(
        words=gettext_lazy("For every event"),
        parameters=(
            Parameter(
                name="uniqueid",
                words=gettext_lazy("Call ID"),
                note=gettext_lazy("Without it a request cannot be put to its call."),
            ),
            Parameter(name="call_type", words=gettext_lazy("Type of the call: incoming, outgoing, callback")),
            Parameter(
                name="call_timestamp",
                words=gettext_lazy("Call time in microseconds"),
                note=gettext_lazy("The only time that is right in every time zone."),
            ),
            Parameter(name="calldate", words=gettext_lazy("Date and time of the call")),
            Parameter(name="E164", words=gettext_lazy("Client's number in the E.164 format")),
            Parameter(name="caller", words=gettext_lazy("Who calls")),
            Parameter(name="dst", words=gettext_lazy("Number that is called")),
            Parameter(name="connected_with", words=gettext_lazy("Who was connected: SIP login or number")),
        ),
    ),
    Group(
        words=gettext_lazy("Who talked: for the events from “call taken” on"),
        parameters=(
            Parameter(
                name="employee_number",
                words=gettext_lazy("Employee's ID"),
                note=gettext_lazy("By it an employee is recognised most surely."),
            ),
            Parameter(name="employee_fio", words=gettext_lazy("Employee's name")),
            Parameter(name="employee_email", words=gettext_lazy("Employee's e-mail address")),
            Parameter(name="extension_number", words=gettext_lazy("Employee's extension")),
        ),
    ),
    Group(
        words=gettext_lazy("How it ended: after a call, incoming and outgoing"),
        parameters=(
            Parameter(name="disposition", words=gettext_lazy("Call status")),
            Parameter(name="duration", words=gettext_lazy("Duration of the whole call")),
            Parameter(name="waittime", words=gettext_lazy("Waiting time")),
            Parameter(name="billsec", words=gettext_lazy("Duration of the conversation")),
            Parameter(name="has_recording", words=gettext_lazy("Is there a recording?")),
            Parameter(name="recording", words=gettext_lazy("Link to the recording")),
            Parameter(name="call_card", words=gettext_lazy("Link to the call card")),
        ),
    ),
    Group(
        words=gettext_lazy("Where the client came from: after an incoming call"),
        parameters=(
            Parameter(name="pool_name", words=gettext_lazy("Name of the number pool")),
            Parameter(name="utm_source", words=gettext_lazy("Source")),
            Parameter(name="utm_medium", words=gettext_lazy("Channel")),
            Parameter(name="utm_campaign", words=gettext_lazy("Campaign")),
            Parameter(name="utm_content", words=gettext_lazy("Ad content")),
            Parameter(name="utm_term", words=gettext_lazy("Keyword")),
        ),
    ),
    Group(
        words=gettext_lazy("For “rating of the call”"),
        parameters=(
            Parameter(name="category_name", words=gettext_lazy("Category")),
            Parameter(name="category_mark", words=gettext_lazy("Mark of the category")),
            Parameter(name="employee_mark", words=gettext_lazy("Mark of the employee")),
        ),
    ),
    Group(
        words=gettext_lazy("For “processed by AI”"),
        parameters=(
            Parameter(name="summary", words=gettext_lazy("Summary of the conversation")),
            Parameter(name="client_mood", words=gettext_lazy("Client's mood")),
            Parameter(name="employee_mood", words=gettext_lazy("Employee's mood")),
            Parameter(name="call_mood", words=gettext_lazy("Mood of the call")),
            Parameter(name="dialogue_quality_score", words=gettext_lazy("Quality of the dialogue")),
            Parameter(name="action_1", words=gettext_lazy("Recommended action; action_2 and so on for more")),
        ),
    ),
)


@customer_page
def webhook_setup(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.method == "POST":
        act = ACTIONS.get(request.POST.get("action", ""))
        if act:
            act(request, customer)
        return redirect(address_of("webhook_setup", customer))
    tokens = list(valid_tokens(customer))
    context = {
        "addresses": _addresses(tokens[0].address) if tokens else [],
        "ending": tokens[1:],
        "parameters": PARAMETERS,
        "own_parameters": _own_parameters(customer),
        "zone": customer.zone,
        **_arrival(customer),
    }
    return render_page(request, customer, "webhook_setup", "webhook_setup.html", context)


@customer_page
def first_webhook_light(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The piece of the page that asks again until the first webhook has come."""
    return render(
        request, "admin/integrations/customer/_first_webhook.html", {"customer": customer, **_arrival(customer)}
    )


def _arrival(customer: Customer) -> dict[str, Any]:
    first = first_webhook(customer)
    newest = newest_webhook(customer) if first else None
    return {
        "first": first,
        "newest": newest,
        "newest_words": EVENTS.get(newest.kind) or newest.event or newest.get_result_display() if newest else "",
        "now": timezone.now(),
    }


def _addresses(address: str) -> list[dict[str, Any]]:
    """Of every event, the needed ones first."""
    kinds = {**dict.fromkeys(NEEDED, gettext_lazy("needed: without it no call reaches Planfix")), **USEFUL}
    return [
        {"words": EVENTS[kind], "why": why, "is_needed": kind in NEEDED, "address": f"{address}{kind}/"}
        for kind, why in kinds.items()
    ]


def _own_parameters(customer: Customer) -> list[str]:
    """What goes into fields of this customer and stands not in the lists above."""
    listed = {parameter.name for group in PARAMETERS for parameter in group.parameters}
    return [utm.parameter for utm in customer.utm_fields.order_by("pk") if utm.parameter not in listed]


# --- actions ---


def _rotate(request: HttpRequest, customer: Customer) -> None:
    rotate(customer)
    audit_record(request.user, _("The webhook address was replaced."), customer)
    text = _("This is the new address. The old one takes webhooks for one more day: paste the new one until then.")
    messages.success(request, text)


def _revoke(request: HttpRequest, customer: Customer) -> None:
    token_id = parse_pk(request.POST.get("token", ""))
    if token_id is not None and revoke(customer, token_id):
        audit_record(request.user, _("An old webhook address was ended at once."), customer)
        messages.success(request, _("The old address takes no webhooks any more."))


def _test(request: HttpRequest, customer: Customer) -> None:
    if send_test_event(customer):
        text = _("The test came in at the current address. It is kept as a test: it is no call and goes nowhere.")
        messages.success(request, text)
    else:
        messages.error(request, _("There is no valid address. Make a new one."))


ACTIONS: Mapping[str, Callable[[HttpRequest, Customer], None]] = {"rotate": _rotate, "revoke": _revoke, "test": _test}
