"""Makes the values of the list's rows. It renders each label, badge and URL once per page.

Rendering them in a template for each of thirty rows would take ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from zlib import crc32

from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.calllog.list.keyset_paging import position_of
from integrations.calllog.list.query_string import list_url
from integrations.models import Call, CallState
from integrations.services.contacts.names import client_name, with_client_names
from integrations.ui.call_row import call_row, receipts_of
from integrations.ui.labels import Badge, LazyText, kind_badge
from integrations.ui.phone_text import grouped

FIELDS = (
    *("ringostat_id", "facts", "direction", "outcome", "client_number", "started_at", "utm_source", "has_recording"),
    *("state", "reason", "due_at"),
    *("customer__name", "customer__timezone", "customer__planfix_url", "customer__paused_reason"),
    "employee__name",
    *("missed__started_at", "missed__called_back_at", "missed__attempts"),
    *("missed__called_back_in__ringostat_id", "missed__called_back_in__facts"),
    "missed__called_back_in__employee__name",
    *("delivery__attempts", "delivery__contact_id", "delivery__task_id", "delivery__comment_id"),
)
"""The columns that a row needs. Loading whole customers with every call would be slow."""
TASK_FIELDS = ("callback_task__task_id", "callback_comment__task__task_id")

LIVE_STATES = (CallState.PENDING, CallState.IN_PROGRESS)

_LINK = (
    '<a href="{}" target="_blank" rel="noopener noreferrer"'
    ' class="calls-above font-medium text-primary-600 underline whitespace-nowrap dark:text-primary-500">{}</a>'
)
_UNKNOWN_EMPLOYEE = '<span class="text-subtle" title="{}">{}</span>'


@dataclass(frozen=True, kw_only=True)
class TableRow:
    id: int
    position: str
    """The row's position in the list. The page asks for newer calls with it."""
    version: str
    """A text that changes with the row's content; "" for a call that will not change soon."""
    url: str
    time: str
    checkbox_label: str
    """The checkbox's label for screen readers."""
    customer: str
    kind: SafeString
    callback: str
    """Whether the client of a missed incoming call was called back; "" for other calls."""
    client_name: str
    """The contact's name in Planfix; "" if it is unknown."""
    client_number: str
    """The number with grouped digits."""
    number_url: str
    """The URL of all calls of this number; "" without a number."""
    number_label: str
    employee: str
    """The employee, specially marked if the name comes from the webhook and matches no employee of the customer."""
    durations: str
    recording_url: str
    """"" if there is no link to a recording."""
    play_label: str
    recorded_icon: str
    """The icon of a recorded call that cannot be played yet."""
    utm_source: str
    state: SafeString
    """The state with its reason, and with the number of attempts if there was more than one."""
    links: SafeString
    """Links to the contact and the task in Planfix."""


def with_fields(calls: QuerySet[Call], *extra: str) -> QuerySet[Call]:
    """Makes one query load everything that a row reads, except the client's name. `extra`: further related columns."""
    related = ("customer", "employee", "delivery", "missed__called_back_in__employee")
    further = (name.rpartition("__")[0] for name in extra)
    return calls.select_related(*related, *further).only(*FIELDS, *extra)


def listed(calls: QuerySet[Call]) -> QuerySet[Call]:
    """Makes one query load everything that table_rows() reads."""
    return with_client_names(with_fields(calls))


def table_rows(calls: Iterable[Call]) -> list[TableRow]:
    """Makes the rows of calls that listed() has loaded. Makes no query."""
    list_page, day, kind, state = reverse("calllog:list"), cache(_day), cache(_kind), cache(_state)
    checkbox_label, unknown_number = _("Select the call with %(number)s at %(time)s"), _("unknown number")
    number_label, play_label = _("All calls of %(number)s"), _("Play the call with %(number)s at %(time)s")
    recorded_icon, as_reported = render_to_string("calllog/list/_recorded_icon.html"), _("Name from the webhook")
    contact, task = _("Contact %(id)s"), _("Task %(id)s")

    def one(call: Call) -> TableRow:
        row = call_row(call)
        local = row.started_at.astimezone(row.zone)
        minute = f"{day(local.date())}, {local:%H:%M}"
        is_unknown = row.employee and not row.is_employee_known
        links = (
            (row.contact_url, contact % {"id": row.contact_id}),
            (row.task_url, task % {"id": row.task_id}),
        )
        number = grouped(row.client_number)
        names = {"number": number or unknown_number, "time": minute}
        can_play = bool(row.recording_link)
        return TableRow(
            id=row.id,
            position=position_of(call),
            version=_version(call) if call.state in LIVE_STATES else "",
            url=f"{list_page}{row.id}/",
            time=f"{minute}:{local:%S}",
            checkbox_label=checkbox_label % names,
            customer=row.customer,
            kind=kind(call.direction, call.outcome),
            callback=row.callback.text if row.callback else "",
            client_name=client_name(call, row.contact_id),
            client_number=number or "–",
            number_url=list_url({}, number=row.client_number) if row.client_number else "",
            number_label=number_label % names,
            employee=format_html(_UNKNOWN_EMPLOYEE, as_reported, row.employee) if is_unknown else row.employee or "–",
            durations=f"{row.talk_time or '–'} / {row.wait_time or '–'}",
            recording_url=f"{list_page}{row.id}/recording" if can_play else "",
            play_label=play_label % names if can_play else "",
            recorded_icon=recorded_icon if row.has_recording and not can_play else "",
            utm_source=row.utm_source,
            state=state(row.state, row.reason, row.attempts),
            links=format_html_join("", _LINK, (link for link in links if link[0])),
        )

    return [one(call) for call in calls]


def _version(call: Call) -> str:
    receipts = receipts_of(call)
    written = (receipts.attempts, receipts.contact_id, receipts.task_id, receipts.comment_id)
    shown = (call.state, call.reason, call.outcome, call.facts, call.employee_id, call.customer.paused_reason, written)
    return f"{crc32(repr(shown).encode()):08x}"


def _day(day: date) -> str:
    return date_format(day, _("j M"))


def _kind(direction: str, outcome: str) -> SafeString:
    return render_to_string("ui/_badge.html", {"badge": kind_badge(direction, outcome)})


def _state(badge: Badge, reason: LazyText, attempts: int) -> SafeString:
    tried = ngettext("%(attempts)s attempt", "%(attempts)s attempts", attempts) % {"attempts": attempts}
    shown = {"badge": badge, "reason": reason, "attempts": tried if attempts > 1 else ""}
    return render_to_string("calllog/list/_state_cell.html", shown)
