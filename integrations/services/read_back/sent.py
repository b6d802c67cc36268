"""Finds what was sent to Planfix for a call, in its receipts and in the log of its requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.models import Call, Customer, Delivery
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.json_fields import JSON, Row, child_of, id_of, moment_of, rows_of, text_of
from integrations.planfix.records.comments import Target
from integrations.services.clients.planfix import stored_call_tags
from integrations.services.read_back.compare import Sent

COMMENT = re.compile(r"/(contact|task)/\d+/comments/?")
UPDATE = re.compile(r"/(contact|task)/\d+/comments/\d+")
ENTRY = re.compile(r"/(contact|task)/\d+/datatags/\d+")
CARRIED_OUT = ("ok", "unavailable")
"""Outcomes of requests that Planfix has carried out or may have carried out. The receipts say which records exist."""


@dataclass(frozen=True, kw_only=True)
class _Bodies:
    """The bodies of the last comment, its updates and the last data tag entry. Bodies in the log contain no tokens."""

    comment: Row | None = None
    updates: Sequence[Row] = field(default_factory=list)
    entry: Row | None = None


def sent_for(call: Call, receipts: Delivery, customer: Customer) -> Sent | None:
    """Returns what was sent for the call. None when the log lacks it: retention deleted it, or another database wrote
    the call before a restore.
    """
    bodies = _bodies(call)
    if bodies.comment is None or receipts.comment_id is None:
        return None
    at = moment_of(child_of(bodies.comment, "dateTime"))
    if at is None:
        return None
    texts = [text_of(body, "description") for body in (bodies.comment, *bodies.updates) if "description" in body]
    files = [file for body in (bodies.comment, *bodies.updates) for file in rows_of(body, "files")]
    return Sent(
        target=_target(receipts),
        author=text_of(child_of(bodies.comment, "owner"), "id"),
        at=at,
        text=texts[-1],
        is_hidden=bodies.comment.get("isHidden") is True,
        people={f"user:{employee.planfix_user_id}": employee.name for employee in customer.employees.all()},
        file_ids=tuple(_ids(files)),
        **_entry(bodies.entry, receipts, stored_call_tags(customer)),
    )


def _bodies(call: Call) -> _Bodies:
    requests = call.planfix_requests.filter(method="POST", outcome__in=CARRIED_OUT).order_by("sent_at", "pk")
    comment: Row | None = None
    updates: list[Row] = []
    entry: Row | None = None
    for path, body, outcome in requests.exclude(body=None).values_list("path", "body", "outcome"):
        assert body is not None
        if COMMENT.fullmatch(path):
            comment, updates = body, []
        elif UPDATE.fullmatch(path) and outcome == "ok":
            updates.append(body)
        elif ENTRY.fullmatch(path):
            entry = body
    return _Bodies(comment=comment, updates=updates, entry=entry)


def _target(receipts: Delivery) -> Target:
    if receipts.task_id:
        return Target(kind="task", id=receipts.task_id)
    return Target(kind="contact", id=receipts.contact_id or 0)


def _ids(rows: Iterable[Row]) -> list[int]:
    return [number for row in rows if (number := id_of(row.get("id"))) is not None]


def _entry(body: Row | None, receipts: Delivery, tags: CallTags | None) -> dict[str, Any]:
    if body is None or receipts.tag_key is None:
        return {}
    items = rows_of(body, "items")
    values = _values(rows_of(items[0], "customFieldData")) if items else {}
    known = (tags.call, tags.missed_call) if tags else ()
    names = {field.id: field.name for tag in known for field in tag.fields}
    tag_id = id_of(child_of(body, "dataTag").get("id"))
    return {"tag_id": tag_id, "tag_key": receipts.tag_key, "values": values, "names": names}


def _values(items: Iterable[Row]) -> Mapping[int, JSON]:
    return {
        field_id: item.get("value")
        for item in items
        if (field_id := id_of(child_of(item, "field").get("id"))) is not None
    }
