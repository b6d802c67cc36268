"""Which addresses that come from data may be asked: https and public ones, recordings only from Ringostat."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

RINGOSTAT_DOMAINS = ("ringostat.com", "ringostat.net")


def is_allowed(url: str) -> bool:
    """Is this an https address whose host is not a private one by its very name? The name's own addresses are not
    looked up here.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if not host or parts.scheme not in ("http", "https"):
        return False
    if settings.ALLOW_PRIVATE_HOSTS:
        return True
    return parts.scheme == "https" and not _is_private(host)


def is_recording_allowed(url: str, *, api_url: str) -> bool:
    """May a recording come from here: Ringostat's domains, or the host that the customer's Ringostat API has."""
    if not is_allowed(url):
        return False
    host = (urlsplit(url).hostname or "").lower()
    if settings.ALLOW_PRIVATE_HOSTS or host == (urlsplit(api_url).hostname or "").lower():
        return True
    return any(host == domain or host.endswith(f".{domain}") for domain in RINGOSTAT_DOMAINS)


def addresses_of(host: str, port: int) -> list[str]:
    """Where a name leads, looked up once: who connects to one of these cannot be led elsewhere a moment later.

    Empty when it leads to a private address, be it among others. Raises OSError when the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    return addresses if settings.ALLOW_PRIVATE_HOSTS or all(map(_is_public, addresses)) else []


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_global and not address.is_multicast


def _is_private(host: str) -> bool:
    # A name without a dot is one of this network; an IPv6 address has none either, and is refused with them.
    if "." not in host or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global
