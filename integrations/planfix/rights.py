"""Finds out which rights a token has and which employee it acts for. Its requests change nothing. Knows no customer.

A right to write is probed by a request that Planfix must refuse for its content: contact 0, a contact without a name or
template, a task with the status 0, a file without an address. A token without the right is refused earlier, with 405
and code 5.
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
"""Some versions answer HTTP 500 with these codes. They searched for the object, so the token has the right."""


class Right(StrEnum):
    """The rights that the integration needs. The values are their names in the token's settings in Planfix."""

    FIND_CONTACTS = "contact_readonly"
    CREATE_CONTACTS = "contact_add"
    FIND_TASKS = "task_readonly"
    CREATE_TASKS = "task_add"
    UPDATE_TASKS = "task_update"
    """For the status of a callback task whose client was reached."""
    READ_COMMENTS = "comment_readonly"
    WRITE_COMMENTS = "comment_add"
    UPDATE_COMMENTS = "comment_update"
    """For additions to a delivered call: a recording, the AI analysis, a rating."""
    READ_TAGS = "datatag_readonly"
    WRITE_TAGS = "datatag_add"
    ADD_FILES = "file_add"
    READ_EMPLOYEES = "user_readonly"


FOR_CALLBACK_TASKS = frozenset({Right.CREATE_TASKS, Right.UPDATE_TASKS})
WRITING = FOR_CALLBACK_TASKS | {
    Right.CREATE_CONTACTS,
    Right.WRITE_COMMENTS,
    Right.UPDATE_COMMENTS,
    Right.WRITE_TAGS,
    Right.ADD_FILES,
}


class Probe(NamedTuple):
    """A POST request that shows whether the token has a right."""

    path: str
    body: Mapping[str, JSON]


PROBES: Mapping[Right, Probe] = {
    Right.FIND_CONTACTS: Probe("/contact/list", {"pageSize": 1, "fields": "id"}),
    Right.CREATE_CONTACTS: Probe("/contact/", {"template": {"id": 0}, "name": ""}),
    Right.CREATE_TASKS: Probe("/task/", {"template": {"id": 0}, "status": {"id": 0}, "name": ""}),
    Right.UPDATE_TASKS: Probe("/task/0", {"status": {"id": 0}}),
    Right.READ_COMMENTS: Probe("/contact/0/comments/list", {"pageSize": 1, "fields": "id"}),
    Right.WRITE_COMMENTS: Probe("/contact/0/comments/", {"description": ""}),
    Right.UPDATE_COMMENTS: Probe("/contact/0/comments/0", {"description": ""}),
    Right.WRITE_TAGS: Probe("/contact/0/datatags/0", {"dataTag": {"id": 0}, "items": []}),
    Right.ADD_FILES: Probe("/file/from-url/", {"name": "", "url": ""}),
}
"""The other rights are checked by the reads that need them."""

REFUSED_PROBES = tuple(probe for right, probe in PROBES.items() if right is not Right.FIND_CONTACTS)


def is_expected_refusal(path: str, body: Mapping[str, JSON]) -> bool:
    """True for a request that probes a right or the required fields of a contact template: Planfix should refuse it."""
    is_nameless_contact = path == PROBES[Right.CREATE_CONTACTS].path and body.get("name") == ""
    return is_nameless_contact or Probe(path, body) in REFUSED_PROBES


def has_right(client: Planfix, right: Right) -> bool:
    """Sends the probe of a right. Raises PlanfixError when the answer does not show whether the token has it."""
    probe = PROBES[right]
    try:
        client.request("POST", probe.path, body=probe.body)
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
    """Id and name of the employee whom the token acts for; None when Planfix does not show it.

    Planfix has no request for that. But its filter "out" lists the tasks that this employee has assigned, if any.
    """
    question: dict[str, JSON] = {"filterId": "out", "offset": 0, "pageSize": 20, "fields": "id,assigner"}
    try:
        rows = rows_of(client.request("POST", "/task/list", body=question), "tasks")
    except PlanfixRefused:
        return None
    assigners = [child_of(row, "assigner") for row in rows]
    found = {(number, text_of(one, "name")) for one in assigners if (number := id_of(one.get("id")))}
    return found.pop() if len(found) == 1 else None
