"""A customer's Ringostat client."""

from __future__ import annotations

from django.db.models.functions import Now, TruncDay

from integrations.models import CatchUpCursor, Customer
from integrations.outbound.public_session import public_session
from integrations.ringostat.api import RingostatClient
from integrations.services.database import release_connection


def ringostat_client(customer: Customer, *, seconds: float | None = None) -> RingostatClient | None:
    """The customer's Ringostat client; None without an Auth-key. `seconds`: the limit of each exchange. Raises
    RingostatError for an invalid key.

    Fields that the project refused are requested again once a day, because the project may have got them meanwhile.
    Releases the database connection: Ringostat may be slow, and connections are few.
    """
    if not customer.ringostat_auth_key:
        return None
    read_today = CatchUpCursor.objects.filter(customer=customer, read_until__gte=TruncDay(Now()))
    refused_fields = read_today.values_list("refused_fields", flat=True).first() or ()
    release_connection()
    return RingostatClient(
        customer.ringostat_api_url,
        customer.ringostat_auth_key.reveal(),
        customer.ringostat_project_id,
        session=public_session(),
        refused_fields=refused_fields,
        seconds=seconds,
    )
