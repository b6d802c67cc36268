"""The section `callback_tasks` of a customer's file: reads and writes the settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateField
from django.utils.translation import gettext as _

from integrations.models import CallbackSettings, Customer, Employee, TaskAssignee, TaskClients
from integrations.services.callback_tasks.notes import retry_refused_tasks

SECTION = "callback_tasks"
COLUMNS = {
    "template_id": "template_id",
    "due_hours": "due_hours",
    "working_days": "weekdays",
    "holidays": "holidays",
    "is_urgent": "is_urgent",
    "done_status_id": "reached_status_id",
}
"""The keys of the file whose value is that of one column."""
KEYS = ("for", "assignees", "working_hours", "unknown_employee_for", *COLUMNS)
KEY_OF_COLUMN = {
    **{column: key for key, column in COLUMNS.items()},
    "clients": "for",
    "employee": "assignees",
    "group_id": "assignees",
    "work_begins": "working_hours",
    "work_ends": "working_hours",
}

CLIENTS = {
    "none": TaskClients.NOBODY,
    "new": TaskClients.NEW,
    "known": TaskClients.KNOWN,
    "all": TaskClients.ALL,
}
ASSIGNEES = {
    "responsible": TaskAssignee.RESPONSIBLE,
    "last_talked": TaskAssignee.LAST_TALKED,
    "missed": TaskAssignee.MISSED_BY,
}
"""Maps each word of the file to the value that the database stores."""
EMPLOYEE, GROUP = "employee:", "group:"
"""The last assignee may be an employee by name, or a group by its Planfix id."""


def settings_of(customer: Customer) -> CallbackSettings:
    """The customer's settings; unsaved settings without tasks if there are none."""
    people = ("employee", "unknown_employee_for")
    stored = CallbackSettings.objects.select_related(*people).filter(customer=customer).first()
    return stored or CallbackSettings(customer=customer)


def exported_settings(customer: Customer) -> dict[str, Any]:
    """The section as save_settings() reads it."""
    stored = settings_of(customer)
    section = {key: getattr(stored, column) for key, column in COLUMNS.items()}
    person = stored.unknown_employee_for
    return section | {
        "for": _word(CLIENTS, stored.clients),
        "assignees": list(_exported_assignees(stored)),
        "working_hours": [f"{stored.work_begins:%H:%M}", f"{stored.work_ends:%H:%M}"],
        "holidays": [day.isoformat() for day in stored.holidays],
        "unknown_employee_for": person.name if person else None,
    }


def _exported_assignees(stored: CallbackSettings) -> Iterator[str]:
    for source in stored.assignees:
        yield _word(ASSIGNEES, source)
    if stored.employee:
        yield f"{EMPLOYEE}{stored.employee.name}"
    if stored.group_id:
        yield f"{GROUP}{stored.group_id}"


def _word(words: Mapping[str, str], value: str) -> str:
    return next(word for word, known in words.items() if known == value)


def without_employees(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section for a customer that has other employees. Tasks about unknown employees are off then."""
    assignees = [source for source in section["assignees"] if not source.startswith(EMPLOYEE)]
    return {**section, "assignees": assignees, "unknown_employee_for": None}


def save_settings(customer: Customer, given: Mapping[str, Any]) -> None:
    """Changes what is given; null empties a setting. Raises ValidationError, whose keys are those of the file."""
    stored = settings_of(customer)
    try:
        for column, value in _columns(customer, given):
            setattr(stored, column, value)
        stored.full_clean(exclude=["customer"])
    except ValidationError as error:
        raise ValidationError(_by_key(error)) from error
    stored.save()
    retry_refused_tasks(customer)


def _by_key(error: ValidationError) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for name, messages in error.message_dict.items():
        texts.setdefault(f"{SECTION}.{KEY_OF_COLUMN.get(name, name)}", []).extend(messages)
    return texts


def _columns(customer: Customer, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The given values by column. Raises ValidationError."""
    for key, column in COLUMNS.items():
        if key in given:
            yield column, _days(given[key]) if key == "holidays" else given[key]
    if "for" in given:
        yield "clients", _clients(given["for"])
    if "assignees" in given:
        yield from _assignees(customer, given["assignees"] or ())
    if "working_hours" in given:
        yield from zip(("work_begins", "work_ends"), _hours(given["working_hours"]), strict=True)
    if "unknown_employee_for" in given:
        name = given["unknown_employee_for"]
        yield "unknown_employee_for", _employee(customer, "unknown_employee_for", name) if name else None


def _clients(given: object) -> TaskClients:
    if given is None:
        return TaskClients.NOBODY
    if not isinstance(given, str) or given not in CLIENTS:
        names = {"value": given, "known": ", ".join(CLIENTS)}
        raise ValidationError({"for": _("“%(value)s” is not one of its values: %(known)s.") % names})
    return CLIENTS[given]


def _assignees(customer: Customer, given: Iterable[object]) -> Iterator[tuple[str, Any]]:
    """The sources in their order, and at their end an employee or a group: who comes behind gets no task."""
    sources: list[str] = []
    employee, group = None, None
    for one in map(str, given):
        if one.startswith(EMPLOYEE):
            employee = _employee(customer, "assignees", one.removeprefix(EMPLOYEE).strip())
        elif one.startswith(GROUP):
            group = one.removeprefix(GROUP).strip()
        elif employee or group:
            raise ValidationError(
                {
                    "assignees": _("“%(name)s” comes after an employee or a group. Put the employee or the group last.")
                    % {"name": one}
                }
            )
        else:
            sources.append(ASSIGNEES.get(one, one))  # the model refuses an unknown word
    yield from (("assignees", sources), ("employee", employee), ("group_id", group))


def _hours(given: object) -> tuple[object, object]:
    if isinstance(given, list | tuple) and len(given) == 2:
        return given[0], given[1]
    raise ValidationError({"working_hours": _('Give two times, as in ["09:00", "18:00"].')})


def _days(given: Iterable[object]) -> list[date]:
    """The days as dates: an array field does not parse the texts in a list."""
    try:
        return [DateField().to_python(day) for day in given or ()]
    except ValidationError as error:
        raise ValidationError({"holidays": error.messages}) from error


def _employee(customer: Customer, key: str, name: str) -> Employee:
    employee = customer.employees.filter(name=name).first()
    if employee is None:
        raise ValidationError({key: _("There is no employee named “%(name)s”.") % {"name": name}})
    return employee
