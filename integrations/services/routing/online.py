"""Reads in advance who is online in Ringostat, so that no answer to a ringing call waits for a request."""

from __future__ import annotations

import structlog
from django.db.models.functions import Now

from integrations.models import Routing
from integrations.ringostat.api import RingostatError
from integrations.services.clients.ringostat import ringostat_client

log = structlog.get_logger(__name__)

SECONDS = 10.0
MOST_LOGINS = 5000
LONGEST_LOGIN = 128


def customers_to_read_online() -> list[int]:
    """The ids of customers whose routing needs to know who is online."""
    routings = Routing.objects.filter(enabled=True, only_online=True).exclude(customer__ringostat_auth_key="")
    return list(routings.order_by("pk").values_list("pk", flat=True))


def read_online(customer_id: int) -> None:
    """Stores the SIP logins that are online. After an error the old ones stay and soon expire (ONLINE_IS_KNOWN_FOR)."""
    routing = Routing.objects.select_related("customer").filter(pk=customer_id, enabled=True).first()
    if routing is None:
        return
    stored = Routing.objects.filter(pk=customer_id)
    try:
        client = ringostat_client(routing.customer, seconds=SECONDS)
        if client is None:
            return
        logins = sorted({login.casefold() for login in client.online() if 0 < len(login) <= LONGEST_LOGIN})
    except RingostatError as error:
        log.warning("online logins not read", customer_id=customer_id, error=str(error))
        stored.update(online_trouble=str(error)[:300])
        return
    stored.update(online=logins[:MOST_LOGINS], online_at=Now(), online_trouble="")
