"""Data tags and their entries in Planfix's REST API. The API cannot create tags; Planfix users do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sandbox.http.server import Reply, json_reply
from sandbox.planfix.account import Account
from sandbox.planfix.comments import belongs_to, subject_for_writing
from sandbox.planfix.field_values import is_foreign_item, is_overnight
from sandbox.planfix.records import CustomField, DataTag, TagEntry
from sandbox.planfix.rest import EMPTY, Body, Fields, Refusal, RestCall, Route, shown, success
from sandbox.planfix.world import ListValues, OvernightPeriod, SystemTags

FIELD_FIELDS: Fields[CustomField] = {
    "id": lambda _, field: field.id,
    "name": lambda _, field: field.name,
    "names": lambda account, field: {account.language: field.name},
    "type": lambda _, field: field.type,
    "objectType": lambda _, field: field.object_type,
    "groupId": lambda _, field: field.group_id,
    "enumValues": lambda _, field: list(field.choices),
}
ALL_FIELD_FIELDS = ("name", "type", "objectType", "groupId", "enumValues")


def described(account: Account, field: CustomField) -> dict[str, object]:
    row = shown(account, field, FIELD_FIELDS, ALL_FIELD_FIELDS)
    return row if field.choices else {name: value for name, value in row.items() if name != "enumValues"}


TAG_FIELDS: Fields[DataTag] = {
    "id": lambda _, tag: tag.id,
    "name": lambda _, tag: tag.name,
    "group": lambda _, tag: {"id": tag.group_id, "name": tag.group},
    "fields": lambda account, tag: [described(account, field) for field in tag.fields],
}


def _list(call: RestCall) -> Reply:
    tags = sorted(call.account.tags.values(), key=lambda tag: tag.id)
    return success(dataTags=[shown(call.account, tag, TAG_FIELDS, call.fields) for tag in call.page(tags)])


def _tag_of(account: Account, number: int, status: int = 404) -> DataTag:
    tag = account.tags.get(number)
    if tag is None:
        raise Refusal(status, 6000, f"Data tag not found by id {number}")
    return tag


def _get(call: RestCall) -> Reply:
    tag = _tag_of(call.account, call.ids[0])
    return success(dataTag=shown(call.account, tag, TAG_FIELDS, call.fields))


def _fields_of(call: RestCall) -> Reply:
    tag = _tag_of(call.account, call.ids[0])
    return success(customfields=[shown(call.account, field, FIELD_FIELDS, call.fields) for field in tag.fields])


# Entries


def _entry(call: RestCall, entry: TagEntry) -> dict[str, object]:
    row = {name: show for name, show in _entry_row(call.account, entry).items() if name in call.fields or name == "key"}
    numbers = [int(name) for name in call.fields if name.isdigit()]
    wanted = [field for number in numbers if (field := entry.tag.field(number))]
    if wanted:
        row["customFieldData"] = [
            {"field": described(call.account, field), "value": entry.stored.get(field.id)} for field in wanted
        ]
    return row


def _entry_row(account: Account, entry: TagEntry) -> dict[str, object]:
    subject: dict[str, object]
    if entry.contact_id is not None:
        name = account.person_name(f"contact:{entry.contact_id}") or ""
        subject = {"contact": {"id": entry.contact_id, "name": name}}
    else:
        subject = {"task": {"id": entry.task_id, "name": account.tasks_by_id[entry.task_id or 0].name}}
    tag = {"id": entry.tag.id, "name": entry.tag.name}
    return {"key": entry.key, "commentId": entry.comment_id, "dataTag": tag, **subject}


def _sent(item: Body) -> dict[int, object]:
    return {data.object("field").number("id"): data.value("value") for data in item.objects("customFieldData")}


def _items(call: RestCall) -> tuple[DataTag, list[dict[int, object]]]:
    tag = call.account.tags.get(call.body.object("dataTag").number("id"))
    items = [_sent(item) for item in call.body.objects("items")]
    if tag is None or not items or not all(_is_accepted(call.account, tag, item) for item in items):
        raise Refusal(400, 6001, "Error add entry")
    return tag, items


def _is_accepted(account: Account, tag: DataTag, item: Mapping[int, object]) -> bool:
    world = account.world
    if tag.is_system and world.system_tags is SystemTags.REFUSED:
        return False
    values = [(field, value) for number, value in item.items() if (field := tag.field(number))]
    if world.list_values is ListValues.REFUSED and any(is_foreign_item(field, value) for field, value in values):
        return False
    return world.overnight_period is OvernightPeriod.KEPT or not any(is_overnight(f, value) for f, value in values)


def _create_with_comment(kind: str, call: RestCall) -> Reply:
    """Adds the entries to a new comment. The request has no owner: the token's employee becomes the author."""
    account = call.account
    subject = subject_for_writing(account, kind, call.ids[0])
    tag, items = _items(call)
    comment = account.add_comment(subject, author=f"user:{account.token_user_id}")
    keys = [account.add_entry(comment, tag, item).key for item in items]
    return success(201, keys=keys, commentId=comment.id)


