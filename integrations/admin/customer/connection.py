"""Connect: the button that has a customer's access checked, and the list of what was found, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from integrations.admin.customer.pages import MENU, address_of, customer_page
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.planfix.rights import Right
from integrations.services.customers.connection_report import Check, Connection, Finding, newest_check
from integrations.services.customers.utm_problems import parameter_problems
from integrations.services.queue.background import enqueue
from integrations.ui.labels import LazyText
from integrations.users.audit import audit_record


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """What was found, and what to do about it, step by step."""

    text: LazyText
    steps: tuple[LazyText, ...] = ()


API_ACCESS = _("In Planfix open Account management → API access → REST API.")
AGAIN = _("Press “Check again” here.")
NEW_TOKEN = _("Type the new token into “Planfix API token” above and save.")
HELPLESS = _("Ask the customer to put this right in Planfix, then press “Check again” here.")

SENTENCES: Mapping[Finding, Sentence] = {
    Finding.REACHED: Sentence(text=_("%(host)s answers.")),
    Finding.NOT_REACHED: Sentence(
        text=_("Nothing answers at %(host)s."),
        steps=(
            _("Compare the address with the one in the browser when Planfix is open: a letter may be wrong."),
            _("If it is right, Planfix may be down for a moment: press “Check again” in a few minutes."),
        ),
    ),
    Finding.NO_PLANFIX: Sentence(
        text=_("%(host)s answers, but it is not a Planfix account."),
        steps=(
            _("Open Planfix in the browser, log in, and copy the address up to the first slash after the name."),
            _("It looks like https://acme.planfix.com, .ru or .ua, or is the company's own domain."),
        ),
    ),
    Finding.BUSY: Sentence(
        text=_("Planfix at %(host)s does not take requests at the moment: %(error)s"),
        steps=(_("Press “Check again” in a few minutes."),),
    ),
    Finding.KNOWN: Sentence(text=_("Planfix knows the token.")),
    Finding.MALFORMED: Sentence(
        text=_("The token cannot be one: it is empty, or has spaces or letters that no token has."),
        steps=(API_ACCESS, _("Copy the token as a whole, without the words around it."), NEW_TOKEN),
    ),
    Finding.UNKNOWN: Sentence(
        text=_("Planfix does not know the token."),
        steps=(API_ACCESS, _("Copy the token anew, or make one: it belongs to this account only."), NEW_TOKEN),
    ),
    Finding.SWITCHED_OFF: Sentence(
        text=_("The token is switched off."), steps=(API_ACCESS, _("Open the token and activate it."), AGAIN)
    ),
    Finding.ACCOUNT_FROZEN: Sentence(text=_("The Planfix account is frozen."), steps=(HELPLESS,)),
    Finding.EMPLOYEE_INACTIVE: Sentence(
        text=_("The employee for whom the token acts is not active any more."),
        steps=(API_ACCESS, _("Open the token and choose an active administrator or a robot."), AGAIN),
    ),
    Finding.ACCOUNT_UNPAID: Sentence(text=_("The Planfix account is not paid for."), steps=(HELPLESS,)),
    Finding.PLAN_WITHOUT_API: Sentence(
        text=_("The account is on Planfix's free plan, which has no API."),
        steps=(_("The customer needs a paid plan of Planfix."), AGAIN),
    ),
    Finding.ACCESS_REFUSED: Sentence(text=_("Planfix does not let us in: %(error)s"), steps=(HELPLESS,)),
    Finding.ACTS_FOR: Sentence(text=_("The token acts for %(name)s (employee %(id)s in Planfix).")),
    Finding.ACTS_FOR_ORDINARY: Sentence(
        text=_("The token acts for %(name)s, who is neither a robot nor an administrator in Planfix."),
        steps=(
            _("Contacts that %(name)s may not see are not found, and are made a second time."),
            API_ACCESS,
            _("Open the token and choose a robot, or an administrator. Save it."),
            AGAIN,
        ),
    ),
    Finding.ACTS_FOR_UNKNOWN: Sentence(
        text=_("Planfix does not tell for whom the token acts: it tells only by tasks which that employee has given."),
        steps=(
            API_ACCESS,
            _("Look at the token's employee: it should be a robot or an administrator, or contacts will be missed."),
        ),
    ),
    Finding.READ_ONLY: Sentence(
        text=_("The token may only read, so nothing can be written into Planfix."),
        steps=(API_ACCESS, _("Open the token and tick: %(scopes)s. Save it."), AGAIN),
    ),
    Finding.RIGHT_GRANTED: Sentence(text=_("The token may %(rights)s.")),
    Finding.RIGHT_MISSING: Sentence(
        text=_("The token may not %(rights)s: it lacks levels of access."),
        steps=(API_ACCESS, _("Open the token and tick: %(scopes)s. Save it."), AGAIN),
    ),
    Finding.RIGHT_UNCLEAR: Sentence(
        text=_("Whether the token may %(rights)s could not be found out: Planfix did not answer clearly."),
        steps=(_("Press “Check again” in a few minutes; the level of access is called %(scopes)s."),),
    ),
    Finding.TAGS_FOUND: Sentence(text=_("Calls go into the data tags “%(call)s” and “%(missed_call)s”.")),
    Finding.TAGS_MISSING: Sentence(
        text=_("The data tags for calls were not found: %(error)s"),
        steps=(
            _("In Planfix open Account management → Integrations → Virtual PBX and connect any PBX: that makes both."),
            _("Or make two data tags yourself and choose them below, under “Advanced”."),
            AGAIN,
        ),
    ),
    Finding.TEMPLATE_FOUND: Sentence(text=_("New contacts are made by the template “%(name)s”.")),
    Finding.TEMPLATE_GONE: Sentence(
        text=_("The chosen contact template (number %(id)s) is not in Planfix any more."),
        steps=(_("Choose another one below, under “New contacts”, and save."),),
    ),
    Finding.TEMPLATE_MISSING: Sentence(
        text=_("Planfix shows no contact template, and no contact can be made without one."),
        steps=(_("In Planfix make a contact template that the token's employee may see."), AGAIN),
    ),
    Finding.FIELDS_REQUIRED: Sentence(
        text=_("The contact template requires fields that the integration cannot fill in: %(fields)s."),
        steps=(
            _("In Planfix open the contact template and make these fields optional."),
            _("Or choose another template below, under “New contacts”, and save."),
            AGAIN,
        ),
    ),
    Finding.SEARCH_PROVEN: Sentence(text=_("The search by phone number finds a contact that exists.")),
    Finding.SEARCH_UNPROVEN: Sentence(
        text=_("The search by phone number could not be tried: no contact with a phone number is visible."),
        steps=(_("Create a contact with a phone number in Planfix, or check later."), AGAIN),
    ),
    Finding.SEARCH_BLIND: Sentence(
        text=_("The search by phone number does not find a contact that exists. No contact is created until it does."),
        steps=(
            _("Calls with new numbers wait meanwhile; nothing is lost."),
            _("Check that the token's employee may see all contacts, and ask Planfix's support about filter 4003."),
            AGAIN,
        ),
    ),
    Finding.KEY_KNOWN: Sentence(text=_("Ringostat knows the Auth-key and shows %(count)s employees.")),
    Finding.KEY_MISSING: Sentence(
        text=_("There is no Ringostat Auth-key: calls whose webhook was lost cannot be fetched, nor the employees."),
        steps=(_("In Ringostat open Integration → Ringostat API, copy the Auth-key, type it in above and save."),),
    ),
    Finding.KEY_UNKNOWN: Sentence(
        text=_("Ringostat does not know the Auth-key."),
        steps=(
            _("In Ringostat open Integration → Ringostat API and copy the Auth-key anew; type it in above and save."),
        ),
    ),
    Finding.KEY_WITHOUT_ACCESS: Sentence(
        text=_("Ringostat knows the Auth-key, but gives it no access to calls and employees."),
        steps=(_("Ask Ringostat's support to open the call list for this key."), AGAIN),
    ),
    Finding.STAFF_MISSING: Sentence(
        text=_("Ringostat shows no employees of this project: %(error)s"),
        steps=(_("Compare the project ID above with the one in Ringostat: it stands in the address of its pages."),),
    ),
    Finding.RINGOSTAT_BUSY: Sentence(
        text=_("Ringostat does not answer at the moment: %(error)s"),
        steps=(_("Press “Check again” in a few minutes."),),
    ),
    Finding.RINGOSTAT_REFUSED: Sentence(text=_("Ringostat refuses: %(error)s"), steps=(AGAIN,)),
}

RIGHTS: Mapping[str, LazyText] = {
    Right.FIND_CONTACTS.name: _("find contacts"),
    Right.CREATE_CONTACTS.name: _("create contacts"),
    Right.FIND_TASKS.name: _("find tasks"),
    Right.READ_COMMENTS.name: _("read comments"),
    Right.WRITE_COMMENTS.name: _("write comments"),
    Right.UPDATE_COMMENTS.name: _("change comments"),
    Right.READ_TAGS.name: _("read data tags"),
    Right.WRITE_TAGS.name: _("fill data tags"),
    Right.ADD_FILES.name: _("add recordings"),
    Right.READ_EMPLOYEES.name: _("read the employees"),
}
"""As in “May …”."""


@require_POST
@customer_page
def connect(request: HttpRequest, customer: Customer) -> HttpResponse:
    assert isinstance(request.user, User)
    enqueue(BackgroundJobKind.CONNECT, customer=customer, by=request.user)
    audit_record(request.user, str(_("Had the access checked.")), customer)
    back = request.POST.get("back", "")
    return redirect(address_of(back, customer) if back in MENU else address_of("change", customer) + "#connection")


def check_new_access(customer: Customer, by: User) -> BackgroundJob:
    """After the access was changed: a check of its own, whatever check of the old one may be under way."""
    return enqueue(BackgroundJobKind.CONNECT, customer=customer, by=by, since=timezone.now())


def connection_context(customer: Customer) -> dict[str, Any]:
    """What the list on the customer's page shows; asks nobody but the database."""
    work = newest_check(customer)
    known = Connection.from_json(work.result) if work and work.result else None
    rows = [row_of(check) for check in known.checks] if known else []
    rows += [{"light": "unsure", "text": problem, "steps": ()} for problem in parameter_problems(customer)]
    return {
        "work": work,
        "is_under_way": work is not None and not work.is_finished,
        "checked_at": work.finished_at if work else None,
        "trouble": work.trouble if work else "",
        "rows": sorted((row for row in rows if row["light"] != "fine"), key=lambda row: row["light"] != "wrong"),
        "fine": [row for row in rows if row["light"] == "fine"],
        "is_good": known is not None and known.is_good,
    }


def row_of(check: Check) -> dict[str, Any]:
    names = {**check.names}
    if "rights" in names:
        names["rights"] = ", ".join(str(RIGHTS[name]) for name in names["rights"].split())
    sentence = SENTENCES[check.finding]
    light = "fine" if check.is_fine else "wrong" if check.is_trouble else "unsure"
    return {
        "light": light,
        "text": str(sentence.text) % names,
        "steps": [str(step) % names for step in sentence.steps],
    }
