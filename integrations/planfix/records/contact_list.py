"""The list of an account's contacts and companies, by pages, and those that changed since a time. Knows no calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.planfix.http.client import PAGE_SIZE, Planfix
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.http.json_fields import (
    JSON,
    Row,
    child_of,
    full_name_of,
    id_of,
    moment_of,
    rows_of,
    text_of,
)

CHANGED_FILTER = 38
"""The last change of a contact. https://planfix.com/ru/help/REST_API:_Сложные_фильтры_контактов"""
LISTED_FIELDS = "id,name,lastname,phones,isDeleted,isCompany,supervisors,dateOfLastUpdate"
FUTURE = timedelta(days=3650)
"""How far in the future the end of an open time range lies: Planfix requires an end."""


@dataclass(frozen=True, kw_only=True)
class ListedContact:
    """`phones`: the phone fields as people typed them. `responsible_ids`: employees. `changed_at`: UTC, None if Planfix
    does not show it.
    """

    id: int
    name: str
    is_company: bool
    is_deleted: bool = False
    phones: tuple[str, ...] = ()
    responsible_ids: tuple[int, ...] = ()
    changed_at: datetime | None = None

    @classmethod
    def gone(cls, contact_id: int) -> ListedContact:
        """A contact that Planfix no longer knows."""
        return cls(id=contact_id, name="", is_company=False, is_deleted=True)


def list_contacts(
    client: Planfix, *, companies: bool, offset: int, changed_since: datetime | None = None
) -> list[ListedContact]:
    """At most PAGE_SIZE contacts (or companies) from position `offset` of the list on, by ascending id. One request.

    `changed_since`: only those that changed in this minute or later. Planfix reads its date and time in the time zone
    of the token's employee. An account that ignores `isCompany` lists both. Raises PlanfixError.
    """
    question: dict[str, JSON] = {
        "offset": offset,
        "pageSize": PAGE_SIZE,
        "fields": LISTED_FIELDS,
        "isCompany": companies,
    }
    if changed_since is not None:
        question["filters"] = [_changed(changed_since)]
    rows = rows_of(client.request("POST", "/contact/list", body=question), "contacts")
    return [contact for row in rows if (contact := _listed(row))]


def read_listed_contact(client: Planfix, contact_id: int) -> ListedContact | None:
    """The contact; None when it is deleted or never existed. One request. Raises PlanfixError."""
    try:
        answer = client.request("GET", f"/contact/{contact_id}", params={"fields": LISTED_FIELDS})
    except PlanfixRefused as error:
        if error.is_missing_contact:
            return None
        raise
    contact = _listed(child_of(answer, "contact"))
    return None if contact is None or contact.is_deleted else contact


def _changed(since: datetime) -> JSON:
    time_range: dict[str, JSON] = {
        "dateType": "otherRange_withTime",
        "dateFrom": f"{since:%d-%m-%Y %H:%M}",
        "dateTo": f"{since + FUTURE:%d-%m-%Y %H:%M}",
    }
    return {"type": CHANGED_FILTER, "operator": "equal", "value": time_range}


def _listed(row: Row) -> ListedContact | None:
    contact_id = id_of(row.get("id"))
    if contact_id is None:
        return None
    return ListedContact(
        id=contact_id,
        name=full_name_of(row),
        is_company=row.get("isCompany") is True,
        is_deleted=row.get("isDeleted") is True,
        phones=tuple(number for phone in rows_of(row, "phones") if (number := text_of(phone, "number"))),
        responsible_ids=_employees(child_of(row, "supervisors")),
        changed_at=moment_of(child_of(row, "dateOfLastUpdate")),
    )


def _employees(people: Row) -> tuple[int, ...]:
    """The IDs of the employees among the responsible ones. Groups and contacts may be responsible too."""
    users = [text_of(row, "id") for row in rows_of(people, "users")]
    return tuple(number for user in users if user.startswith("user:") and (number := id_of(user)))
