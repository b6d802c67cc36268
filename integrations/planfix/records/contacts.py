"""Contacts of Planfix: found by phone number, created, and their templates. Knows nothing of calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from integrations.planfix.http.client import PAGE_SIZE, Planfix, read_get_list, read_pages
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.http.json_fields import (
    JSON,
    Row,
    child_of,
    created_id,
    full_name_of,
    id_of,
    names_by_id,
    rows_of,
    text_of,
    text_value,
)
from integrations.planfix.records.fields import TEXT_TYPES

PHONE_FILTER = 4003
NAME_FILTER = 4001
"""Part of the name, of the surname, or of a company's name."""
SEARCHED_FIELDS = "id,name,lastname,phones,isDeleted,isCompany"
MOBILE = 1
MOST_PAGES = 3
"""The most pages of contacts with one number that are read: 300 contacts. No number has more, not even a switchboard's.
"""


@dataclass(frozen=True, kw_only=True)
class FoundContact:
    id: int
    name: str
    is_company: bool
    phones: tuple[str, ...]

    def has_digits_of(self, number: str) -> bool:
        """True when one of its phones has exactly the digits of this full number, whatever other characters are stored
        with them.
        """
        return any(digits_of(phone) == digits_of(number) for phone in self.phones)


@dataclass(frozen=True, kw_only=True)
class NewContact:
    """`fields`: texts for the contact's custom fields, by field id."""

    name: str
    phone: str
    template_id: int
    source_object_id: UUID
    supervisor_id: int | None = None
    fields: Mapping[int, str] = field(default_factory=dict)


def digits_of(text: str) -> str:
    return re.sub(r"\D", "", text)


def find_contacts(
    client: Planfix, number: str, *, asked: Sequence[str] = (), companies: bool = False
) -> list[FoundContact]:
    """Contacts (or companies) whose number has exactly these digits, by id: those of the first page that has any.

    `asked`: the texts that the phone filter is asked for, instead of the number itself. An account may store the number
    without its plus, or formatted, so the digits decide. Planfix lists by ascending id, so the lowest id is among them.
    An account that ignores `isCompany` lists both; contacts come first. At most MOST_PAGES requests.
    """
    question = _question(asked or [number], companies)
    pages = read_pages(client, "/contact/list", "contacts", fields=SEARCHED_FIELDS, body=question)
    for rows in islice(pages, MOST_PAGES):
        found = [contact for contact in map(_found, rows) if contact and contact.has_digits_of(number)]
        if found:
            return sorted(found, key=lambda contact: (contact.is_company, contact.id))
    return []


def find_created_contacts(client: Planfix, number: str) -> list[FoundContact]:
    """Contacts whose name is this number and that have no other number, as create_contact() makes them. One request.

    Planfix stores a name unchanged and filters names in another way than phones. So this search finds a contact whose
    number the phone filter does not find.
    """
    question: dict[str, JSON] = {"filters": [{"type": NAME_FILTER, "operator": "equal", "value": number}]}
    rows = next(read_pages(client, "/contact/list", "contacts", fields=SEARCHED_FIELDS, body=question))
    named = [contact for contact in map(_found, rows) if contact and contact.name == number and not contact.is_company]
    return [contact for contact in named if not contact.phones or contact.has_digits_of(number)]


def first_candidates(
    client: Planfix, parts: Iterable[str], *, companies: bool = False
) -> tuple[list[FoundContact], bool]:
    """At most a hundred contacts (or companies) with phones that contain all of these texts, and whether those are all.

    One request. Planfix's phone filter means "contains":
    https://planfix.com/ru/help/REST_API:_Сложные_фильтры_контактов
    """
    question = _question(parts, companies)
    rows = next(read_pages(client, "/contact/list", "contacts", fields=SEARCHED_FIELDS, body=question))
    return list(filter(None, map(_found, rows))), len(rows) < PAGE_SIZE


def first_contacts(client: Planfix) -> list[FoundContact]:
    """The account's first hundred contacts. One request."""
    rows = next(read_pages(client, "/contact/list", "contacts", fields=SEARCHED_FIELDS, body={"isCompany": False}))
    return list(filter(None, map(_found, rows)))


def read_contact(client: Planfix, contact_id: int) -> FoundContact | None:
    """The contact; None when it is deleted or never existed. One request."""
    try:
        answer = client.request("GET", f"/contact/{contact_id}", params={"fields": SEARCHED_FIELDS})
    except PlanfixRefused as error:
        if error.is_missing_contact:
            return None
        raise
    return _found(child_of(answer, "contact"))


def _question(parts: Iterable[str], companies: bool) -> dict[str, JSON]:
    filters: list[JSON] = [{"type": PHONE_FILTER, "operator": "equal", "value": part} for part in parts]
    return {"filters": filters, "isCompany": companies}


def _found(row: Row) -> FoundContact | None:
    contact_id = id_of(row.get("id"))
    if contact_id is None or row.get("isDeleted") is True:
        return None
    return FoundContact(
        id=contact_id,
        name=full_name_of(row),
        is_company=row.get("isCompany") is True,
        phones=tuple(text_of(phone, "number") for phone in rows_of(row, "phones")),
    )


def create_contact(client: Planfix, contact: NewContact) -> int:
    """The new contact's id. Not idempotent: after an unclear answer look for the number first."""
    body: dict[str, JSON] = {
        "template": {"id": contact.template_id},
        "name": contact.name,
        "isCompany": False,
        "phones": [{"number": contact.phone, "type": MOBILE}],
        "sourceObjectId": str(contact.source_object_id),
    }
    if contact.supervisor_id is not None:
        body["supervisors"] = {"users": [{"id": f"user:{contact.supervisor_id}"}], "groups": []}
    if values := [text_value(field_id, text) for field_id, text in contact.fields.items() if text]:
        body["customFieldData"] = list(values)
    return created_id(client.request("POST", "/contact/", body=body).get("id"), "POST /contact/")


def responsible_employees(client: Planfix, contact_id: int) -> list[int]:
    """The Planfix user ids of the contact's responsible employees, in Planfix's order. One request."""
    answer = client.request("GET", f"/contact/{contact_id}", params={"fields": "id,supervisors"})
    users = rows_of(child_of(child_of(answer, "contact"), "supervisors"), "users")
    return [number for user in users if text_of(user, "id").startswith("user:") and (number := id_of(user.get("id")))]


def contact_name(client: Planfix, contact_id: int) -> str | None:
    """The contact's name; None for a contact that is gone."""
    contact = read_contact(client, contact_id)
    return contact.name if contact else None


def contact_text_fields(client: Planfix) -> dict[str, int]:
    """The ids of the account's text fields of contacts, by name. If several fields share a name, the oldest is listed
    by the name and the others by their numbers. One request."""
    answer = client.request("GET", "/customfield/contact", params={"fields": "id,name,type"})
    found: dict[str, int] = {}
    for row in sorted(rows_of(answer, "customfields"), key=lambda row: id_of(row.get("id")) or 0):
        field_id, name = id_of(row.get("id")), text_of(row, "name")
        if field_id is not None and id_of(row.get("type")) in TEXT_TYPES:
            found[str(field_id) if name in found else name] = field_id
    return found


def contact_templates(client: Planfix) -> list[tuple[int, str]]:
    """Id and name of every template for contacts (not for companies)."""
    rows = read_get_list(client, "/contact/templates", "templates", fields="id,name", params={"isCompany": "false"})
    return list(names_by_id(rows).items())
