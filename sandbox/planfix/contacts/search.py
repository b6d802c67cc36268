"""Filters of Planfix's contact list.

https://help.planfix.com/restapidocs/ and Planfix help, "REST API: complex contact filters".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.planfix.rest import Body, Refusal
from sandbox.planfix.world import ChangedFilter, CompanyFlag, DeletedContacts, FilterZone, SeveralFilters

PHONE_FILTER = 4003
COMPANY_FILTERS = (4006, 4007)

Predicate = Callable[[Contact], bool]


def _contains(text_of: Callable[[Contact], str]) -> Callable[[Account, Any], Predicate]:
    return lambda _, value: lambda contact: str(value).lower() in text_of(contact).lower()


def _number_is(account: Account, value: Any) -> Predicate:
    ids = account.contacts_with_number(str(value))
    return lambda contact: contact.id in ids


def _is_one_of(account: Account, value: Any) -> Predicate:
    numbers = {int(number) for number in (value if isinstance(value, list) else [value])}
    return lambda contact: contact.id in numbers


def _changed_in(account: Account, value: Any) -> Predicate:
    """`{"dateType": "otherRange_withTime", "dateFrom": "28-11-2026 14:20", "dateTo": …}`, both ends included."""
    if account.world.changed_filter is not ChangedFilter.HONOURED:
        is_listed = account.world.changed_filter is ChangedFilter.IGNORED
        return lambda _: is_listed
    if value["dateType"] != "otherRange_withTime":
        raise ValueError
    zone = FILTER_ZONES.get(account.world.filter_zone, account.zone)
    first, last = (datetime.strptime(value[end], MINUTES).replace(tzinfo=zone) for end in ("dateFrom", "dateTo"))
    return lambda contact: first <= contact.updated.replace(second=0, microsecond=0) <= last


FILTER_ZONES = {FilterZone.WEST: ZoneInfo("America/New_York"), FilterZone.EAST: ZoneInfo("Asia/Tokyo")}
MINUTES = "%d-%m-%Y %H:%M"


FILTERS: Mapping[int, Callable[[Account, Any], Predicate]] = {
    PHONE_FILTER: _number_is,
    4001: _contains(lambda contact: contact.full_name),
    4014: _contains(lambda contact: contact.name),
    4015: _contains(lambda contact: contact.lastname),
    4002: _contains(lambda contact: contact.texts.get("position", "")),
    4004: _contains(lambda contact: contact.texts.get("address", "")),
    4005: _contains(lambda contact: contact.email),
    4026: lambda _, value: lambda contact: contact.email.lower() == str(value).lower(),
    4006: lambda _, __: lambda contact: contact.is_company,
    4007: lambda _, __: lambda contact: not contact.is_company,
    4016: lambda _, value: lambda contact: contact.template_id == int(value),
    4231: _is_one_of,
    38: _changed_in,
}

OPPOSITES = ("notequal", "nothave")


def _predicate(account: Account, filter_: Body) -> Predicate:
    make = FILTERS.get(filter_.number("type"))
    if make is None:
        raise Refusal(500, 0, "Rest API error")
    try:
        accepts = make(account, filter_.value("value"))
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(500, 0, "Rest API error") from error
    return (lambda contact: not accepts(contact)) if filter_.text("operator") in OPPOSITES else accepts


def _candidates(account: Account, filters: Sequence[Body]) -> Iterable[Contact]:
    """Contacts by ascending id. A search by one number, the usual case, does not read every contact."""
    if len(filters) == 1 or account.world.several_filters is SeveralFilters.ALL:
        for filter_ in filters:
            if filter_.number("type") == PHONE_FILTER and filter_.text("operator") not in OPPOSITES:
                ids = account.contacts_with_number(filter_.text("value"))
                return [account.contacts_by_id[number] for number in sorted(ids)]
    return account.contacts_by_id.values()


def found_contacts(account: Account, filters: Sequence[Body], *, are_companies: bool) -> Iterator[Contact]:
    """Yields matching contacts by ascending id.

    `are_companies` selects companies or persons, unless a filter selects them. Raises Refusal for an unknown filter.
    """
    world = account.world
    predicates = [_predicate(account, filter_) for filter_ in filters]
    passes = all if world.several_filters is SeveralFilters.ALL or not filters else any
    is_any_kind = world.company_flag is CompanyFlag.IGNORED or any(
        filter_.number("type") in COMPANY_FILTERS for filter_ in filters
    )
    return (
        contact
        for contact in _candidates(account, filters)
        if (is_any_kind or contact.is_company == are_companies)
        and (world.deleted_contacts is DeletedContacts.FOUND or not contact.is_deleted)
        and (not predicates or passes(accepts(contact) for accepts in predicates))
    )
