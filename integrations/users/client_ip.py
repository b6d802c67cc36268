"""Where a request comes from, and whether webhooks are taken from there. Knows nothing of who somebody is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings

Network = IPv4Network | IPv6Network


def client_address(environ: Mapping[str, Any]) -> str:
    """The address of who asks: of the nearest one in X-Forwarded-For that is none of TRUSTED_PROXIES.

    What stands left of that was written by the asker and means nothing. A peer without an address sits at the other
    end of a local socket, and counts as a proxy of ours; "" when it names nobody.
    """
    nearest = str(environ.get("REMOTE_ADDR") or "")
    hops = [hop.strip() for hop in str(environ.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    while (not nearest or _is_within(nearest, settings.TRUSTED_PROXIES)) and hops and hops[-1]:
        nearest = _without_port(hops.pop())
    return nearest


def may_send_webhooks(environ: Mapping[str, Any]) -> bool:
    """Anybody may when WEBHOOK_ALLOWED_NETWORKS names nobody: the address's token is what counts."""
    allowed = settings.WEBHOOK_ALLOWED_NETWORKS
    return not allowed or _is_within(client_address(environ), allowed)


def _is_within(text: str, allowed: Iterable[Network]) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return any(address.ipv4_mapped in network for network in allowed)
    return any(address in network for network in allowed)


def _without_port(hop: str) -> str:
    """Some proxies write 203.0.113.7:52100 and [2001:db8::1]:52100."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
