"""Reads what an answer depends on: the settings of the address, and the client's contacts, employees and last talk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations.domain.employees import Employee
from integrations.domain.phones_in_text import has_number
from integrations.models import Customer, Routing, RoutingSource, WebhookToken
from integrations.models.telephone.routing import directions_in
from integrations.services.routing.decide import KnownContact, Situation
from integrations.services.routing.sql import KNOWN_OF_CLIENT, SETTINGS_AND_KNOWN_AT, run_bounded

ONLINE_IS_KNOWN_FOR = timedelta(minutes=2)
"""Age after which the list of online employees is ignored. Everybody may then be rung."""
MAX_REMEMBERED = 10_000
LAST_CALLS = 20
"""How many of a client's answered calls are searched for the last employee."""


@dataclass(frozen=True, kw_only=True)
class RoutingSettings:
    """A customer's settings for answers. `online`: the SIP logins that are online; None if the customer does not ask
    for online employees, or if they are unknown.
    """

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
        """The settings of the row, whether its routing is on or off."""
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


_accounts: dict[int, str] = {}
"""The Planfix account of each customer at its last question, so that one statement can read settings and contacts."""


def settings_and_situation(
    token: str, customer_id: int, number: str | None
) -> tuple[RoutingSettings, Situation] | None:
    """Reads the settings of an address and a client's situation. None while routing is off, and for an invalid address.

    Needs one statement, or two if the customer's Planfix account has changed since the last question.
    `number`: the client's, in full format; None for a hidden or unusable one.
    """
    while True:
        account = _accounts.get(customer_id, "")
        address = {"token_hash": WebhookToken.hash_of(token), "known_for": ONLINE_IS_KNOWN_FOR}
        rows = run_bounded(SETTINGS_AND_KNOWN_AT, address | _client(customer_id, account, number))
        if not rows:
            return None
        settings = _settings(rows[0][:8])
        if settings.account == account:
            return settings, _situation(settings, number, *rows[0][8:])
        if len(_accounts) >= MAX_REMEMBERED:
            _accounts.clear()
        _accounts[customer_id] = settings.account


def situation_of(settings: RoutingSettings, number: str) -> Situation:
    """Reads a client's situation. `number`: in full format."""
    arguments = _client(settings.customer_id, settings.account, number)
    return _situation(settings, number, *run_bounded(KNOWN_OF_CLIENT, arguments)[0])


def _client(customer_id: int, account: str, number: str | None) -> dict[str, Any]:
    return {"customer_id": customer_id, "account": account, "number": number, "last_calls": LAST_CALLS}


def _settings(row: Sequence[Any]) -> RoutingSettings:
    customer_id, planfix_url, region, order, fixed, form, key, online = row
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


def _situation(
    settings: RoutingSettings, number: str | None, contacts: Any, last_talked: int | None, employees: Any
) -> Situation:
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
    """The contacts that have this number in this region: 067 123 45 67 is another number in each country.

    services/directory/look_up.py compares in the same way.
    """
    found = {
        contact_id: KnownContact(contact_id=contact_id, responsible=tuple(responsible))
        for contact_id, responsible, written in rows
        if has_number(written, number, region)
    }
    return list(found.values())


def _employee(key: int, name: str, user_id: int | None, lines: list[str], participates: bool) -> Employee:
    is_included = participates and user_id is not None
    return Employee(key=key, name=name, planfix_user_id=user_id, sip_logins=tuple(lines), participates=is_included)
