"""Which addresses that come from data may be asked: https and public ones, recordings only from Ringostat."""

from __future__ import annotations

import ipaddress
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


def _is_private(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host.strip("[]") + ":":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_global
