"""Renders the HTML of the waiting clients' rows. A page has a hundred; Django's templates would take much longer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.calllog.waiting.rows import WaitingRow
from integrations.ui.labels import LazyText

LABELS: Mapping[str, LazyText] = {
    "client": gettext_lazy("Client"),
    "waiting": gettext_lazy("Waiting for"),
    "calls": gettext_lazy("Missed calls"),
    "attempts": gettext_lazy("Attempts to call back"),
    "missed_by": gettext_lazy("Missed by"),
    "source": gettext_lazy("UTM source"),
}
"""The headings of the table. On narrow screens they are the labels of the values."""

_ROW = """
<tr class="calls-list-row block border border-base-200 mb-3 rounded-default lg:border-none lg:mb-0 lg:table-row dark:border-base-800">
    <td class="calls-cell" data-label="{label_client}"><div><span class="font-semibold text-important whitespace-nowrap">{title}</span>{number_line}{customer_line}</div></td>
    <td class="calls-cell" data-label="{label_waiting}"><div>{waits_for}<div class="text-subtle text-xs">{since}</div></div></td>
    <td class="calls-cell" data-label="{label_calls}">{calls}</td>
    <td class="calls-cell" data-label="{label_attempts}">{attempts}</td>
    <td class="calls-cell" data-label="{label_missed_by}">{missed_by}</td>
    <td class="calls-cell" data-label="{label_source}">{source}</td>
    <td class="calls-cell"><div class="flex flex-wrap gap-3"><a class="{link}" href="{call_url}">{newest_call}</a><a class="{link}" href="{calls_url}">{all_calls}</a></div></td>
</tr>"""  # noqa: E501 - lines of HTML
_NUMBER = "<div>{number}</div>"
_CUSTOMER = '<div class="text-subtle text-xs">{customer}</div>'
_LINK = "font-medium text-primary-600 underline dark:text-primary-500"


def rows_html(rows: Iterable[WaitingRow], *, shows_customer: bool) -> SafeString:
    """Renders the rows. Escapes every value."""
    labels = {f"label_{name}": str(label) for name, label in LABELS.items()}
    shared = _escaped({**labels, "link": _LINK, "newest_call": _("Newest call"), "all_calls": _("All calls")})
    return mark_safe("".join(_row_html(row, shared, shows_customer) for row in rows))  # noqa: S308 - _row_html() escapes


def _row_html(row: WaitingRow, shared: Mapping[str, str], shows_customer: bool) -> str:
    values = {
        **vars(row),
        "title": row.name or row.number,
        "since": _("since %(time)s") % {"time": row.waits_since},
        "missed_by": row.missed_by or "–",
        "source": row.source or "–",
    }
    escaped = {**shared, **_escaped(values)}
    lines = {
        "number_line": _NUMBER.format(**escaped) if row.name else "",
        "customer_line": _CUSTOMER.format(**escaped) if shows_customer else "",
    }
    return _ROW.format(**escaped, **lines)


def _escaped(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: conditional_escape(value) for name, value in values.items()}
