"""The one request that every valid token may send."""

from __future__ import annotations

from integrations.planfix.http.client import Planfix


def ping(client: Planfix) -> None:
    """Raises PlanfixError unless the account answers and knows the token. Needs no scope and changes nothing.

    https://help.planfix.com/restapidocs/
    """
    client.request("GET", "/ping")
