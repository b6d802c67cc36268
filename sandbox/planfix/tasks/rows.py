"""Rows of the stand-in's tasks: the properties that Planfix shows, and the search by filters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.planfix.account import Account
from sandbox.planfix.records import Task, TaskStatus
from sandbox.planfix.rest import Body, Fields, Refusal, time_point
from sandbox.planfix.world import TaskActivity, TaskFilter

COUNTERPARTY_FILTER = 7

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
    "processId": lambda _, task: task.process_id,
    "type": lambda _, __: "Task",
    "template": lambda _, task: {"id": task.template_id} if task.template_id else None,
    "counterparty": _counterparty,
    "assigner": lambda account, task: {"id": task.assigner, "name": account.person_name(task.assigner) or ""},
    "assignees": lambda account, task: {
        "users": [{"id": person, "name": account.person_name(person) or ""} for person in task.assignees],
        "groups": [{"id": number, "name": account.user_groups[number]} for number in task.assigned_groups],
    },
    "priority": lambda _, task: "Urgent" if task.is_urgent else "NotUrgent",
    "endDateTime": lambda account, task: time_point(account, task.due) if task.due else None,
    "hasEndDate": lambda _, task: task.due is not None,
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


def predicate(account: Account, filter_: Body) -> Predicate:
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


def candidates(account: Account, filters: Iterable[Body]) -> Iterable[Task]:
    for filter_ in filters if account.world.task_filter is TaskFilter.HONOURED else ():
        if filter_.number("type") == COUNTERPARTY_FILTER and filter_.text("operator") != "notequal":
            numbers = sorted(_numbers(filter_.value("value")))
            return sorted((task for number in numbers for task in account.tasks_of(number)), key=lambda task: task.id)
    return account.tasks_by_id.values()
