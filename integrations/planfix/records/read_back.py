"""Reads records as Planfix has stored them, to compare them with what was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.planfix.http.client import PAGE_SIZE, Planfix
from integrations.planfix.http.json_fields import JSON, Row, child_of, full_name_of, id_of, moment_of, rows_of, text_of
from integrations.planfix.records.comments import Target, target_of
from integrations.planfix.records.contacts import PHONE_FILTER
from integrations.planfix.records.tasks import COUNTERPARTY_FILTER

NAME_FILTER = 4001
ZONED = ("datetime", "dateTimeUtcSeconds")
"""The parts of a TimePoint that name their zone."""
CONTACT_FIELDS = "id,name,lastname,phones,isCompany,isDeleted,sourceObjectId"
COMMENT_FIELDS = "id,dateTime,description,owner,isHidden,isDeleted,files,sourceObjectId,dataTags,contact,task"


@dataclass(frozen=True, kw_only=True)
class StoredContact:
    id: int
    name: str
    phones: tuple[str, ...]
    is_company: bool
    is_deleted: bool
    source_object_id: str
    """Lower case; "" if the account does not show it."""


@dataclass(frozen=True, kw_only=True)
class StoredComment:
    """`owner`: "user:5" or "contact:812". `at`: UTC. `text`: HTML. `source_object_id`: lower case, "" if not shown."""

    id: int
    owner: str
    at: datetime | None
    has_zone: bool
    """False: `at` is local time of an unknown zone, read as UTC."""
    text: str
    is_hidden: bool
    file_ids: tuple[int, ...]
    source_object_id: str
    target: Target | None = None
    """None if the answer does not say."""
    files: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    """Name and size of each file that the answer describes."""
    tag_keys: frozenset[tuple[int, int]] = frozenset()
    """Data tag and key of each entry."""


@dataclass(frozen=True, kw_only=True)
class StoredTask:
    """`counterparty`: the contact's id. `is_active`: None if the row does not say. `created`: UTC."""

    id: int
    counterparty: int | None
    is_active: bool | None
    created: datetime | None


def read_contact(client: Planfix, contact_id: int) -> StoredContact:
    """The contact as Planfix stores it. Raises PlanfixRefused for a contact that is gone."""
    answer = client.request("GET", f"/contact/{contact_id}", params={"fields": CONTACT_FIELDS})
    return _contact({"id": contact_id, **child_of(answer, "contact")})


def contacts_by_phone(client: Planfix, parts: Iterable[str], *, companies: bool = False) -> list[StoredContact]:
    """The first hundred contacts whose phones match all parts by Planfix's filter, deleted ones too. One request."""
    return _filtered(client, [(PHONE_FILTER, part) for part in parts], companies)


def contacts_by_name(client: Planfix, name: str) -> list[StoredContact]:
    """The first hundred contacts whose name contains the text, deleted ones too. One request."""
    return _filtered(client, [(NAME_FILTER, name)], companies=False)


def _filtered(client: Planfix, filters: Iterable[tuple[int, str]], companies: bool) -> list[StoredContact]:
    body: dict[str, JSON] = {
        "offset": 0,
        "pageSize": PAGE_SIZE,
        "fields": CONTACT_FIELDS,
        "filters": [{"type": type_, "operator": "equal", "value": value} for type_, value in filters],
        "isCompany": companies,
    }
    rows = rows_of(client.request("POST", "/contact/list", body=body), "contacts")
    return [_contact(row) for row in rows if id_of(row.get("id")) is not None]


def _contact(row: Row) -> StoredContact:
    return StoredContact(
        id=id_of(row.get("id")) or 0,
        name=full_name_of(row),
        phones=tuple(text_of(phone, "number") for phone in rows_of(row, "phones")),
        is_company=row.get("isCompany") is True,
        is_deleted=row.get("isDeleted") is True,
        source_object_id=text_of(row, "sourceObjectId").lower(),
    )


def comments_newest_first(client: Planfix, target: Target) -> list[StoredComment]:
    """The first hundred comments, in Planfix's order. Requests the newest first. One request."""
    body: dict[str, JSON] = {
        "offset": 0,
        "pageSize": PAGE_SIZE,
        "fields": COMMENT_FIELDS,
        "typeList": "Comments",
        "resultOrder": [{"field": "dateTime", "direction": "Desc"}],
    }
    rows = rows_of(client.request("POST", f"{target.path}/comments/list", body=body), "comments")
    return [_comment(row) for row in rows if row.get("isDeleted") is not True]


def read_comment(client: Planfix, comment_id: int) -> StoredComment:
    """The comment as Planfix stores it. Raises PlanfixRefused for a comment that is gone."""
    answer = client.request("GET", f"/comment/{comment_id}", params={"fields": COMMENT_FIELDS})
    return _comment({"id": comment_id, **child_of(answer, "comment")})


def _comment(row: Row) -> StoredComment:
    files = (id_of(file.get("id")) for file in rows_of(row, "files"))
    return StoredComment(
        id=id_of(row.get("id")) or 0,
        owner=text_of(child_of(row, "owner"), "id"),
        at=moment_of(child_of(row, "dateTime")),
        has_zone=any(text_of(child_of(row, "dateTime"), key) for key in ZONED),
        text=text_of(row, "description"),
        is_hidden=row.get("isHidden") is True,
        file_ids=tuple(file_id for file_id in files if file_id is not None),
        source_object_id=text_of(row, "sourceObjectId").lower(),
        target=target_of(row),
        files={
            file_id: (text_of(file, "name"), id_of(file.get("size")) or 0)
            for file in rows_of(row, "files")
            if (file_id := id_of(file.get("id"))) is not None and {"name", "size"} <= file.keys()
        },
        tag_keys=frozenset(
            (tag_id, key)
            for entry in rows_of(row, "dataTags")
            if (tag_id := id_of(child_of(entry, "dataTag").get("id"))) and (key := id_of(entry.get("key")))
        ),
    )


def read_file(client: Planfix, file_id: int) -> tuple[str, int]:
    """Name and size, as Planfix gives them. The unit of the size differs between accounts."""
    answer = client.request("GET", f"/file/{file_id}", params={"fields": "id,name,size"})
    file = child_of(answer, "file")
    return text_of(file, "name"), id_of(file.get("size")) or 0


def some_tasks(client: Planfix, *, counterparty: int | None = None) -> list[StoredTask]:
    """The account's first hundred tasks, or those of a contact. One request."""
    filters: list[JSON] = []
    if counterparty is not None:
        filters.append({"type": COUNTERPARTY_FILTER, "operator": "equal", "value": f"contact:{counterparty}"})
    body: dict[str, JSON] = {
        "offset": 0,
        "pageSize": PAGE_SIZE,
        "fields": "id,status,dateTime,counterparty,isDeleted",
        "filters": filters,
    }
    rows = rows_of(client.request("POST", "/task/list", body=body), "tasks")
    return [_task(row) for row in rows if row.get("isDeleted") is not True]


def _task(row: Row) -> StoredTask:
    is_active = child_of(row, "status").get("isActive")
    return StoredTask(
        id=id_of(row.get("id")) or 0,
        counterparty=id_of(child_of(row, "counterparty").get("id")),
        is_active=is_active if isinstance(is_active, bool) else None,
        created=moment_of(child_of(row, "dateTime")),
    )
