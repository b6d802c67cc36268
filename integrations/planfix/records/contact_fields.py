"""Creates text fields of contacts. Fields of data tags are created by hand: Planfix's API has no request for them."""

from __future__ import annotations

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import JSON, created_id, id_of, rows_of
from integrations.planfix.records.fields import FieldType

FIRST_SET = 1
"""The id of the set of fields that every account has."""


def field_set(client: Planfix) -> int:
    """The id of the oldest set of contact fields. A new field goes into it."""
    rows = rows_of(client.request("GET", "/customfield/group/contact"), "customFieldSets")
    return min((number for row in rows if (number := id_of(row.get("id")))), default=FIRST_SET)


def create_text_field(client: Planfix, name: str, *, set_id: int) -> int:
    """Creates the field and returns its id. Not idempotent: Planfix allows several fields of one name."""
    body: dict[str, JSON] = {"name": name, "type": int(FieldType.LINE), "groupId": set_id}
    answer = client.request("POST", "/customfield/contact/", body=body)
    return created_id(answer.get("id"), "POST /customfield/contact/")
