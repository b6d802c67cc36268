"""Which rights a token has, and for whom it acts: found out by requests that change nothing. Knows no customer.

A right to write is tried by a request that Planfix must refuse for what it asks: contact 0, a contact without a name or
template, a file without an address. Whoever lacks the right is turned away before that, with 405 and code 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixError, PlanfixRefused
from integrations.planfix.http.json_fields import JSON, child_of, id_of, rows_of, text_of

SCOPE_DENIED = 5
NO_SUCH_OBJECT = frozenset({1000, 2000, 5000})
"""Some versions answer HTTP 500 with these: they looked for the object, so the right is there."""


class Right(StrEnum):
    """What the integration needs, by the names that the token's settings in Planfix have for them."""

    FIND_CONTACTS = "contact_readonly"
    CREATE_CONTACTS = "contact_add"
    FIND_TASKS = "task_readonly"
    READ_COMMENTS = "comment_readonly"
    WRITE_COMMENTS = "comment_add"
    UPDATE_COMMENTS = "comment_update"
    """For what comes later: a recording, what the AI said, a rating."""
    READ_TAGS = "datatag_readonly"
    WRITE_TAGS = "datatag_add"
    ADD_FILES = "file_add"
    READ_EMPLOYEES = "user_readonly"


WRITING = frozenset(
    {Right.CREATE_CONTACTS, Right.WRITE_COMMENTS, Right.UPDATE_COMMENTS, Right.WRITE_TAGS, Right.ADD_FILES}
)


class Trial(NamedTuple):
    path: str
    body: Mapping[str, JSON]


TRIALS: Mapping[Right, Trial] = {
    Right.FIND_CONTACTS: Trial("/contact/list", {"pageSize": 1, "fields": "id"}),
    Right.CREATE_CONTACTS: Trial("/contact/", {"template": {"id": 0}, "name": ""}),
    Right.READ_COMMENTS: Trial("/contact/0/comments/list", {"pageSize": 1, "fields": "id"}),
    Right.WRITE_COMMENTS: Trial("/contact/0/comments/", {"description": ""}),
    Right.UPDATE_COMMENTS: Trial("/contact/0/comments/0", {"description": ""}),
    Right.WRITE_TAGS: Trial("/contact/0/datatags/0", {"dataTag": {"id": 0}, "items": []}),
    Right.ADD_FILES: Trial("/file/from-url/", {"name": "", "url": ""}),
}
"""The other rights show when that is read which they are needed for."""

REFUSED_TRIALS = tuple(trial for right, trial in TRIALS.items() if right is not Right.FIND_CONTACTS)


def is_expected_refusal(path: str, body: Mapping[str, JSON]) -> bool:
    """Whether Planfix should refuse this request: it tries a right, or which fields a contact template requires."""
    is_nameless_contact = path == TRIALS[Right.CREATE_CONTACTS].path and body.get("name") == ""
    return is_nameless_contact or Trial(path, body) in REFUSED_TRIALS


def has_right(client: Planfix, right: Right) -> bool:
    """Raises PlanfixError when Planfix's answer says neither yes nor no."""
    trial = TRIALS[right]
    try:
        client.request("POST", trial.path, body=trial.body)
    except PlanfixError as error:
        if is_missing_right(error):
            return False
        if isinstance(error, PlanfixRefused) or error.code in NO_SUCH_OBJECT:
            return True
        raise
    return True


def is_missing_right(error: PlanfixError) -> bool:
    return error.http_status == HTTPStatus.METHOD_NOT_ALLOWED or error.code == SCOPE_DENIED


def token_employee(client: Planfix) -> tuple[int, str] | None:
    """Number and name of the employee for whom the token acts, None when Planfix does not tell.

    No request asks for it. But the ready filter "out" shows the tasks that this very employee has given, if any.
    """
    question: dict[str, JSON] = {"filterId": "out", "offset": 0, "pageSize": 20, "fields": "id,assigner"}
    try:
        rows = rows_of(client.request("POST", "/task/list", body=question), "tasks")
    except PlanfixRefused:
        return None
    assigners = [child_of(row, "assigner") for row in rows]
    found = {(number, text_of(one, "name")) for one in assigners if (number := id_of(one.get("id")))}
    return found.pop() if len(found) == 1 else None
