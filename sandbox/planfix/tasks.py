"""Tasks, their statuses and processes in Planfix's REST API: get, list, create, update."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.http.server import Reply
from sandbox.planfix.account import Account
from sandbox.planfix.contacts.requests import known_person, source_object_id
from sandbox.planfix.records import Task, TaskStatus
from sandbox.planfix.rest import Body, Fields, Refusal, RestCall, Route, bad_value, shown, success, time_point
from sandbox.planfix.world import TaskActivity, TaskFilter

COUNTERPARTY_FILTER = 7
PROCESS_ID = 1
GIVEN_BY_ME = "out"
"""Predefined filter: tasks that the token's employee assigned."""

Predicate = Callable[[Task], bool]


def described_status(status: TaskStatus) -> dict[str, object]:
    return {
        "id": status.id,
        "name": status.name,
        "color": status.color,
        "isActive": status.is_active,
        "hasDeadline": status.is_active,
        "isAppliedIndividually": False,
    }


def _status_of_row(account: Account, task: Task) -> dict[str, object]:
    row = described_status(task.status)
    if account.world.task_activity is TaskActivity.ABSENT:
        del row["isActive"]
    return row


def _counterparty(account: Account, task: Task) -> object:
    if task.counterparty_id is None:
        return None
    person = f"contact:{task.counterparty_id}"
    return {"id": person, "name": account.person_name(person) or ""}


def _last_comment(account: Account, task: Task) -> object:
    comments = account.feed(("task", task.id))
    return time_point(account, comments[-1].written) if comments else None


FIELDS: Fields[Task] = {
    "id": lambda _, task: task.id,
    "name": lambda _, task: task.name,
    "description": lambda _, task: task.description,
    "status": lambda account, task: _status_of_row(account, task),
    "processId": lambda _, __: PROCESS_ID,
    "type": lambda _, __: "Task",
    "template": lambda _, task: {"id": task.template_id} if task.template_id else None,
    "counterparty": _counterparty,
    "assigner": lambda account, task: {"id": task.assigner, "name": account.person_name(task.assigner) or ""},
    "assignees": lambda account, task: {
        "users": [{"id": person, "name": account.person_name(person) or ""} for person in task.assignees],
        "groups": [],
    },
    "dateTime": lambda account, task: time_point(account, task.created),
    "dateOfLastUpdate": lambda account, task: time_point(account, task.updated),
    "dateOfLastComment": _last_comment,
    "isDeleted": lambda _, task: task.is_deleted,
    "files": lambda _, task: [{"id": f.id, "size": f.size, "name": f.name} for f in task.files],
    "sourceObjectId": lambda _, task: task.source_object_id,
}


def _numbers(value: Any) -> set[int]:
    return {int(str(one).removeprefix("contact:")) for one in (value if isinstance(value, list) else [value])}


def _counterparty_is(value: Any) -> Predicate:
    numbers = _numbers(value)
    return lambda task: task.counterparty_id in numbers


FILTERS: Mapping[int, Callable[[Any], Predicate]] = {
    COUNTERPARTY_FILTER: _counterparty_is,
    2: lambda value: lambda task: str(value) in task.assignees,
    1: lambda value: lambda task: task.assigner == str(value),
    8: lambda value: lambda task: str(value).lower() in task.name.lower(),
    9: lambda value: lambda task: task.id in _numbers(value),
    10: lambda value: lambda task: task.status.id in _numbers(value),
    51: lambda value: lambda task: task.template_id in _numbers(value),
}


def _predicate(account: Account, filter_: Body) -> Predicate:
    make = FILTERS.get(filter_.number("type"))
    if make is None:
        raise Refusal(500, 0, "Rest API error")
    rule = account.world.task_filter
    if make is _counterparty_is and rule is not TaskFilter.HONOURED:
        return lambda task: rule is TaskFilter.IGNORED
    try:
        accepts = make(filter_.value("value"))
    except (TypeError, ValueError) as error:
        raise Refusal(500, 0, "Rest API error") from error
    return (lambda task: not accepts(task)) if filter_.text("operator") == "notequal" else accepts


