"""The page with the webhook addresses and parameters to paste into Ringostat, and the last received webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.admin.customer.webhooks.request_counts import request_counts
from integrations.admin.customer.webhooks.statistics import statistics
from integrations.domain.calls import EventKind
from integrations.domain.reasons import Reason
from integrations.models import CallState, Customer
from integrations.services.contacts.creation_limit import held_calls, lift_creation_limit
from integrations.services.customers.webhook_addresses import (
    last_received,
    newest_webhook,
    replace_leaked,
    revoke,
    rotate,
    send_test_event,
    valid_tokens,
)
from integrations.services.intake.senders import senders_of
from integrations.services.monitoring.leaked_addresses import leak_signs
from integrations.ui.call_row import call_reason, receipts_of
from integrations.ui.labels import EVENTS, STATES, LazyText
from integrations.ui.links import comment_url
from integrations.ui.parse_pk import parse_pk
from integrations.users.audit import audit_record

USEFUL: Mapping[EventKind, LazyText] = {
    EventKind.AI_PROCESSED: gettext_lazy("adds the AI summary to the call's comment"),
    EventKind.CALL_RATING: gettext_lazy("adds the employee's rating to the call's comment"),
    EventKind.TAKING_CALL: gettext_lazy("shows calls in the call log during the conversation"),
    EventKind.BEFORE_CALL: gettext_lazy("shows incoming calls in the call log while they ring"),
    EventKind.BEFORE_OUTGOING_CALL: gettext_lazy("shows outgoing calls in the call log while they ring"),
    EventKind.FORWARDING: gettext_lazy("shows whose phone rang; rarely needed"),
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A variable of Ringostat, and the name to send it under."""

    name: str
    label: LazyText
    note: LazyText = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    label: LazyText
    parameters: tuple[Parameter, ...]


PARAMETERS = (
    Group(
        label=gettext_lazy("For every event"),
        parameters=(
            Parameter(
                name="uniqueid",
                label=gettext_lazy("Call ID"),
                note=gettext_lazy("Required: it identifies the call."),
            ),
            Parameter(name="call_type", label=gettext_lazy("Call type: incoming, outgoing, callback")),
            Parameter(
                name="call_timestamp",
                label=gettext_lazy("Call time in microseconds"),
                note=gettext_lazy("The only time that does not depend on the time zone."),
            ),
            Parameter(name="calldate", label=gettext_lazy("Call date and time")),
            Parameter(name="E164", label=gettext_lazy("Client's number in E.164 format")),
            Parameter(name="caller", label=gettext_lazy("Caller")),
            Parameter(name="dst", label=gettext_lazy("Called number")),
            Parameter(name="connected_with", label=gettext_lazy("Connected employee: SIP login or number")),
        ),
    ),
    Group(
        label=gettext_lazy("Employee: for “call taken” and later events"),
        parameters=(
            Parameter(
                name="employee_number",
                label=gettext_lazy("Employee ID"),
                note=gettext_lazy("The most reliable way to match an employee."),
            ),
            Parameter(name="employee_fio", label=gettext_lazy("Employee's name")),
            Parameter(name="employee_email", label=gettext_lazy("Employee's e-mail")),
            Parameter(name="extension_number", label=gettext_lazy("Employee's extension")),
        ),
    ),
    Group(
        label=gettext_lazy("Result: after incoming and outgoing calls"),
        parameters=(
            Parameter(name="disposition", label=gettext_lazy("Call status")),
            Parameter(name="duration", label=gettext_lazy("Total duration")),
            Parameter(name="waittime", label=gettext_lazy("Waiting time")),
            Parameter(name="billsec", label=gettext_lazy("Talk time")),
            Parameter(name="has_recording", label=gettext_lazy("Recording available")),
            Parameter(name="recording", label=gettext_lazy("Recording link")),
            Parameter(name="call_card", label=gettext_lazy("Call card link")),
        ),
    ),
    Group(
        label=gettext_lazy("Traffic source: after an incoming call"),
        parameters=(
            Parameter(name="pool_name", label=gettext_lazy("Number pool name")),
            Parameter(name="utm_source", label=gettext_lazy("Source")),
            Parameter(name="utm_medium", label=gettext_lazy("Channel")),
            Parameter(name="utm_campaign", label=gettext_lazy("Campaign")),
            Parameter(name="utm_content", label=gettext_lazy("Ad content")),
            Parameter(name="utm_term", label=gettext_lazy("Keyword")),
        ),
    ),
    Group(
        label=gettext_lazy("For “rating of the call”"),
        parameters=(
            Parameter(name="category_name", label=gettext_lazy("Category")),
            Parameter(name="category_mark", label=gettext_lazy("Category rating")),
            Parameter(name="employee_mark", label=gettext_lazy("Employee rating")),
        ),
    ),
    Group(
        label=gettext_lazy("For “processed by AI”"),
        parameters=(
            Parameter(name="summary", label=gettext_lazy("Conversation summary")),
            Parameter(name="client_mood", label=gettext_lazy("Client's mood")),
            Parameter(name="employee_mood", label=gettext_lazy("Employee's mood")),
            Parameter(name="call_mood", label=gettext_lazy("Call mood")),
            Parameter(name="dialogue_quality_score", label=gettext_lazy("Dialogue quality")),
            Parameter(name="action_1", label=gettext_lazy("Recommended action (action_2 and so on for more)")),
        ),
    ),
)


