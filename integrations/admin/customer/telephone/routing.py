"""The routing page: the settings, what to enter in Ringostat, a number to try, the last answers, and the names on
telephones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import BASE_INPUT_CLASSES, SELECT_CLASSES

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.admin.customer.telephone.form import RoutingSettingsForm
from integrations.domain.phones import normalize
from integrations.models import Customer, PhoneBookContacts, Routing, RoutingAnswer, RoutingForm
from integrations.services.customers.webhook_addresses import valid_tokens
from integrations.services.phone_book.choice import choose_contacts, phone_book_state
from integrations.services.routing.answer_log import newest_answers
from integrations.services.routing.decide import Proposal, decide
from integrations.services.routing.situation import RoutingSettings, situation_of
from integrations.ui.labels import LazyText
from integrations.ui.routing import answer_sentence, proposal_sentence
from integrations.users.audit import audit_record

SHOWN_ANSWERS = 10

PARAMETERS: Sequence[tuple[str, LazyText]] = (
    ("caller", gettext_lazy("Client's number")),
    ("uniqueid", gettext_lazy("Call ID")),
    ("dst", gettext_lazy("Called number")),
)
"""The parameters that a question should have. The reader understands other names too."""
TYPES = {RoutingForm.PLAIN: "http", RoutingForm.JSON: "json", RoutingForm.JSON_RPC: "json-rpc"}
"""Ringostat's names of the data import types."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A number that was tried on the page."""

    number: str
    answer: str
    """The answer as Ringostat would get it; "" for an empty answer."""
    sentences: list[str]
    error: str = ""


@customer_page
def routing_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    routing = _routing_of(customer)
    action = request.POST.get("action", "")
    form = RoutingSettingsForm(request.POST if action == "save" else None, instance=routing, customer=customer)
    if action == "save" and form.is_valid():
        _save(request, customer, form)
        return redirect(address_of("routing", customer))
    if action == "phone_book":
        _choose_contacts(request, customer)
        return redirect(address_of("routing", customer) + "#phone-book")
    attempt = _tried(_routing_of(customer), request.POST.get("number", "")) if action == "try" else None
    token = valid_tokens(customer).first()
    context = {
        "form": form,
        "routing": routing,
        "address": token.routing_address if token else "",
        "import_type": TYPES[RoutingForm(routing.form)],
        "parameters": PARAMETERS,
        "attempt": attempt,
        "input_classes": " ".join(BASE_INPUT_CLASSES),
        "rows": [(answer, answer_sentence(answer)) for answer in _last_answers(customer)],
        "phone_book": phone_book_state(customer),
        "choices": PhoneBookContacts.choices,
        "select_classes": " ".join(SELECT_CLASSES),
        "lacks_ringostat": not (customer.ringostat_auth_key and customer.ringostat_project_id),
        **_arrival(customer, routing),
    }
    return render_page(request, customer, "routing", "routing.html", context)


@customer_page
def first_question(request: HttpRequest, customer: Customer) -> HttpResponse:
    """The part of the page that reloads itself until the first question has come."""
    context = {"customer": customer, **_arrival(customer, _routing_of(customer))}
    return render(request, "admin/integrations/customer/_first_question.html", context)


def _routing_of(customer: Customer) -> Routing:
    return Routing.objects.filter(customer=customer).first() or Routing(customer=customer)


def _last_answers(customer: Customer) -> list[RoutingAnswer]:
    return list(newest_answers(customer)[:SHOWN_ANSWERS])


def _arrival(customer: Customer, routing: Routing) -> dict[str, Any]:
    newest = newest_answers(customer).first()
    return {
        "newest": newest,
        "newest_sentence": answer_sentence(newest) if newest else "",
        "is_enabled": routing.enabled,
        "lacks_directory": routing.uses_directory and not customer.directory,
        "online_trouble": routing.online_trouble if routing.enabled and routing.only_online else "",
        "lacks_key": routing.only_online and not customer.ringostat_auth_key,
    }


def _save(request: HttpRequest, customer: Customer, form: RoutingSettingsForm) -> None:
    routing: Routing = form.save()
    audit_record(request.user, _("Changed the routing."), customer)
    messages.success(request, _("Routing saved."))
    if routing.uses_directory and not customer.directory:
        Customer.objects.filter(pk=customer.pk).update(directory=True)
        messages.info(request, _("The contact directory was turned on. Ringofix now reads the account's contacts."))


def _choose_contacts(request: HttpRequest, customer: Customer) -> None:
    posted = request.POST.get("contacts", "")
    if posted not in PhoneBookContacts:
        return
    chosen = PhoneBookContacts(posted)
    choose_contacts(customer, chosen)
    audit_record(request.user, _("Chose the names on telephones: %(choice)s.") % {"choice": chosen.label}, customer)
    messages.success(request, _("Names on telephones saved."))


def _tried(routing: Routing, typed: str) -> Attempt:
    """The answer that Ringostat would get if this number called now. Stores nothing."""
    number = normalize(typed, routing.customer.region)
    if number is None:
        error = _("“%(number)s” is not a phone number. Write it in full: +380671234567.") % {"number": typed}
        return Attempt(number=typed, answer="", sentences=[], error=error)
    decision = decide(situation_of(RoutingSettings.of(routing), number))
    chosen: Proposal | None = decision.chosen
    return Attempt(
        number=number,
        answer=", ".join(chosen.directions) if chosen else "",
        sentences=[proposal_sentence(proposal) for proposal in decision.proposals],
    )
