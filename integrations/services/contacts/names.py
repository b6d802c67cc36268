"""The names of clients for the call log: those of the contacts that their numbers had at the last call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from integrations.models import Call, RememberedContact


@dataclass(frozen=True, kw_only=True)
class NamedContact:
    contact_id: int
    name: str


NumberOfCustomer = tuple[int, str]


def with_client_names(calls: QuerySet[Call]) -> QuerySet[Call]:
    """Loads with each call what client_name() reads. One look into an index per call."""
    known = RememberedContact.objects.filter(customer=OuterRef("customer_id"), number=OuterRef("client_number"))
    name = known.exclude(name="").values(_=JSONObject(contact="contact_id", name="name"))
    return calls.annotate(named_contact=Subquery(name[:1]))


def client_name(call: Call, contact_id: int | None) -> str:
    """The name in Planfix of the client of a call from with_client_names().

    "" if it is not known, or belongs to another contact than the one that has the call (`contact_id`).
    """
    named: dict[str, Any] | None = getattr(call, "named_contact", None)
    return named["name"] if named and contact_id in (None, named["contact"]) else ""


def named_contacts(calls: Iterable[Call]) -> Mapping[NumberOfCustomer, NamedContact]:
    """The contacts with a known name, by customer and number of these calls. One query."""
    wanted = {(call.customer_id, call.client_number) for call in calls if call.client_number}
    if not wanted:
        return {}
    customers, numbers = {whose for whose, _number in wanted}, {number for _whose, number in wanted}
    rows = RememberedContact.objects.filter(customer__in=customers, number__in=numbers).exclude(name="")
    found = rows.values_list("customer_id", "number", "contact_id", "name")
    return {(whose, number): NamedContact(contact_id=key, name=name) for whose, number, key, name in found}
