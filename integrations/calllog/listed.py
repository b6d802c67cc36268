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
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.calllog.rows import row_of
from integrations.calllog.words import STATES, Look, kind_look
from integrations.models import Call, CallState

FIELDS = (
    *("ringostat_id", "facts", "direction", "outcome", "client_number", "started_at", "utm_source", "has_recording"),
    *("state", "reason"),
    *("customer__name", "customer__timezone", "customer__planfix_url", "customer__paused_reason"),
    "employee__name",
    *("delivery__attempts", "delivery__contact_id", "delivery__task_id", "delivery__comment_id"),
)
"""All that a row is made of: a customer carries much more, and would come with each of its calls."""


@dataclass(frozen=True, kw_only=True)
class ListedCall:
    id: int
    address: str
    time: str
    choose: str
    """What its box says to a screen reader."""
    customer: str
    kind: SafeString
    client_number: str
    employee: str
    is_stranger: bool
    """An employee of whom the webhooks tell, and the customer's settings do not."""
    lengths: str
    has_recording: bool
    utm_source: str
    state: SafeString
    reason: str
    attempts: str
    """"" for the usual single one."""
    contact: str
    contact_url: str
    task: str
    task_url: str


def with_fields(calls: QuerySet[Call]) -> QuerySet[Call]:
    """In one query, with all that `listed` reads and nothing else."""
    return calls.select_related("customer", "employee", "delivery").only(*FIELDS)


def listed(calls: Iterable[Call]) -> list[ListedCall]:
    """Without a query, if they come with_fields."""
    page, day = reverse("calllog:list"), cache(_day)
    kind = cache(lambda direction, outcome: _label(kind_look(direction, outcome)))
    state = cache(lambda state: _label(STATES[CallState(state)]))
    choose, nobody = _("Choose the call of %(number)s at %(time)s"), _("unknown number")
    contact, task = _("Contact %(id)s"), _("Task %(id)s")

    def one(call: Call) -> ListedCall:
        row = row_of(call)
        local = row.started_at.astimezone(row.zone)
        on_day = day(local.date())
        return ListedCall(
            id=row.id,
            address=f"{page}{row.id}/",
            time=f"{on_day}, {local:%H:%M:%S}",
            choose=choose % {"number": row.client_number or nobody, "time": f"{on_day}, {local:%H:%M}"},
            customer=row.customer,
            kind=kind(call.direction, call.outcome),
            client_number=row.client_number or "–",
            employee=row.employee or "–",
            is_stranger=bool(row.employee) and not row.is_employee_known,
            lengths=f"{row.talk or '–'} / {row.waiting or '–'}",
            has_recording=row.has_recording,
            utm_source=row.utm_source,
            state=state(call.state),
            reason=str(row.reason),
            attempts=_attempts(row.attempts) if row.attempts > 1 else "",
            contact=contact % {"id": row.contact_id},
            contact_url=row.contact_url,
            task=task % {"id": row.task_id},
            task_url=row.task_url,
        )

    return [one(call) for call in calls]


def _day(day: date) -> str:
    return date_format(day, _("j M"))


def _label(look: Look) -> SafeString:
    return render_to_string("calllog/_label.html", {"look": look})


def _attempts(attempts: int) -> str:
    return ngettext("%(attempts)s attempt", "%(attempts)s attempts", attempts) % {"attempts": attempts}
