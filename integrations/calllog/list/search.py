"""The search box of every page. It finds a number, a call ID, a Planfix contact, a customer or an employee, and links
to their calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from integrations.calllog.list.filters import SHORTEST_ID_PART, CallFilter
from integrations.calllog.list.query_string import list_url
from integrations.domain.phones import is_hidden, normalize
from integrations.models import Employee, RememberedContact
from integrations.planfix.links import contact_of_url
from integrations.ui.inputs import customers_named
from integrations.ui.phone_text import grouped
from integrations.users.decorators import login_required_htmx
from integrations.users.visibility import customers_visible_to

MAX_LENGTH = 100
SHORTEST_NAME = 2
SHORTEST_NUMBER = 3
"""The fewest digits that count as a number."""
MAX_SUGGESTIONS = 5
"""The most suggested customers, the most suggested employees, and the most suggested numbers of a contact."""
LONGEST_CONTACT_ID = 18
"""The most digits of a contact's ID."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    text: str
    kind: str
    icon: str
    url: str


@require_safe
@login_required_htmx
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """Answers with the suggestions for the search box. Without htmx, redirects to the first suggestion."""
    typed = " ".join(request.GET.get("q", "").split())[:MAX_LENGTH]
    found = list(suggestions(request.user, typed)) if typed else []  # type: ignore[arg-type]
    if request.headers.get("HX-Request"):
        return render(request, "calllog/list/_search_results.html", {"found": found, "typed": typed})
    if found:
        return redirect(found[0].url)
    return redirect(_calls(number=typed) if typed else _calls())


def suggestions(user: User, typed: str) -> Iterator[Suggestion]:
    """Suggests what the text may mean, the most exact first. Suggests only what exists and the user may see."""
    yield from _number(user, typed)
    yield from _call_id(user, typed)
    yield from _contact(user, typed)
    if len(typed) >= SHORTEST_NAME:
        yield from _customers(user, typed)
        yield from _employees(user, typed)


def _number(user: User, typed: str) -> Iterator[Suggestion]:
    digits = sum(character.isdigit() for character in typed)
    if is_hidden(typed) or (digits >= SHORTEST_NUMBER and not any(character.isalpha() for character in typed)):
        filters = CallFilter.for_user(user, {"number": typed})
        if any(part.exists() for part in filters.parts):
            yield Suggestion(
                text=_full_number(filters, typed), kind=_("Calls of this number"), icon="call", url=_calls(number=typed)
            )


def _full_number(filters: CallFilter, typed: str) -> str:
    numbers = {normalize(typed, region) for _zone, region in filters.zones_and_regions} - {None}
    return grouped(next(iter(numbers)) or typed) if len(numbers) == 1 else typed


def _call_id(user: User, typed: str) -> Iterator[Suggestion]:
    if len(typed) < SHORTEST_ID_PART or " " in typed:
        return
    filters = CallFilter.for_user(user, {"call_id": typed})
    found = {pk: text for part in filters.parts for pk, text in part.values_list("pk", "ringostat_id")[:2]}
    if len(found) == 1:
        ((pk, text),) = found.items()
        yield Suggestion(text=text, kind=_("Call"), icon="call", url=reverse("calllog:call", args=[pk]))
    elif found:
        yield Suggestion(text=typed, kind=_("Calls with this in their ID"), icon="tag", url=_calls(call_id=typed))


def _contact(user: User, typed: str) -> Iterator[Suggestion]:
    """The numbers of a Planfix contact, by its ID or the address of its page, whose calls Ringofix has delivered."""
    host, contact_id = contact_of_url(typed) or ("", typed)
    if not str(contact_id).isdecimal() or len(str(contact_id)) > LONGEST_CONTACT_ID:
        return
    customers = customers_visible_to(user).filter(planfix_url__icontains=f"//{host}")  # not my-acme for acme
    known = RememberedContact.objects.filter(customer__in=customers, contact_id=contact_id).select_related("customer")
    shown = known.only("number", "name", "customer__name").order_by("customer__name", "number")
    for each in shown[:MAX_SUGGESTIONS]:
        kind = _("Planfix contact %(id)s of %(customer)s") % {"id": contact_id, "customer": each.customer.name}
        url = _calls(customer=each.customer_id, number=each.number)
        yield Suggestion(text=each.name or grouped(each.number), kind=kind, icon="person", url=url)


def _customers(user: User, typed: str) -> Iterator[Suggestion]:
    for customer in customers_named(customers_visible_to(user), typed).only("name")[:MAX_SUGGESTIONS]:
        yield Suggestion(text=customer.name, kind=_("Customer"), icon="apartment", url=_calls(customer=customer.pk))


def _employees(user: User, typed: str) -> Iterator[Suggestion]:
    named = Employee.objects.filter(customer__in=customers_visible_to(user), name__icontains=typed)
    for employee in named.select_related("customer").order_by("name", "pk")[:MAX_SUGGESTIONS]:
        kind = _("Employee of %(customer)s") % {"customer": employee.customer.name}
        url = _calls(customer=employee.customer_id, employee=employee.pk)
        yield Suggestion(text=employee.name, kind=kind, icon="badge", url=url)


def _calls(**filters: object) -> str:
    return reverse("calllog:list") + list_url({}, **filters)
