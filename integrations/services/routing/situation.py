"""Reads the settings of an address, and what is known of a client: contacts, employees and the last conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations.domain.employees import Employee
from integrations.domain.phone_fields import has_number
from integrations.models import Customer, Routing, RoutingSource, WebhookToken
from integrations.models.telephone.routing import directions_in
from integrations.services.routing.decide import KnownContact, Situation
from integrations.services.routing.sql import KNOWN_OF_CLIENT, SETTINGS_AT, run_bounded

ONLINE_IS_KNOWN_FOR = timedelta(minutes=2)
"""An older list of who is online is ignored: then everybody may be rung."""
LAST_CALLS = 20
"""Answered calls of a client among which the last employee is looked for."""


@dataclass(frozen=True, kw_only=True)
class RoutingSettings:
    """`online`: the SIP logins that are online; None when that does not matter or is not known."""

    customer_id: int
    account: str
    region: str
    order: tuple[RoutingSource, ...]
    fixed: tuple[str, ...]
    form: str
    key: str
    online: frozenset[str] | None

    @classmethod
    def of(cls, routing: Routing) -> RoutingSettings:
        """Whether routing is on or off."""
        is_known = routing.online_at is not None and timezone.now() - routing.online_at < ONLINE_IS_KNOWN_FOR
        return cls(
            customer_id=routing.customer_id,
            account=routing.customer.planfix_account,
            region=routing.customer.region,
            order=tuple(map(RoutingSource, routing.order)),
            fixed=directions_in(routing.fixed),
            form=routing.form,
            key=routing.key,
            online=frozenset(routing.online) if routing.only_online and is_known else None,
        )


def settings_at(token: str) -> RoutingSettings | None:
    """Of the address's customer. None while routing is off, and for an address that is not valid."""
    arguments = {"token_hash": WebhookToken.hash_of(token), "known_for": ONLINE_IS_KNOWN_FOR}
    rows = run_bounded(SETTINGS_AT, arguments)
    if not rows:
        return None
    customer_id, planfix_url, region, order, fixed, form, key, online = rows[0]
    return RoutingSettings(
        customer_id=customer_id,
        account=Customer(planfix_url=planfix_url).planfix_account,
        region=region,
        order=tuple(map(RoutingSource, order)),
        fixed=directions_in(fixed),
        form=form,
        key=key,
        online=None if online is None else frozenset(online),
    )


def situation_of(settings: RoutingSettings, number: str | None) -> Situation:
    """`number`: the client's, in full format; None for a hidden or unusable one."""
    arguments = {
        "customer_id": settings.customer_id,
        "account": settings.account,
        "number": number,
        "last_calls": LAST_CALLS,
    }
    contacts, last_talked, employees = run_bounded(KNOWN_OF_CLIENT, arguments)[0] if number else (None, None, None)
    return Situation(
        order=settings.order,
        has_number=number is not None,
        contacts=_contacts(contacts or (), number or "", settings.region),
        employees=[_employee(*row) for row in employees or ()],
        last_talked=last_talked,
        fixed=settings.fixed,
        online=settings.online,
    )


def _contacts(rows: Iterable[Any], number: str, region: str) -> list[KnownContact]:
    """As services/directory/look_up.py: 067 123 45 67 is another number in each country."""
    found = {
        contact_id: KnownContact(contact_id=contact_id, responsible=tuple(responsible))
        for contact_id, responsible, written in rows
        if has_number(written, number, region)
    }
    return list(found.values())


def _employee(key: int, name: str, user_id: int | None, lines: list[str], participates: bool) -> Employee:
    is_included = participates and user_id is not None
    return Employee(key=key, name=name, planfix_user_id=user_id, sip_logins=tuple(lines), participates=is_included)
