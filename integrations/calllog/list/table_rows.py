"""The rows of the list as its template shows them: each word, label and address made once, not in every row.

A template takes ten times as long as this for the same text, and a page has thirty rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.calllog.list.keyset_paging import position_of
from integrations.models import Call
from integrations.ui.call_row import call_row
from integrations.ui.labels import Badge, LazyText, kind_badge

FIELDS = (
    *("ringostat_id", "facts", "direction", "outcome", "client_number", "started_at", "utm_source", "has_recording"),
    *("state", "reason"),
    *("customer__name", "customer__timezone", "customer__planfix_url", "customer__paused_reason"),
    "employee__name",
    *("delivery__attempts", "delivery__contact_id", "delivery__task_id", "delivery__comment_id"),
)
"""All that a row is made of: a customer carries much more, and would come with each of its calls."""


_LINK = (
    '<a href="{}" target="_blank" rel="noopener noreferrer"'
    ' class="font-medium text-primary-600 underline whitespace-nowrap dark:text-primary-500">{}</a>'
)
_STRANGER = '<span class="text-subtle" title="{}">{}</span>'


@dataclass(frozen=True, kw_only=True)
class ListedCall:
    id: int
    position: str
    """In the list, for what is newer."""
    address: str
    time: str
    choose: str
    """What its box says to a screen reader."""
    customer: str
    kind: SafeString
    client_number: str
    employee: str
    """Marked if the webhooks tell of one and the customer's settings do not."""
    lengths: str
    recorded: str
    utm_source: str
    state: SafeString
    """With the reason and the attempts, if there was more than the usual single one."""
    links: SafeString
    """To the contact and the task in Planfix."""


def with_fields(calls: QuerySet[Call]) -> QuerySet[Call]:
    """In one query, with all that `listed` reads and nothing else."""
    return calls.select_related("customer", "employee", "delivery").only(*FIELDS)


def listed(calls: Iterable[Call]) -> list[ListedCall]:
    """Without a query, if they come with_fields."""
    page, day, kind, state = reverse("calllog:list"), cache(_day), cache(_kind), cache(_state)
    choose, nobody = _("Choose the call of %(number)s at %(time)s"), _("unknown number")
    recorded, stranger = render_to_string("calllog/list/_recorded_icon.html"), _("As the webhook names them")
    contact, task = _("Contact %(id)s"), _("Task %(id)s")

    def one(call: Call) -> ListedCall:
        row = call_row(call)
        local = row.started_at.astimezone(row.zone)
        on_day = day(local.date())
        is_stranger = row.employee and not row.is_employee_known
        links = ((row.contact_url, contact % {"id": row.contact_id}), (row.task_url, task % {"id": row.task_id}))
        return ListedCall(
            id=row.id,
            position=position_of(call),
            address=f"{page}{row.id}/",
            time=f"{on_day}, {local:%H:%M:%S}",
            choose=choose % {"number": row.client_number or nobody, "time": f"{on_day}, {local:%H:%M}"},
            customer=row.customer,
            kind=kind(call.direction, call.outcome),
            client_number=row.client_number or "–",
            employee=format_html(_STRANGER, stranger, row.employee) if is_stranger else row.employee or "–",
            lengths=f"{row.talk or '–'} / {row.waiting or '–'}",
            recorded=recorded if row.has_recording else "",
            utm_source=row.utm_source,
            state=state(row.state, row.reason, row.attempts),
            links=format_html_join("", _LINK, (link for link in links if link[0])),
        )

    return [one(call) for call in calls]


def _day(day: date) -> str:
    return date_format(day, _("j M"))


def _kind(direction: str, outcome: str) -> SafeString:
    return render_to_string("ui/_badge.html", {"badge": kind_badge(direction, outcome)})


def _state(badge: Badge, reason: LazyText, attempts: int) -> SafeString:
    tried = ngettext("%(attempts)s attempt", "%(attempts)s attempts", attempts) % {"attempts": attempts}
    shown = {"badge": badge, "reason": reason, "attempts": tried if attempts > 1 else ""}
    return render_to_string("calllog/list/_state_cell.html", shown)
