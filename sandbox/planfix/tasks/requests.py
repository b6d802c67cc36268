"""Tasks in Planfix's REST API: list, get, create, update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sandbox.http.server import Reply
from sandbox.planfix.account import Account
from sandbox.planfix.contacts.requests import known_person, source_object_id
from sandbox.planfix.records import Task, TaskStatus
from sandbox.planfix.rest import Body, Refusal, RestCall, Route, bad_value, read_time_point, shown, success
from sandbox.planfix.tasks.rows import FIELDS, candidates, predicate
from sandbox.planfix.world import TaskDeletion, TaskStatusChange, TaskTemplateFields

GIVEN_BY_ME = "out"
"""Predefined filter: tasks that the token's employee assigned."""
PRIORITIES = {"Urgent": True, "NotUrgent": False}


def _list(call: RestCall) -> Reply:
    filters = call.body.objects("filters")
    predicates = [predicate(call.account, filter_) for filter_ in filters]
    if call.body.text("filterId") == GIVEN_BY_ME:
        predicates.append(lambda task: task.assigner == f"user:{call.account.token_user_id}")
    found = (
        task
        for task in candidates(call.account, filters)
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
    template_id = _template(account, body)
    task = account.add_task(
        _counterparty_id(account, body),
        body.text("name"),
        status=_status(account, body) if "status" in body else next(iter(account.statuses.values())),
        description=body.text("description"),
        template_id=template_id,
        # A task without a template belongs to no process.
        process_id=account.processes_of_templates[template_id] if template_id else None,
        assigner=f"user:{account.token_user_id}",
        assignees=[known_person(account, user) for user in body.object("assignees").objects("users")],
        assigned_groups=_groups(account, body),
        is_urgent=_is_urgent(body),
        due=read_time_point(body.object("endDateTime"), account.zone),
        source_object_id=source_object_id(account, body),
    )
    if task.description:
        # Planfix shows the description of a task as its first comment.
        account.add_comment(("task", task.id), author=task.assigner, description=task.description)
    return success(201, id=task.id)


def _update(call: RestCall) -> Reply:
    """Updates the task. As in Planfix, the answer is a success that names the unchanged fields in `failures`."""
    account, body = call.account, call.body
    task = task_of(account, call.ids[0], error="Task for update not found by id")
    failures = [name for name, change in CHANGES.items() if name in body and not change(account, task, body)]
    task.updated = datetime.now(UTC)
    if not failures:
        return success()
    return success(failures=[{"field": name, "error": "Field change failed"} for name in failures])


def _change_name(_: Account, task: Task, body: Body) -> bool:
    task.name = body.text("name")
    return True


def _change_description(_: Account, task: Task, body: Body) -> bool:
    task.description = body.text("description")
    return True


def _change_status(account: Account, task: Task, body: Body) -> bool:
    """Changes the status if the task's process allows it. A task without a process keeps its status."""
    status = _status(account, body)
    if task.process_id is None or account.world.task_status is TaskStatusChange.REFUSED:
        return False
    task.status = status
    return True


def _mark_deleted(account: Account, task: Task, body: Body) -> bool:
    if account.world.task_deletion is TaskDeletion.REFUSED:
        raise bad_value("Invalid value of isDeleted")
    if account.world.task_deletion is TaskDeletion.DELETED:
        task.is_deleted = bool(body.value("isDeleted"))
    return True


CHANGES: Mapping[str, Callable[[Account, Task, Body], bool]] = {
    "name": _change_name,
    "description": _change_description,
    "status": _change_status,
    "isDeleted": _mark_deleted,
}
"""Returns whether the field was changed."""


def _template(account: Account, body: Body) -> int | None:
    if "template" not in body:
        return None
    number = body.object("template").number("id")
    if number not in account.task_templates:
        raise bad_value(f"Template not find by id {number}")
    if account.world.task_template is TaskTemplateFields.REQUIRED:
        raise Refusal(400, 30, "custom_field_is_required, id 81905")
    return number


def _groups(account: Account, body: Body) -> list[int]:
    numbers = [group.number("id") for group in body.object("assignees").objects("groups")]
    for number in numbers:
        if number not in account.user_groups:
            raise bad_value(f"Group not find by id {number}")
    return numbers


def _is_urgent(body: Body) -> bool:
    priority = body.text("priority", "NotUrgent")
    if priority not in PRIORITIES:
        raise bad_value(f"Invalid value of priority: {priority}")
    return PRIORITIES[priority]


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


ROUTES = (
    Route(method="POST", path="/task/list", scope="task_readonly", operation=_list),
    Route(method="POST", path="/task", scope="task_add", operation=_create),
    Route(method="GET", path="/task/{}", scope="task_readonly", operation=_get),
    Route(method="POST", path="/task/{}", scope="task_update", operation=_update),
)
