"""Task templates, and the processes of tasks with their statuses, in Planfix's REST API. They can only be read."""

from __future__ import annotations

from sandbox.http.server import Reply
from sandbox.planfix.rest import RestCall, Route, success
from sandbox.planfix.tasks.rows import described_status


def _templates(call: RestCall) -> Reply:
    account = call.account
    rows = [
        {"id": number, "name": name, "type": "Template", "processId": account.processes_of_templates[number]}
        for number, name in account.task_templates.items()
    ]
    return success(templates=_shown(call, rows))


def _processes(call: RestCall) -> Reply:
    rows = [{"id": number, "name": name} for number, name in call.account.processes.items()]
    return success(processes=_shown(call, rows))


def _statuses(call: RestCall) -> Reply:
    is_known = call.ids[0] in call.account.processes
    rows = [described_status(status) for status in call.account.statuses.values()] if is_known else []
    return success(statuses=_shown(call, rows))


def _shown(call: RestCall, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    asked = ("id", *call.fields)
    return [{name: row[name] for name in asked if name in row} for row in rows]


ROUTES = (
    Route(method="GET", path="/task/templates", scope="task_readonly", operation=_templates),
    Route(method="GET", path="/process/task", scope="process_readonly", operation=_processes),
    Route(method="GET", path="/process/task/{}/statuses", scope="process_readonly", operation=_statuses),
)
