"""Renders the HTML of the list's thirty rows. Django's templates would take eight times as long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from integrations.calllog.list.table_rows import TableRow
from integrations.ui.labels import LazyText

_ROW = """
<tr id="call-{id}"{out_of_band} data-row data-position="{position}"{live} class="calls-row">{select}
    <td class="calls-time" data-label="{label_time}"><a href="{url}" class="calls-open">{time}</a>{customer_line}</td>
    <td class="calls-kind" data-label="{label_call}">{kind}{callback_line}</td>
    <td class="calls-number" data-label="{label_client}">{name_line}<span class="calls-client calls-above" title="{client_number}">{client_number}</span>{same_number}</td>
    <td class="calls-employee" data-label="{label_employee}">{employee}</td>
    <td class="calls-durations" data-label="{label_durations}"><span class="calls-durations-line">{play}<span data-durations>{durations}</span>{recorded_icon}</span></td>
    <td class="calls-utm" data-label="{label_utm}"><div class="calls-value" title="{utm_source}">{utm_source}</div></td>
    <td class="calls-state" data-label="{label_state}">{state}</td>
    <td class="calls-planfix" data-label="{label_planfix}"><div class="calls-value">{links}</div></td>
</tr>"""  # noqa: E501 - lines of HTML

_PARTS = {
    "out_of_band": ("is_out_of_band", ' hx-swap-oob="true"'),
    "live": ("version", ' data-live="{id}.{version}"'),
    "select": (
        "may_select",
        '<td class="calls-select"><input type="checkbox" name="call" value="{id}" form="bulk"'
        ' class="calls-above cursor-pointer" aria-label="{checkbox_label}"></td>',
    ),
    "customer_line": ("shows_customer", '<div class="text-subtle text-xs">{customer}</div>'),
    "callback_line": ("callback", '<div class="calls-callback">{callback}</div>'),
    "name_line": ("client_name", '<div class="calls-name" title="{client_name}">{client_name}</div>'),
    "same_number": (
        "number_url",
        '<a href="{number_url}" class="calls-same calls-above" aria-label="{number_label}" title="{number_label}">'
        '<span class="material-symbols-outlined md-18" aria-hidden="true">manage_search</span></a>',
    ),
    "play": (
        "recording_url",
        '<button type="button" class="calls-play calls-above" data-recording="{recording_url}"'
        ' aria-label="{play_label}"><span class="material-symbols-outlined md-18" aria-hidden="true">play_arrow</span>'
        "</button>",
    ),
}
"""Optional parts of the row: the value that each part needs, and its HTML. Without the value, the part is left out."""


def rows_html(
    rows: Iterable[TableRow],
    *,
    labels: Mapping[str, LazyText],
    may_select: bool,
    shows_customer: bool,
    is_out_of_band: bool = False,
) -> SafeString:
    """Renders the rows. Escapes every value that is not safe HTML.

    `is_out_of_band`: True if htmx is to replace rows of the page with these.
    """
    shared: dict[str, Any] = {f"label_{name}": conditional_escape(str(label)) for name, label in labels.items()}
    shared |= {"may_select": may_select, "shows_customer": shows_customer, "is_out_of_band": is_out_of_band}
    return mark_safe("".join(_row_html({**vars(row), **shared}) for row in rows))  # noqa: S308 - _row_html() escapes


def _row_html(values: Mapping[str, Any]) -> str:
    escaped = {name: conditional_escape(value) for name, value in values.items()}
    parts = {name: html.format(**escaped) if values[needed] else "" for name, (needed, html) in _PARTS.items()}
    return _ROW.format(**escaped, **parts)
