"""Reads what is known of a client: the contacts, the employees and the last conversation, each by an index."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from integrations.domain.calls import Outcome
from integrations.models import Call, Customer, Routing, RoutingSource
from integrations.models.telephone.routing import directions_in
from integrations.services.directory.look_up import contacts_of
from integrations.services.routing.decide import KnownContact, Situation

ONLINE_IS_KNOWN_FOR = timedelta(minutes=2)
"""An older list of who is online is ignored: then everybody may be rung."""
LAST_CALLS = 20
"""Answered calls of a client among which the last employee is looked for."""


def situation_of(routing: Routing, number: str | None) -> Situation:
    """`number`: the client's, in full format; None for a hidden or unusable one. At most three queries."""
    customer, order = routing.customer, [RoutingSource(source) for source in routing.order]
    contacts = _contacts(customer, number) if number and RoutingSource.RESPONSIBLE in order else []
    last_talked = _last_talked(customer, number) if number and RoutingSource.LAST_TALKED in order else None
    named = {user_id for contact in contacts for user_id in contact.responsible}
    employees = customer.employees.filter(Q(planfix_user_id__in=named) | Q(pk=last_talked))
    return Situation(
        order=order,
        has_number=number is not None,
        contacts=contacts,
        employees=[employee.facts for employee in employees] if named or last_talked else [],
        last_talked=last_talked,
        fixed=directions_in(routing.fixed),
        online=_online(routing),
    )


def _contacts(customer: Customer, number: str) -> list[KnownContact]:
    return [
        KnownContact(contact_id=match.contact_id, responsible=match.responsible_ids)
        for match in contacts_of(customer, number)
    ]


def _last_talked(customer: Customer, number: str) -> int | None:
    """The key of the employee. Uses the index `calls_by_number`."""
    answered = Call.objects.filter(client_number=number, customer=customer, outcome=Outcome.ANSWERED)
    newest = answered.order_by("-started_at", "-pk").values_list("employee_id", flat=True)[:LAST_CALLS]
    return next(filter(None, newest), None)


def _online(routing: Routing) -> frozenset[str] | None:
    is_known = routing.online_at is not None and timezone.now() - routing.online_at < ONLINE_IS_KNOWN_FOR
    return frozenset(routing.online) if routing.only_online and is_known else None
