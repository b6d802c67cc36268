"""Finds the address that a request comes from, and whether it lies in given networks. Knows no users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

Network = IPv4Network | IPv6Network

IPV6_PREFIX = 64
"""The bits of an IPv6 address that name a site. One owner has all its addresses, so limits count them as one."""


def client_address(environ: Mapping[str, Any]) -> str:
    """Returns the client's address: the nearest one in X-Forwarded-For that is not one of TRUSTED_PROXIES.

    It ignores the addresses to the left of that one, because the client itself can write them. A peer without an
    address is a local socket and counts as a trusted proxy. Returns "" when no address is known.
    """
    nearest = str(environ.get("REMOTE_ADDR") or "")
    hops = [hop.strip() for hop in str(environ.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    while (not nearest or _is_within(nearest, settings.TRUSTED_PROXIES)) and hops and hops[-1]:
        nearest = _without_port(hops.pop())
    return nearest


def client_network(environ: Mapping[str, Any]) -> str:
    """Returns what rate limits count: an IPv4 address, or the /64 network of an IPv6 address."""
    return _network_of(client_address(environ))


def comes_from(networks: Iterable[Network], environ: Mapping[str, Any]) -> bool:
    """Tells whether one of the networks contains the client's address."""
    return _is_within(client_address(environ), networks)


@lru_cache(4096)  # Ringostat's webhooks come from a few addresses.
def _network_of(text: str) -> str:
    address = _parsed(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, IPV6_PREFIX), strict=False))
    return str(address) if address else text


@lru_cache(4096)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_within(text: str, allowed: Iterable[Network]) -> bool:
    address = _parsed(text)
    if address is None:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return any(address.ipv4_mapped in network for network in allowed)
    return any(address in network for network in allowed)


def _without_port(hop: str) -> str:
    """Removes the port that some proxies add: 203.0.113.7:52100, [2001:db8::1]:52100."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