def _candidates(account: Account, filters: Iterable[Body]) -> Iterable[Task]:
    for filter_ in filters if account.world.task_filter is TaskFilter.HONOURED else ():
        if filter_.number("type") == COUNTERPARTY_FILTER and filter_.text("operator") != "notequal":
            numbers = sorted(_numbers(filter_.value("value")))
            return sorted((task for number in numbers for task in account.tasks_of(number)), key=lambda task: task.id)
    return account.tasks_by_id.values()


def _list(call: RestCall) -> Reply:
    filters = call.body.objects("filters")
    predicates = [_predicate(call.account, filter_) for filter_ in filters]
    if call.body.text("filterId") == GIVEN_BY_ME:
        predicates.append(lambda task: task.assigner == f"user:{call.account.token_user_id}")
    found = (
        task
        for task in _candidates(call.account, filters)
        if not task.is_deleted and all(accepts(task) for accepts in predicates)
    )
    return success(tasks=[shown(call.account, task, FIELDS, call.fields) for task in call.page(found)])


def task_of(account: Account, number: int, *, status: int = 404, error: str = "Task not found by id") -> Task:
    task = account.tasks_by_id.get(number)
    if task is None:
        raise Refusal(status, 1000, f"{error} {number}")
    return task


def _get(call: RestCall) -> Reply:
    task = task_of(call.account, call.ids[0], status=400)
    return success(task=shown(call.account, task, FIELDS, call.fields))


def _create(call: RestCall) -> Reply:
    account, body = call.account, call.body
    task = account.add_task(
        _counterparty_id(account, body),
        body.text("name"),
        status=_status(account, body) if "status" in body else next(iter(account.statuses.values())),
        description=body.text("description"),
        template_id=body.object("template").number("id") or None,
        assigner=f"user:{account.token_user_id}",
        assignees=[known_person(account, user) for user in body.object("assignees").objects("users")],
        source_object_id=source_object_id(account, body),
    )
    if task.description:
        # Planfix shows the description of a task as its first comment.
        account.add_comment(("task", task.id), author=task.assigner, description=task.description)
    return success(201, id=task.id)


def _update(call: RestCall) -> Reply:
    account, body = call.account, call.body
    task = task_of(account, call.ids[0], error="Task for update not found by id")
    task.name = body.text("name", task.name)
    task.description = body.text("description", task.description)
    if "status" in body:
        task.status = _status(account, body)
    task.updated = datetime.now(UTC)
    return success()


def _counterparty_id(account: Account, body: Body) -> int | None:
    if "counterparty" not in body:
        return None
    number = body.object("counterparty").text("id").removeprefix("contact:")
    if not number.isdigit() or int(number) not in account.contacts_by_id:
        raise bad_value(f"Contact not find by id {number}")
    return int(number)


def _status(account: Account, body: Body) -> TaskStatus:
    number = body.object("status").number("id")
    if number not in account.statuses:
        raise bad_value(f"Status not find by id {number}")
    return account.statuses[number]


def _processes(call: RestCall) -> Reply:
    return success(processes=[{"id": PROCESS_ID, "name": "Task"} if "name" in call.fields else {"id": PROCESS_ID}])


def _statuses(call: RestCall) -> Reply:
    asked = ("id", *call.fields)
    rows = [described_status(status) for status in call.account.statuses.values()]
    return success(statuses=[{name: row[name] for name in asked if name in row} for row in rows])


ROUTES = (
    Route(method="POST", path="/task/list", scope="task_readonly", operation=_list),
    Route(method="POST", path="/task", scope="task_add", operation=_create),
    Route(method="GET", path="/task/{}", scope="task_readonly", operation=_get),
    Route(method="POST", path="/task/{}", scope="task_update", operation=_update),
    Route(method="GET", path="/process/task", scope="process_readonly", operation=_processes),
    Route(method="GET", path="/process/task/{}/statuses", scope="process_readonly", operation=_statuses),
)
