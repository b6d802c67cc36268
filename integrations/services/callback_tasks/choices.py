"""What a specialist chooses from: the account's task templates, the statuses of their processes, and its groups.

The access check reads them, and the settings keep them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from integrations.models import CallbackSettings
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixError
from integrations.planfix.records.tasks import TaskTemplate, employee_groups, statuses_of_process, task_templates

MOST_PROCESSES = 3
"""The most processes to read statuses of. The process of the chosen template comes first."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Names by id. A part that could not be read is empty."""

    templates: dict[int, str] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    statuses_of_template: frozenset[int] = frozenset()
    """Those that a task of the chosen template may have; empty if they could not be read."""


def read_choices(client: Planfix, wanted: CallbackSettings) -> Choices:
    """Reads and stores the choices. At most five requests in an account with up to a hundred templates.

    Raises PlanfixError if the templates cannot be read.
    """
    templates = task_templates(client)
    statuses = _statuses(client, templates, wanted.template_id)
    own = next((template.process_id for template in templates if template.id == wanted.template_id), None)
    found = Choices(
        templates={template.id: template.name for template in templates},
        statuses={number: name for names in statuses.values() for number, name in names.items()},
        groups=_groups(client),
        statuses_of_template=frozenset(statuses.get(own or 0, {})),
    )
    _store(wanted, found)
    return found


def stored_choices(wanted: CallbackSettings) -> Choices:
    """The choices that the last access check stored; empty before the first one."""
    templates, statuses, groups = (
        {int(number): str(text) for number, text in dict(wanted.choices.get(name) or {}).items()} for name in STORED
    )
    return Choices(templates=templates, statuses=statuses, groups=groups)


STORED = ("templates", "statuses", "groups")


def _store(wanted: CallbackSettings, found: Choices) -> None:
    choices = {name: getattr(found, name) for name in STORED}
    CallbackSettings.objects.update_or_create(customer=wanted.customer, defaults={"choices": choices})


def _statuses(client: Planfix, templates: list[TaskTemplate], chosen: int | None) -> dict[int, dict[int, str]]:
    ordered = sorted(templates, key=lambda template: template.id != chosen)
    processes = list(dict.fromkeys(template.process_id for template in ordered if template.process_id))
    found = {}
    for process_id in processes[:MOST_PROCESSES]:
        try:
            found[process_id] = dict(statuses_of_process(client, process_id))
        except PlanfixError:
            continue  # The right to read processes is not needed otherwise.
    return found


def _groups(client: Planfix) -> dict[int, str]:
    try:
        return dict(employee_groups(client))
    except PlanfixError:
        return {}
