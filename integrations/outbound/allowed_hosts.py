"""Decides which addresses from data may be requested: public https hosts; recordings and links only at Ringostat.

Every outgoing address is parsed here, and an address that two parsers could read differently is refused. So the host
that is checked is the host that is asked, by us and by Planfix.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

RINGOSTAT_DOMAINS = ("ringostat.com", "ringostat.net")

MOST_ADDRESSES = 8
"""Addresses of one name that are tried."""

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\]|\s")
"""Control characters, blanks and backslashes: parsers disagree on them."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?\.?|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name, an IPv4 address, or an IPv6 address without its brackets. Names in other letters are written in Punycode."""

PRIVATE_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
"""IANA IPv4 Special-Purpose Address Registry, and multicast."""
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
"""IANA has assigned no other unicast addresses. Not included are those that carry an IPv4 address (::/96,
::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48), fc00::/7, fe80::/10, fec0::/10, 100::/64, 5f00::/16 and multicast.
"""
PRIVATE_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)
"""IANA IPv6 Special-Purpose Address Registry, where it lies within PUBLIC_IPV6. 2002::/16 carries IPv4 addresses."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address that every parser reads in the same way. `host`: in small letters, IPv6 without brackets."""

    scheme: str
    host: str
    port: int | None


def parse_address(url: str) -> Address | None:
    """Parses an http(s) address. Returns None for any other text, and for an address that could be read in two ways:
    with a user name, a backslash, a blank, a control character, letters outside ASCII in the host, or a query right
    after the host."""
    if _FORBIDDEN.search(url):
        return None
    try:
        parts, other = urlsplit(url), parse_url(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except (ValueError, LocationParseError):
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    rest = url.partition("://")[2].removeprefix(parts.netloc)
    if rest and not rest.startswith("/"):
        return None
    if (other.scheme, (other.host or "").strip("[]").lower(), other.port) != (parts.scheme, host, port):
        return None
    return Address(scheme=parts.scheme, host=host, port=port)


def is_allowed(url: str) -> bool:
    """True for an https address whose host name is not private; with ALLOW_PRIVATE_HOSTS for every http(s) address.
    Does not look the name up.
    """
    address = parse_address(url)
    if address is None:
        return False
    return settings.ALLOW_PRIVATE_HOSTS or (address.scheme == "https" and not _is_private(address.host))


def is_recording_allowed(url: str, *, api_url: str) -> bool:
    """True for an address that recordings may come from: Ringostat's domains, or the host of the customer's Ringostat
    API.
    """
    address, api = parse_address(url), parse_address(api_url)
    if address is None or not is_allowed(url):
        return False
    return settings.ALLOW_PRIVATE_HOSTS or is_ringostat(url) or bool(api and address.host == api.host)


def is_ringostat(url: str) -> bool:
    """True for an https address at one of Ringostat's own domains."""
    address = parse_address(url)
    if address is None or address.scheme != "https":
        return False
    return any(address.host == domain or address.host.endswith(f".{domain}") for domain in RINGOSTAT_DOMAINS)


def ringostat_link(text: str) -> str:
    """Returns the text if it is a link that our pages, the API and Planfix may show as one of Ringostat's, else "".

    Anyone who knows a webhook address chooses what a webhook calls a link.
    """
    link = text.strip()
    is_local = settings.ALLOW_PRIVATE_HOSTS and parse_address(link) is not None
    return link if is_local or is_ringostat(link) else ""


def addresses_of(host: str, port: int) -> list[str]:
    """Looks a name up once and returns its addresses. Connect to one of them: then a later change of the name has no
    effect.

    Returns at most MOST_ADDRESSES; none if any of them is private. Raises OSError if the name is unknown.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    is_good = settings.ALLOW_PRIVATE_HOSTS or all(map(is_public, addresses))
    return addresses[:MOST_ADDRESSES] if is_good else []


def is_public(text: str) -> bool:
    """True for an IP address of the public internet. An IPv4 address in IPv6 form counts as IPv4."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in PRIVATE_IPV4)
    return address in PUBLIC_IPV6 and not any(address in network for network in PRIVATE_IPV6)


def _is_private(host: str) -> bool:
    # A name without a dot belongs to the local network. An IPv6 address has no dot either, and is refused too.
    if "." not in host.rstrip(".") or host.rstrip(".").endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(host)
    except ValueError:
        return False
