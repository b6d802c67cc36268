"""Recognises a customer's own phone line among its clients: the office tests its number, for example."""

from __future__ import annotations

from integrations.domain.parties import line_number
from integrations.models import Call

RECENT_CALLS = 200
"""So many are looked at: a line that is in use is among them."""


def is_own_line(call: Call) -> bool:
    """True when other recent calls came in on the number that this call has as its client."""
    if not call.client_number:
        return False
    recent = Call.objects.filter(customer=call.customer_id).exclude(pk=call.pk).order_by("-started_at", "-pk")
    lines = (line_number(other.folded, call.customer.region) for other in recent[:RECENT_CALLS])
    return call.client_number in lines
