"""The section `callback_tasks` of a customer's file: reads and writes the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import DateField
from django.utils.translation import gettext as _

from integrations.models import CallbackSettings, Customer, Employee
from integrations.services.callback_tasks.notes import retry_refused_tasks

SECTION = "callback_tasks"
PLAIN = (
    "clients",
    "template_id",
    "assignees",
    "group_id",
    "due_hours",
    "weekdays",
    "work_begins",
    "work_ends",
    "holidays",
    "is_urgent",
    "reached_status_id",
)
PEOPLE = ("employee", "unknown_employee_for")
"""Employees, by their name in the file."""
KEYS = (*PLAIN, *PEOPLE)


def settings_of(customer: Customer) -> CallbackSettings:
    """The customer's settings, or those of a customer that wants no tasks. Not saved then."""
    stored = CallbackSettings.objects.select_related(*PEOPLE).filter(customer=customer).first()
    return stored or CallbackSettings(customer=customer)


def exported_settings(customer: Customer) -> dict[str, Any]:
    """The section as save_settings() reads it."""
    stored = settings_of(customer)
    section: dict[str, Any] = {name: getattr(stored, name) for name in PLAIN}
    section |= {name: getattr(stored, name).name if getattr(stored, name) else None for name in PEOPLE}
    times = {name: f"{section[name]:%H:%M}" for name in ("work_begins", "work_ends")}
    return section | times | {"holidays": [day.isoformat() for day in stored.holidays]}


def without_employees(section: Mapping[str, Any]) -> dict[str, Any]:
    """The section for a customer that has other employees. Tasks about unknown employees are off then."""
    return {**section, **dict.fromkeys(PEOPLE)}


def save_settings(customer: Customer, given: Mapping[str, Any]) -> None:
    """Changes what is given; null empties a setting. Raises ValidationError, whose keys are those of the file."""
    stored = settings_of(customer)
    try:
        for name in PLAIN:
            if name in given:
                setattr(stored, name, given[name])
        stored.holidays = _days(stored.holidays)
        for name in PEOPLE:
            if name in given:
                setattr(stored, name, _employee(customer, name, given[name]))
        stored.full_clean(exclude=["customer"])
    except ValidationError as error:
        raise ValidationError({f"{SECTION}.{name}": texts for name, texts in error.message_dict.items()}) from error
    stored.save()
    retry_refused_tasks(customer)


def _days(given: Iterable[object]) -> list[date]:
    """The days as dates: an array field does not parse the texts in a list."""
    try:
        return [DateField().to_python(day) for day in given or ()]
    except ValidationError as error:
        raise ValidationError({"holidays": error.messages}) from error


def _employee(customer: Customer, key: str, name: str | None) -> Employee | None:
    if not name:
        return None
    employee = customer.employees.filter(name=name).first()
    if employee is None:
        raise ValidationError({key: _("There is no employee named “%(name)s”.") % {"name": name}})
    return employee
