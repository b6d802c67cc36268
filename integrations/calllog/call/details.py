"""The details table of a call: names and values, without unknown values."""

from __future__ import annotations

from django.utils.translation import gettext as _

from integrations.domain.calls import CallFacts
from integrations.models import Delivery
from integrations.ui.call_row import CallRow
from integrations.ui.phone_text import grouped
from integrations.ui.ringostat_labels import status_label, type_label


def call_details(
    row: CallRow, facts: CallFacts, receipts: Delivery, callback_task_id: int | None
) -> list[tuple[str, str]]:
    rows = [
        (_("Ringostat call ID"), row.ringostat_id),
        (_("Client number"), grouped(row.client_number)),
        (_("Customer's number"), facts.destination if facts.direction == "incoming" else facts.outbound_number),
        (_("Project or pool"), facts.line_name),
        (_("Type in Ringostat"), type_label(facts.call_type)),
        (_("Outcome in Ringostat"), status_label(facts.status)),
        (_("Employee"), row.employee),
        (_("Ringostat staff ID"), facts.staff_id),
        (_("Connected with"), facts.connected_with),
        (_("Talk time"), row.talk_time),
        (_("Wait time"), row.wait_time),
        (_("Contact"), _text(receipts.contact_id)),
        (_("Task"), _text(receipts.task_id)),
        (_("Callback task"), _text(callback_task_id)),
        (_("Comment"), _text(receipts.comment_id)),
        (_("Data tag entry"), _text(receipts.tag_key)),
        (_("Attempts"), str(row.attempts)),
    ]
    return [(name, value) for name, value in [*rows, *sorted(facts.parameters.items())] if value]


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
