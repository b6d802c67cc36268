"""Finds the other calls with a call's client, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.models import Call
from integrations.ui.call_row import RELATED, call_row
from integrations.ui.labels import Badge

MAX_CALLS = 5


@dataclass(frozen=True, kw_only=True)
class ClientCall:
    url: str
    time: str
    kind: Badge
    employee: str
    talk_time: str
    state: Badge


@dataclass(frozen=True, kw_only=True)
class ClientHistory:
    calls: list[ClientCall]
    """The newest calls first, without the call itself."""
    is_more: bool


def client_history(call: Call) -> ClientHistory | None:
    """Finds the other calls with the client. None for a client's only call, and for a hidden number, which many clients
    share.

    Takes one query, which uses an index.
    """
    if not call.client_number.startswith("+"):
        return None
    same = Call.objects.filter(customer=call.customer_id, client_number=call.client_number).exclude(pk=call.pk)
    found = list(same.select_related(*RELATED).order_by("-started_at", "-pk")[: MAX_CALLS + 1])
    if not found:
        return None
    return ClientHistory(calls=[_client_call(each) for each in found[:MAX_CALLS]], is_more=len(found) > MAX_CALLS)


def _client_call(call: Call) -> ClientCall:
    row = call_row(call)
    local = row.started_at.astimezone(row.zone)
    return ClientCall(
        url=reverse("calllog:call", args=[row.id]),
        time=date_format(local, _("j M Y, H:i")),
        kind=row.kind,
        employee=row.employee,
        talk_time=row.talk_time,
        state=row.state,
    )
