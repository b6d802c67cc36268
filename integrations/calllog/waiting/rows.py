"""Makes the rows of waiting clients: the values that the page shows for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from integrations.services.contacts.names import NamedContact, named_contacts
from integrations.services.missed_calls.waiting import WaitingClient
from integrations.ui.call_row import reported_employee
from integrations.ui.durations import rough_duration
from integrations.ui.local_time import local_time
from integrations.ui.phone_text import grouped


@dataclass(frozen=True, kw_only=True)
class WaitingRow:
    number: str
    name: str
    customer: str
    waits_for: str
    waits_since: str
    calls: int
    attempts: int
    source: str
    missed_by: str
    calls_url: str
    call_url: str


def rows_of(clients: list[WaitingClient], now: datetime) -> list[WaitingRow]:
    names, list_url = named_contacts(client.newest for client in clients), reverse("calllog:list")
    return [_row(client, names.get((client.customer_id, client.number)), list_url, now) for client in clients]


def _row(client: WaitingClient, contact: NamedContact | None, list_url: str, now: datetime) -> WaitingRow:
    call, customer = client.newest, client.newest.customer
    query = urlencode({"customer": customer.pk, "number": client.number})
    return WaitingRow(
        number=grouped(client.number),
        name=contact.name if contact else "",
        customer=customer.name,
        waits_for=rough_duration((now - client.waits_since).total_seconds()),
        waits_since=local_time(customer, client.waits_since, now),
        calls=client.calls,
        attempts=client.attempts,
        source=call.utm_source,
        missed_by=call.employee.name if call.employee else reported_employee(call.folded),
        calls_url=f"{list_url}?{query}",
        call_url=reverse("calllog:call", args=[call.pk]),
    )