def _create_on_comment(kind: str, call: RestCall) -> Reply:
    account, (number, comment_id) = call.account, call.ids
    subject = subject_for_writing(account, kind, number)
    tag, items = _items(call)
    comment = account.comments_by_id.get(comment_id)
    if comment is None or comment.is_deleted or not belongs_to(comment, subject):
        raise Refusal(400, 6001, "Error add entry")
    return success(201, keys=[account.add_entry(comment, tag, item).key for item in items])


def _entry_of(call: RestCall) -> TagEntry:
    entry = call.account.entries_by_key.get(call.ids[0])
    if entry is None:
        raise Refusal(400, 6000, f"Entry not found by key - {call.ids[0]}")
    return entry


def _entry_get(call: RestCall) -> Reply:
    entry = _entry(call, _entry_of(call))
    # The documentation's schema wraps the entry, its example does not: the response has both.
    return json_reply({"result": "success", "entry": entry, **entry})


def _entry_update(call: RestCall) -> Reply:
    entry, item = _entry_of(call), _sent(call.body)
    if not _is_accepted(call.account, entry.tag, item):
        raise Refusal(400, 6002, "Update error")
    call.account.write_entry(entry, item)
    return EMPTY


def _entry_delete(call: RestCall) -> Reply:
    call.account.remove_entry(_entry_of(call).key)
    return EMPTY


def _entry_list(call: RestCall) -> Reply:
    tag = _tag_of(call.account, call.ids[0], status=400)
    if call.body.objects("filters"):
        raise Refusal(400, 0, "Rest API error")
    contact_id = call.body.text("contactId").removeprefix("contact:")
    task_id = call.body.number("taskId")
    entries = (
        entry
        for entry in call.account.entries_by_key.values()
        if entry.tag.id == tag.id
        and (not contact_id or str(entry.contact_id) == contact_id)
        and (not task_id or entry.task_id == task_id)
    )
    return success(dataTagEntries=[_entry(call, entry) for entry in call.page(entries)])


ROUTES = (
    *(
        route
        for kind in ("contact", "task")
        for route in (
            Route(
                method="POST",
                path=f"/{kind}/{{}}/datatags",
                scope="datatag_add",
                operation=partial(_create_with_comment, kind),
            ),
            Route(
                method="POST",
                path=f"/{kind}/{{}}/datatags/{{}}",
                scope="datatag_add",
                operation=partial(_create_on_comment, kind),
            ),
        )
    ),
    Route(method="POST", path="/datatag/list", scope="datatag_readonly", operation=_list),
    Route(method="GET", path="/datatag/{}", scope="datatag_readonly", operation=_get),
    Route(method="GET", path="/customfield/datatag/{}", scope="datatag_readonly", operation=_fields_of),
    Route(method="POST", path="/datatag/{}/entry/list", scope="datatag_readonly", operation=_entry_list),
    Route(method="GET", path="/datatag/entry/{}", scope="datatag_readonly", operation=_entry_get),
    Route(method="POST", path="/datatag/entry/{}", scope="datatag_update", operation=_entry_update),
    Route(method="DELETE", path="/datatag/entry/{}", scope="datatag_delete", operation=_entry_delete),
)
