"""Makes the table of an export: titles and rows, labels in the user's language, times in the customer's zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.calllog.list.keyset_paging import page_of
from integrations.calllog.list.table_rows import TASK_FIELDS, with_fields
from integrations.models import Call
from integrations.planfix.links import task_url
from integrations.services.calls.spreadsheet_files import Cell
from integrations.ui.call_row import CallRow, call_row, callback_task_id_of
from integrations.ui.labels import STATES

BATCH = 2000
"""How many calls to load at once."""

Column = Callable[[Call, CallRow], Cell]


def table(
    calls: QuerySet[Call], *, done: Callable[[int], None] = lambda count: None
) -> tuple[list[str], Iterator[list[Cell]]]:
    """The titles and the rows, newest call first. Calls `done` with the size of each batch."""
    columns = _columns()
    return list(columns), _rows(calls, list(columns.values()), done)


def _rows(calls: QuerySet[Call], columns: Sequence[Column], done: Callable[[int], None]) -> Iterator[list[Cell]]:
    """Reads page by page, so that a slow download keeps no database cursor open."""
    older, is_last = "", False
    while not is_last:
        page = page_of([calls], rows=with_fields(Call.objects.all(), *TASK_FIELDS), before=older, size=BATCH)
        for call in page.calls:
            row = call_row(call)
            yield [value(call, row) for value in columns]
        done(len(page.calls))
        older, is_last = page.older, not page.older


def _columns() -> dict[str, Column]:
    """The columns by title, in the user's language. Translates each label once here, not in every row."""
    directions = _labels(Call._meta.get_field("direction").flatchoices)
    outcomes = _labels(Call._meta.get_field("outcome").flatchoices)
    states = _labels((state, badge.label) for state, badge in STATES.items())
    return {
        _("Time"): lambda call, row: _local(row.started_at, row),
        _("Time zone"): lambda call, row: row.zone.key,
        _("Customer"): lambda call, row: row.customer,
        _("Direction"): lambda call, row: directions.get(call.direction, ""),
        _("Outcome"): lambda call, row: outcomes.get(call.outcome, ""),
        _("Client number"): lambda call, row: row.client_number,
        _("Employee"): lambda call, row: row.employee,
        _("Wait, seconds"): lambda call, row: row.facts.wait_seconds,
        _("Talk, seconds"): lambda call, row: row.facts.talk_seconds,
        _("UTM source"): _parameter("utm_source"),
        _("UTM medium"): _parameter("utm_medium"),
        _("UTM campaign"): _parameter("utm_campaign"),
        _("UTM content"): _parameter("utm_content"),
        _("UTM term"): _parameter("utm_term"),
        _("Project or pool"): lambda call, row: row.facts.line_name,
        _("State"): lambda call, row: states[call.state],
        _("Why"): lambda call, row: str(row.reason),
        _("Contact in Planfix"): lambda call, row: row.contact_url,
        _("Task in Planfix"): lambda call, row: row.task_url,
        _("Ringostat call ID"): lambda call, row: row.ringostat_id,
        _("Called back at"): lambda call, row: _local(row.callback.at, row) if row.callback else None,
        _("Called back by"): lambda call, row: row.callback.by if row.callback else "",
        _("Attempts to call back"): lambda call, row: row.callback.attempts if row.callback else None,
        _("Callback task in Planfix"): lambda call, row: _callback_task_url(call),
    }


def _local(moment: datetime | None, row: CallRow) -> datetime | None:
    """The time in the customer's zone, without the zone: a spreadsheet knows none."""
    return moment.astimezone(row.zone).replace(tzinfo=None, microsecond=0) if moment else None


def _callback_task_url(call: Call) -> str:
    task_id = callback_task_id_of(call)
    return task_url(call.customer.planfix_url, task_id) if task_id else ""


def _labels(choices: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    return {str(code): str(label) for code, label in choices}


def _parameter(name: str) -> Column:
    return lambda call, row: row.facts.parameters.get(name, "")
