"""The page of the contact directory: how far it is read, how numbers are written in Planfix, and which contacts share a
number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.models import Customer, DirectoryAccount, PhoneMatching
from integrations.planfix.links import contact_url
from integrations.services.calls.spreadsheet_files import Row, csv_lines
from integrations.services.directory.accounts import directory_of
from integrations.services.directory.budget import allowed_today, requests_today
from integrations.services.directory.report import (
    SharedNumber,
    SpellingReport,
    shared_numbers,
    spelling_report,
    with_names,
)
from integrations.ui.local_time import local_time
from integrations.users.audit import audit_record

SHOWN_NUMBERS = 20


@dataclass(frozen=True, kw_only=True)
class ShownContact:
    name: str
    url: str
    is_company: bool


@customer_page
def directory_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    if request.method == "POST":
        return _start(request, customer)
    account = directory_of(customer).first()
    report = spelling_report(customer)
    shared = shared_numbers(customer)
    context = {
        "state": list(_state(customer, account)),
        "error": account.error if account else "",
        "report": report,
        "sentence": spelling_sentence(report) if report else "",
        "advice": advice_of(customer, report) if report else "",
        "matches_full_only": customer.phone_matching == PhoneMatching.FULL,
        "shared_count": len(shared),
        "shared": [(one.number, list(_shown(customer, one))) for one in with_names(customer, shared[:SHOWN_NUMBERS])],
        "settings": address_of("change", customer),
    }
    return render_page(request, customer, "directory", "directory.html", context)


@customer_page
def shared_numbers_csv(request: HttpRequest, customer: Customer) -> HttpResponse:
    audit_record(request.user, _("Downloaded the contacts that share a number."), customer)
    titles = [_("Number"), _("Contact ID"), _("Name"), _("Kind"), _("Link")]
    content = b"".join(csv_lines(titles, _rows(customer)))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="shared-numbers-{timezone.now():%Y-%m-%d}.csv"'
    return response


def spelling_sentence(report: SpellingReport) -> str:
    if not report.not_full:
        text = ngettext(
            "The one number is in full format.", "All %(count)s numbers are in full format.", report.numbers
        )
        return text % {"count": grouped(report.numbers)}
    text = ngettext(
        "Of %(count)s number, %(percent)s %% is not in full format.",
        "Of %(count)s numbers, %(percent)s %% are not in full format.",
        report.numbers,
    )
    return text % {"count": grouped(report.numbers), "percent": _percent(report.percent_not_full)}


def advice_of(customer: Customer, report: SpellingReport) -> str:
    """Advice on the customer's phone matching, given how numbers are written in Planfix; "" for none."""
    if not report.missed:
        return ""
    if customer.phone_matching == PhoneMatching.ANY_FORMAT:
        return _("The customer's phone matching finds any spelling.")
    text = ngettext(
        "Calls from up to %(count)s number would create a second contact. Choose “Any spelling of the number” for phone"
        " matching.",
        "Calls from up to %(count)s numbers would create second contacts. Choose “Any spelling of the number” for phone"
        " matching.",
        report.missed,
    )
    return text % {"count": grouped(report.missed)}


def grouped(number: int) -> str:
    return str(number_format(number, force_grouping=True))


def _percent(value: float) -> str:
    """A share as a whole percentage. Only none is 0 and only all is 100; every other share shows as 1 to 99."""
    return number_format(min(max(round(value), 1), 99) if 0 < value < 100 else round(value))


def _start(request: HttpRequest, customer: Customer) -> HttpResponse:
    Customer.objects.filter(pk=customer.pk).update(directory=True)
    audit_record(request.user, _("Started the contact directory."), customer)
    messages.success(request, _("The contacts are read as soon as no call waits."))
    return redirect(address_of("directory", customer))


def _state(customer: Customer, account: DirectoryAccount | None) -> Iterator[str]:
    """Sentences on how far the directory is read."""
    if account is None:
        if customer.directory:
            yield _("The first reading starts within a minute.")
        return
    now = timezone.now()
    if account.first_read_at is None:
        text = ngettext(
            "Reading: %(count)s contact so far.", "Reading: %(count)s contacts so far.", account.contacts_read
        )
        yield text % {"count": grouped(account.contacts_read)}
    else:
        yield from _finished_readings(customer, account, now)
    yield _("Requests today: %(count)s of at most %(most)s.") % {
        "count": grouped(requests_today(account)),
        "most": grouped(allowed_today(account)),
    }


def _finished_readings(customer: Customer, account: DirectoryAccount, now: datetime) -> Iterator[str]:
    count = account.contacts.filter(deleted=False).count()
    text = ngettext("%(count)s contact or company.", "%(count)s contacts and companies.", count)
    yield text % {"count": grouped(count)}
    if account.changes_read_at:
        yield _("Changes read: %(time)s.") % {"time": local_time(customer, account.changes_read_at, now)}
    if account.round_at:
        yield _("Last full reading: %(time)s.") % {"time": local_time(customer, account.round_at, now)}


def _shown(customer: Customer, shared: SharedNumber) -> Iterator[ShownContact]:
    for contact_id, name, is_company in shared.contacts:
        url = contact_url(customer.planfix_url, contact_id)
        yield ShownContact(name=name or str(contact_id), url=url, is_company=is_company)


def _rows(customer: Customer) -> Iterator[Row]:
    kinds = {False: _("Contact"), True: _("Company")}
    for shared in with_names(customer, shared_numbers(customer)):
        for contact_id, name, is_company in shared.contacts:
            url = contact_url(customer.planfix_url, contact_id)
            yield [shared.number, contact_id, name, kinds[is_company], url]
