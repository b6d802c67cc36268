"""Employees, custom fields of contacts and the ping: what a client reads during set-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sandbox.http.server import Reply, json_reply
from sandbox.planfix.data_tags import FIELD_FIELDS
from sandbox.planfix.records import User
from sandbox.planfix.rest import Body, Fields, Refusal, RestCall, Route, shown, success

CONTACT_FIELD_GROUPS = {1: "Main"}

FIELDS: Fields[User] = {
    "id": lambda _, user: user.id,
    "name": lambda _, user: user.name,
    "midname": lambda _, __: "",
    "lastname": lambda _, user: user.lastname,
    "email": lambda _, user: user.email,
    "login": lambda _, user: user.email,
    "role": lambda _, user: user.role,
    "status": lambda _, user: user.status,
    "isDeleted": lambda _, user: user.status == "Inactive",
    "phones": lambda _, __: [],
    "groups": lambda _, __: [],
    "extensionNumber": lambda _, user: user.extension,
    "timezone": lambda account, _: account.zone.key,
    "languageCode": lambda account, _: account.language.capitalize(),
}

FILTERS: Mapping[int, Callable[[User, Any], bool]] = {
    9004: lambda user, value: str(value) in user.extension,
    9006: lambda user, value: str(value).lower() in user.full_name.lower(),
    9008: lambda user, value: str(user.id) == str(value),
    9121: lambda user, value: str(value).lower() in user.name.lower(),
    9123: lambda user, value: str(value).lower() in user.lastname.lower(),
}


def _matches(user: User, filter_: Body) -> bool:
    accepts = FILTERS.get(filter_.number("type"))
    if accepts is None:
        raise Refusal(500, 0, "Rest API error")
    return accepts(user, filter_.value("value")) != (filter_.text("operator") == "notequal")


def _presented(call: RestCall, user: User) -> dict[str, object]:
    row = shown(call.account, user, FIELDS, call.fields)
    if call.body.flag("prefixedId"):
        row["id"] = f"user:{user.id}"
    return row


def _list(call: RestCall) -> Reply:
    filters, only_active = call.body.objects("filters"), call.body.flag("onlyActive")
    users = (
        user
        for _, user in sorted(call.account.users.items())
        if (user.status == "Active" or not only_active) and all(_matches(user, filter_) for filter_ in filters)
    )
    return success(users=[_presented(call, user) for user in call.page(users)])


def _get(call: RestCall) -> Reply:
    user = call.account.users.get(call.ids[0])
    if user is None:
        raise Refusal(400, 4000, f"Employee not found by id - {call.ids[0]}")
    return success(user=_presented(call, user))


def _empty(name: str, _: RestCall) -> Reply:
    return json_reply({"result": "success", name: []})


def _groups(call: RestCall) -> Reply:
    groups = call.account.user_groups.items()
    return success(
        groups=[{"id": number, "name": name} if "name" in call.fields else {"id": number} for number, name in groups]
    )


def _ping(_: RestCall) -> Reply:
    return success()


def _contact_fields(call: RestCall) -> Reply:
    fields = call.account.contact_fields.values()
    return success(customfields=[shown(call.account, field, FIELD_FIELDS, call.fields) for field in fields])


def _contact_field_create(call: RestCall) -> Reply:
    name = call.body.text("name").strip()
    if not name:
        raise Refusal(400, 40, "Missing parameter name")
    new = call.account.add_contact_field(
        name=name, type_=call.body.number("type"), group_id=call.body.number("groupId", 1)
    )
    return success(201, id=new.id)


def _contact_field_groups(_: RestCall) -> Reply:
    return success(customFieldSets=[{"id": number, "name": name} for number, name in CONTACT_FIELD_GROUPS.items()])


ROUTES = (
    Route(method="GET", path="/ping", scope="", operation=_ping),
    Route(method="POST", path="/user/list", scope="user_readonly", operation=_list),
    Route(method="GET", path="/user/{}", scope="user_readonly", operation=_get),
    Route(method="GET", path="/user/groups", scope="user_readonly", operation=_groups),
    Route(method="GET", path="/user/positions", scope="user_readonly", operation=partial(_empty, "positions")),
    Route(method="GET", path="/customfield/contact", scope="contact_readonly", operation=_contact_fields),
    Route(method="GET", path="/customfield/contact/{}", scope="contact_readonly", operation=_contact_fields),
    Route(method="POST", path="/customfield/contact", scope="custom_field_add", operation=_contact_field_create),
    Route(method="GET", path="/customfield/group/contact", scope="contact_readonly", operation=_contact_field_groups),
)
