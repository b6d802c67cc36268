"""Reads an account before its first call: the two call tags with their fields, and the employees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from integrations.planfix.call_tags.schema import CallTag, CallTags, field_of, plain
from integrations.planfix.http.client import Planfix, read_list
from integrations.planfix.http.errors import PlanfixError
from integrations.planfix.http.json_fields import Row, child_of, full_name_of, id_of, rows_of, text_of
from integrations.planfix.records.fields import FieldType

CALL_NAMES = frozenset(
    {"call", "звонок", "вызов", "дзвінок", "виклик", "połączenie", "rozmowa", "rozmowa telefoniczna"}
)
MISSED_CALL_NAMES = frozenset(
    {
        "missed call",
        "пропущенный звонок",
        "пропущенный вызов",
        "пропущений дзвінок",
        "пропущений виклик",
        "nieodebrane połączenie",
        "połączenie nieodebrane",
        "nieodebrana rozmowa",
    }
)
GROUP_NAMES = frozenset({"telephony", "телефония", "телефонія", "telefonia"})


class DiscoveryFailed(PlanfixError):
    """The account answers but has no data tag for calls. The message says what to do in Planfix."""


@dataclass(frozen=True, kw_only=True)
class PlanfixEmployee:
    id: int
    name: str
    email: str
    extension: str
    role: str = ""
    """Planfix's word: Robot, Admin, TechAdmin, User, …"""


def discover_call_tags(
    client: Planfix, *, call_tag_id: int | None = None, missed_call_tag_id: int | None = None
) -> CallTags:
    """Finds the tags "Call" and "Missed call" by the given ids, or by name. Raises DiscoveryFailed."""
    rows = data_tags(client)
    return call_tags_among(rows, client, call_tag_id=call_tag_id, missed_call_tag_id=missed_call_tag_id)


def data_tags(client: Planfix) -> list[Row]:
    """All data tags of the account with their groups and fields."""
    return list(read_list(client, "/datatag/list", "dataTags", fields="id,name,group,fields"))


def call_tags_among(
    rows: Sequence[Row], client: Planfix, *, call_tag_id: int | None, missed_call_tag_id: int | None
) -> CallTags:
    return CallTags(
        call=_with_fields(client, _chosen(rows, "Call", CALL_NAMES, call_tag_id)),
        missed_call=_with_fields(client, _chosen(rows, "Missed call", MISSED_CALL_NAMES, missed_call_tag_id)),
    )


def _chosen(rows: Sequence[Row], title: str, names: frozenset[str], tag_id: int | None) -> CallTag:
    if tag_id is not None:
        found = [row for row in rows if id_of(row.get("id")) == tag_id]
        complaint = f"Planfix shows no data tag with id {tag_id}, which is set for “{title}”."
        remedy = "Correct the id in the customer's settings, or empty it so that the tag is found by name."
    else:
        found = sorted((row for row in rows if plain(text_of(row, "name")) in names), key=_preference)
        complaint = f"Planfix has no data tag “{title}” that the token may see ({_listed(rows)})."
        remedy = (
            "Connect “Planfix API for telephony” once in Account management, Integrations, Virtual PBX, "
            "or create the tag and set its id."
        )
    if not found:
        raise DiscoveryFailed(f"{complaint} {remedy}", request="POST /datatag/list")
    return CallTag.from_json(found[0])


def _preference(row: Row) -> tuple[bool, int]:
    group = plain(text_of(child_of(row, "group"), "name"))
    return group not in GROUP_NAMES, id_of(row.get("id")) or 0


def _listed(rows: Sequence[Row]) -> str:
    names = ", ".join(text_of(row, "name") for row in rows)
    return f"it shows: {names[:60]}" if names else "it shows none at all"


def _with_fields(client: Planfix, tag: CallTag) -> CallTag:
    """The tag with its fields. The tag list may lack a list field's values: then one more request reads the fields."""
    if tag.fields and all(field.values for field in tag.fields if field.type == FieldType.LIST):
        return tag
    path = f"/customfield/datatag/{tag.id}"
    answer = client.request("GET", path, params={"fields": "id,name,type,enumValues"})
    fields = tuple(filter(None, map(field_of, rows_of(answer, "customfields"))))
    return replace(tag, fields=fields or tag.fields)


def employees(client: Planfix) -> list[PlanfixEmployee]:
    """The account's active employees, by id. `extension`: "" where Planfix gives none."""
    fields = "id,name,lastname,email,extensionNumber,role,isDeleted"
    rows = read_list(client, "/user/list", "users", fields=fields, body={"onlyActive": True})
    return [
        PlanfixEmployee(
            id=user_id,
            name=full_name_of(row),
            email=text_of(row, "email"),
            extension=text_of(row, "extensionNumber"),
            role=text_of(row, "role"),
        )
        for row in rows
        if row.get("isDeleted") is not True and (user_id := id_of(row.get("id"))) is not None
    ]