PARAMETER_OF = {parameter.name: parameter for group in PARAMETERS for parameter in group.parameters}
SHORT_LISTS: Mapping[EventKind, tuple[str, ...]] = {
    EventKind.AFTER_CALL: (
        *("uniqueid", "call_timestamp", "E164", "employee_number", "disposition", "billsec", "recording"),
    ),
    EventKind.AFTER_OUTGOING_CALL: (*("uniqueid", "call_timestamp", "dst", "employee_number", "billsec", "recording"),),
}
"""The fewest parameters with which calls are complete in Planfix. The mapped UTM parameters are needed in addition."""


@dataclass(frozen=True, kw_only=True)
class EventWebhook:
    """One webhook to enter in Ringostat."""

    label: LazyText
    why: LazyText
    address: str
    received_at: datetime | None
    """The last event of this kind."""
    parameters: tuple[Parameter, ...] = ()
    kind: EventKind
    is_needed: bool = True
    """False if a specialist marked the webhook as not needed."""

    @property
    def names(self) -> str:
        """All names, one per line."""
        return "\n".join(parameter.name for parameter in self.parameters)


@customer_page
def webhook_setup(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.method == "POST":
        if request.POST.get("action") == "ask_to_replace":
            return render_page(request, customer, "webhook_setup", "replace_address.html", {})
        action = ACTIONS.get(request.POST.get("action", ""))
        if action:
            action(request, customer)
        return redirect(address_of("webhook_setup", customer))
    tokens = list(valid_tokens(customer))
    context = {
        **_webhooks(customer, tokens[0].address if tokens else ""),
        "ending": tokens[1:],
        "parameters": PARAMETERS,
        "own_parameters": _own_parameters(customer),
        "zone": customer.zone,
        "statistics": statistics(customer),
        "requests": request_counts(customer),
        "senders": senders_of(customer),
        "signs": leak_signs([customer.pk]).get(customer.pk),
        "held": held_calls(customer).count(),
        "held_address": f"{reverse('calllog:list')}?customer={customer.pk}&reason={Reason.TOO_MANY_CONTACTS.value}",
        **_arrival(customer),
    }
    return render_page(request, customer, "webhook_setup", "webhook_setup.html", context)


@customer_page
def first_webhook_light(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The part of the page that reloads itself until the newest call is in Planfix."""
    return render(
        request, "admin/integrations/customer/_first_webhook.html", {"customer": customer, **_arrival(customer)}
    )


def _arrival(customer: Customer) -> dict[str, Any]:
    """The newest webhook, and the newest call with its place in Planfix."""
    newest = newest_webhook(customer)
    call = customer.calls.select_related("delivery", "customer").order_by("-started_at", "-pk").first()
    return {
        "newest": newest,
        "newest_label": EVENTS.get(newest.kind) or newest.event or newest.get_result_display() if newest else "",
        "call": call,
        "state": STATES[CallState(call.state)] if call else None,
        "planfix_link": comment_url(customer.planfix_url, receipts_of(call)) if call else "",
        "reason": call_reason(call) if call else "",
        "is_waiting": call is None or call.state in (CallState.IN_PROGRESS, CallState.PENDING),
    }


def _webhooks(customer: Customer, address: str) -> dict[str, list[EventWebhook]]:
    """The webhooks of every event: the required ones with their short lists, and the useful ones."""
    if not address:
        return {"needed": [], "useful": []}
    received = last_received(customer)
    utm = tuple(PARAMETER_OF.get(mapped.parameter) or _own(mapped.parameter) for mapped in customer.utm_fields.all())

    def webhook(kind: EventKind, why: LazyText, parameters: tuple[Parameter, ...] = ()) -> EventWebhook:
        return EventWebhook(
            label=EVENTS[kind],
            why=why,
            address=f"{address}{kind}/",
            received_at=received.get(kind),
            parameters=parameters,
            kind=kind,
            is_needed=kind not in customer.events_not_needed,
        )

    needed = {
        kind: tuple(PARAMETER_OF[name] for name in names) + (utm if kind is EventKind.AFTER_CALL else ())
        for kind, names in SHORT_LISTS.items()
    }
    return {
        "needed": [webhook(kind, "", parameters) for kind, parameters in needed.items()],
        "useful": [webhook(kind, why) for kind, why in USEFUL.items()],
    }


def _own(name: str) -> Parameter:
    return Parameter(name=name, label=gettext_lazy("Mapped parameter"))


def _own_parameters(customer: Customer) -> list[str]:
    """Mapped parameters that the lists above do not have."""
    return [utm.parameter for utm in customer.utm_fields.order_by("pk") if utm.parameter not in PARAMETER_OF]


# --- actions ---


def _rotate(request: HttpRequest, customer: Customer) -> None:
    rotate(customer)
    audit_record(request.user, _("Replaced the webhook address."), customer)
    text = _("New address created. The old one works for one more day. Paste the new one into Ringostat before then.")
    messages.success(request, text)


def _replace_leaked(request: HttpRequest, customer: Customer) -> None:
    replace_leaked(customer)
    audit_record(request.user, _("Replaced the webhook address and disabled the old one."), customer)
    text = _("New address created. The old one is disabled. Paste the new one into Ringostat now.")
    messages.success(request, text)


def _create_contacts(request: HttpRequest, customer: Customer) -> None:
    count = lift_creation_limit(customer)
    audit_record(request.user, _("Lifted the limit of new contacts for a day."), customer)
    text = ngettext("%(count)s held call continues.", "%(count)s held calls continue.", count)
    messages.success(request, text % {"count": count})


def _revoke(request: HttpRequest, customer: Customer) -> None:
    token_id = parse_pk(request.POST.get("token", ""))
    if token_id is not None and revoke(customer, token_id):
        audit_record(request.user, _("Disabled an old webhook address."), customer)
        messages.success(request, _("Old address disabled."))


def _not_needed(request: HttpRequest, customer: Customer) -> None:
    if (event := request.POST.get("event", "")) in SHORT_LISTS:
        customer.events_not_needed = sorted({*customer.events_not_needed, event})
        customer.save(update_fields=["events_not_needed"])
        audit_record(request.user, _("Marked the webhook “%(event)s” as not needed.") % {"event": event}, customer)
        messages.success(request, _("Marked as not needed. Its calls are still handled if they arrive."))


def _needed(request: HttpRequest, customer: Customer) -> None:
    if (event := request.POST.get("event", "")) in customer.events_not_needed:
        customer.events_not_needed = [each for each in customer.events_not_needed if each != event]
        customer.save(update_fields=["events_not_needed"])
        audit_record(request.user, _("Marked the webhook “%(event)s” as needed.") % {"event": event}, customer)
        messages.success(request, _("Marked as needed."))


def _test(request: HttpRequest, customer: Customer) -> None:
    if send_test_event(customer):
        text = _("Test event received at the current address. It is stored as a test and not sent to Planfix.")
        messages.success(request, text)
    else:
        messages.error(request, _("There is no valid address. Create a new one."))


ACTIONS: Mapping[str, Callable[[HttpRequest, Customer], None]] = {
    "rotate": _rotate,
    "replace_leaked": _replace_leaked,
    "create_contacts": _create_contacts,
    "revoke": _revoke,
    "not_needed": _not_needed,
    "needed": _needed,
    "test": _test,
}
