"""Comments on contacts and tasks in Planfix's REST API: create, update, list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from html import escape, unescape

from sandbox.http.server import Reply
from sandbox.planfix.account import Account, Subject
from sandbox.planfix.contacts.requests import contact_of, known_files, known_person, source_object_id
from sandbox.planfix.records import Comment
from sandbox.planfix.rest import (
    EMPTY,
    Body,
    Fields,
    Refusal,
    RestCall,
    Route,
    bad_value,
    read_time_point,
    shown,
    success,
    time_point,
)
from sandbox.planfix.tasks.requests import task_of
from sandbox.planfix.world import CommentOrder, CommentTime, HiddenFlag, Html, Owner, TaskComments, UpdatedFiles

HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def _recipients(account: Account, comment: Comment) -> dict[str, object]:
    people = [{"id": person, "name": account.person_name(person) or ""} for person in comment.recipients]
    return {"users": people, "groups": []}


def _contact(account: Account, comment: Comment) -> object:
    if comment.contact_id is None:
        return None
    person = f"contact:{comment.contact_id}"
    return {"id": person, "name": account.person_name(person) or ""}


FIELDS: Fields[Comment] = {
    "id": lambda _, comment: comment.id,
    "dateTime": lambda account, comment: time_point(account, comment.at),
    "type": lambda _, __: "Comment",
    "fromType": lambda _, __: "None",
    "description": lambda _, comment: comment.description,
    "contact": _contact,
    "task": lambda _, comment: {"id": comment.task_id} if comment.task_id is not None else None,
    "owner": lambda account, comment: {"id": comment.author, "name": account.person_name(comment.author) or ""},
    "isDeleted": lambda _, comment: comment.is_deleted,
    "isPinned": lambda _, comment: comment.is_pinned,
    "isHidden": lambda _, comment: comment.is_hidden,
    "isNotRead": lambda _, __: False,
    "recipients": _recipients,
    "reminders": lambda _, __: [],
    "dataTags": lambda _, comment: [
        {"dataTag": {"id": entry.tag.id, "name": entry.tag.name}, "key": entry.key} for entry in comment.tags
    ],
    "files": lambda _, comment: [{"id": f.id, "size": f.size, "name": f.name} for f in comment.files],
    "sourceObjectId": lambda _, comment: comment.source_object_id,
    "sourceDataVersion": lambda _, comment: comment.source_data_version,
}


def subject_for_writing(account: Account, kind: str, number: int) -> Subject:
    """The contact or task. Raises Refusal 2000 or 1000 when it does not exist or is deleted."""
    found = contact_of(account, number) if kind == "contact" else task_of(account, number)
    if found.is_deleted:
        code = 2000 if kind == "contact" else 1000
        raise Refusal(404, code, f"{kind.capitalize()} not found by id {number}")
    return kind, number


def _create(kind: str, call: RestCall) -> Reply:
    account, body = call.account, call.body
    subject = subject_for_writing(account, kind, call.ids[0])
    if kind == "task" and account.world.task_comments is TaskComments.REFUSED:
        raise Refusal(400, 6, "New comments not allowed in this process")
    files = known_files(account, body)
    description = _text(account, body)
    if not description.strip() and not files:
        raise Refusal(400, 5001, "Rest API error, comment is empty")
    comment = account.add_comment(
        subject,
        author=_author(account, body),
        at=_time(account, body),
        description=description,
        files=files,
        recipients=[known_person(account, person) for person in body.object("recipients").objects("users")],
        is_pinned=body.flag("isPinned"),
        is_hidden=_is_hidden(account, body),
        source_object_id=source_object_id(account, body),
        source_data_version=body.text("sourceDataVersion"),
    )
    return success(201, id=comment.id)


def _author(account: Account, body: Body) -> str:
    own = f"user:{account.token_user_id}"
    person = known_person(account, body.object("owner")) if "owner" in body else own
    kind, _, number = person.partition(":")
    rule = account.world.contact_owner if kind == "contact" else account.world.employee_owner
    if rule is Owner.REFUSED and person != own:
        raise Refusal(400, 6, f"Access denied for {kind} by id - {number}")
    return own if rule is Owner.IGNORED else person


def _time(account: Account, body: Body) -> datetime | None:
    """The time of the comment; None for the time of the request."""
    rule, moment = account.world.comment_time, read_time_point(body.object("dateTime"), account.zone)
    if rule is CommentTime.IGNORED or moment is None:
        return None
    if rule is CommentTime.ACCOUNT_ZONE:
        return moment.replace(tzinfo=account.zone).astimezone(UTC)
    return moment


def _text(account: Account, body: Body) -> str:
    return TEXTS[account.world.html](HTML_COMMENT.sub("", body.text("description")))


TEXTS: Mapping[Html, Callable[[str], str]] = {
    Html.KEPT: lambda text: text,
    Html.ESCAPED: escape,
    Html.STRIPPED: lambda text: unescape(TAG.sub("", text)),
}


def _is_hidden(account: Account, body: Body, default: bool = False) -> bool:
    is_hidden = body.flag("isHidden", default)
    if not is_hidden or account.world.hidden_flag is HiddenFlag.HONOURED:
        return is_hidden
    if account.world.hidden_flag is HiddenFlag.REFUSED:
        raise Refusal(400, 6, "Access denied, comment can not be hidden")
    return False


def comment_of(account: Account, number: int) -> Comment:
    comment = account.comments_by_id.get(number)
    if comment is None or comment.is_deleted:
        raise Refusal(400, 5000, f"Comment not found by id {number}")
    return comment


def belongs_to(comment: Comment, subject: Subject) -> bool:
    kind, number = subject
    return number == (comment.contact_id if kind == "contact" else comment.task_id)


def _update(kind: str, call: RestCall) -> Reply:
    account, body = call.account, call.body
    comment = comment_of(account, call.ids[1])
    if not belongs_to(comment, (kind, call.ids[0])):
        raise Refusal(400, 5000, f"Comment not found by id {comment.id}")
    if "files" in body:
        kept = comment.files if account.world.updated_files is UpdatedFiles.ADD else []
        comment.files = list({file.id: file for file in [*kept, *known_files(account, body)]}.values())
    if "description" in body:
        comment.description = _text(account, body)
    comment.is_pinned = body.flag("isPinned", comment.is_pinned)
    comment.is_hidden = _is_hidden(account, body, comment.is_hidden)
    return EMPTY


def _get(call: RestCall) -> Reply:
    comment = comment_of(call.account, call.ids[0])
    return success(comment=shown(call.account, comment, FIELDS, call.fields))


def _delete(call: RestCall) -> Reply:
    comment_of(call.account, call.ids[0]).is_deleted = True
    return EMPTY


KINDS_LISTED: Mapping[str, Callable[[Comment], bool]] = {
    "Comments": lambda comment: not comment.is_deleted,
    "New": lambda comment: not comment.is_deleted,
    "All": lambda _: True,
    "Deleted": lambda comment: comment.is_deleted,
}

ORDERS: Mapping[str, Callable[[Comment], object]] = {
    "id": lambda comment: comment.id,
    "dateTime": lambda comment: comment.at,
}


def _list(kind: str, call: RestCall) -> Reply:
    account, number = call.account, call.ids[0]
    _ = contact_of(account, number) if kind == "contact" else task_of(account, number, status=500)
    is_listed = KINDS_LISTED.get(call.body.text("typeList", "Comments"))
    if is_listed is None:
        raise bad_value("Invalid typeList")
    rows = [comment for comment in account.feed((kind, number)) if is_listed(comment)]
    _sort(rows, call)
    return success(comments=[shown(account, comment, FIELDS, call.fields) for comment in call.page(rows)])


def _sort(rows: list[Comment], call: RestCall) -> None:
    world_order = call.account.world.comment_order
    # A stable sort by the last key first leaves the first key as the strongest.
    for order in reversed(call.body.objects("resultOrder")):
        # The specification's schema spells the property "filed", its example "field".
        key = ORDERS.get(order.text("field") or order.text("filed"))
        if key is None:
            raise Refusal(500, 0, "Rest API error")
        if world_order is CommentOrder.AS_ASKED:
            rows.sort(key=key, reverse=order.text("direction") == "Desc")  # type: ignore[arg-type]
    if world_order is CommentOrder.DESCENDING:
        rows.reverse()


def _bare_list(call: RestCall) -> Reply:
    """Refuses the list of all comments: Planfix refuses it without filters, and the product does not use it."""
    raise Refusal(400, 0, "Rest API error")


ROUTES = (
    *(
        route
        for kind in ("contact", "task")
        for route in (
            Route(method="POST", path=f"/{kind}/{{}}/comments", scope="comment_add", operation=partial(_create, kind)),
            Route(
                method="POST",
                path=f"/{kind}/{{}}/comments/{{}}",
                scope="comment_update",
                operation=partial(_update, kind),
            ),
            Route(
                method="POST",
                path=f"/{kind}/{{}}/comments/list",
                scope="comment_readonly",
                operation=partial(_list, kind),
            ),
        )
    ),
    Route(method="GET", path="/comment/{}", scope="comment_readonly", operation=_get),
    Route(method="DELETE", path="/comment/{}", scope="comment_delete", operation=_delete),
    Route(method="POST", path="/comment/list", scope="comment_readonly", operation=_bare_list),
)
